"""The jobs in a forest's leaves, and what they say of a row's peak. Not here: growing trees, finding a row's leaf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.models.binning import support_points

MOST_JOBS = 16
"""Jobs that a leaf holds at most: the newest. It bounds memory, and how far back the leaves of a live model reach."""

_ROWS = 512
"""Rows weighed at once: what a row shares with single jobs takes up to 12 bytes for each job in its leaves."""

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(eq=False)
class LeafJobs:
    """Which jobs fell into each leaf of a forest. `add` changes it in place; `copy` gives one of its own.

    Attributes:
        peaks_gib: Peaks of all jobs, shape (j,), GiB.
        jobs: Places in ``peaks_gib``, shape (leaves, MOST_JOBS); a ring, in which the next job replaces the oldest.
        seen: How many jobs ever fell into each leaf, shape (leaves,).
    """

    peaks_gib: FloatArray
    jobs: npt.NDArray[np.int32]
    seen: IntArray
    _support_gib: FloatArray = field(init=False, repr=False)
    _point: npt.NDArray[np.int32] = field(init=False, repr=False)
    _by_leaf: scipy.sparse.csr_matrix | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._index_peaks()

    @classmethod
    def empty(cls, leaves: int) -> Self:
        """Leaves without jobs; `add` some before `weigh`."""
        return cls(np.empty(0), np.zeros((leaves, MOST_JOBS), dtype=np.int32), np.zeros(leaves, dtype=np.int64))

    def copy(self) -> Self:
        """The same, not changed when this one is."""
        return replace(self, jobs=self.jobs.copy(), seen=self.seen.copy())

    def add(self, leaves: IntArray, peak_gib: FloatArray) -> None:
        """Drop m jobs into the leaves that they fell into, the newest last.

        Args:
            leaves: Leaf of each job in each tree, shape (m, trees); numbers run over all trees.
            peak_gib: Peaks of the jobs, shape (m,), GiB.
        """
        flat = leaves.ravel()
        job = np.repeat(np.arange(len(leaves)) + len(self.peaks_gib), leaves.shape[1])
        order = np.argsort(flat, kind="stable")
        flat, job = flat[order], job[order]
        is_first = np.diff(flat, prepend=-1) > 0
        first = np.flatnonzero(is_first)
        many = np.diff(first, append=flat.size)
        place = np.arange(flat.size) - np.repeat(first, many) + self.seen[flat]
        # Where one call brings a leaf more than it holds, the last assignment to a place stays: the newest job.
        self.jobs[flat, place % MOST_JOBS] = job
        self.seen[flat[first]] += many
        self.peaks_gib = np.concatenate([self.peaks_gib, peak_gib])
        self._index_peaks()

    def weigh(self, leaves: IntArray, power: float) -> tuple[FloatArray, FloatArray]:
        """Distribution of the peak of n rows over about 500 points.

        A job weighs (mean over the trees of [same leaf] / jobs in the leaf) ** power, and counts at the next point at
        or above its peak.

        Args:
            leaves: Leaf of each row in each tree, shape (n, trees), n >= 1.
            power: 1 is the forest's own mean; above 1 jobs that share many leaves with the row weigh more.

        Returns:
            Points, ascending, shape (g,), GiB; weights, shape (n, g), rows sum to 1.

        Source: Meinshausen: Quantile regression forests, 2006; the power is ours.
        """
        parts = [self._weigh_part(leaves[start : start + _ROWS], power) for start in range(0, len(leaves), _ROWS)]
        return self._support_gib, np.concatenate(parts)

    def to_arrays(self) -> Arrays:
        """As arrays for an npz file: places in leaves without the empty ones, in the smallest fitting integers."""
        smallest = np.min_scalar_type(max(len(self.peaks_gib) - 1, 0))
        return {"peaks_gib": self.peaks_gib, "jobs": self.jobs[self._is_held].astype(smallest), "seen": self.seen}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """What `to_arrays` gave."""
        found = cls.empty(len(arrays["seen"]))
        found.seen = arrays["seen"].copy()
        found.jobs[found._is_held] = arrays["jobs"]
        return replace(found, peaks_gib=arrays["peaks_gib"])

    @property
    def _is_held(self) -> npt.NDArray[np.bool_]:
        return np.arange(MOST_JOBS) < self.seen[:, None]

    def _index_peaks(self) -> None:
        self._support_gib = support_points(self.peaks_gib) if self.peaks_gib.size else self.peaks_gib
        self._point = np.searchsorted(self._support_gib, self.peaks_gib, side="left").astype(np.int32)
        self._by_leaf = None

    def _jobs_by_leaf(self) -> scipy.sparse.csr_matrix:
        """Which jobs each leaf holds, as ones, shape (2 * leaves, j): row 2k is leaf k.

        The row behind it spans the places of leaf k that are free yet, so that ``jobs`` serves as it is.
        """
        if self._by_leaf is None:
            starts = np.arange(len(self.seen) + 1, dtype=np.int32) * MOST_JOBS
            ends = np.repeat(starts, 2)[:-1]
            ends[1::2] += np.minimum(self.seen, MOST_JOBS).astype(np.int32)
            shape = (2 * len(self.seen), len(self.peaks_gib))
            self._by_leaf = scipy.sparse.csr_matrix((_ones(self.jobs.size), self.jobs.ravel(), ends), shape=shape)
        return self._by_leaf

    def _weigh_part(self, leaves: IntArray, power: float) -> FloatArray:
        rows, trees = leaves.shape
        by_leaf = self._jobs_by_leaf()
        share = 1.0 / (trees * np.minimum(self.seen[leaves], MOST_JOBS))
        of_row = np.arange(rows + 1, dtype=np.int32) * trees
        in_leaves = scipy.sparse.csr_matrix(
            (share.ravel(), 2 * leaves.ravel().astype(np.int32), of_row), shape=(rows, by_leaf.shape[0])
        )
        # Sums of a row run in the order of its leaves, whatever rows are beside it: one row is equal bit for bit.
        jobs = in_leaves @ by_leaf
        at_points = (jobs.data**power, self._point[jobs.indices], jobs.indptr)
        table = scipy.sparse.csr_matrix(at_points, shape=(rows, self._support_gib.size)).toarray()
        return np.asarray(table / table.sum(axis=1, keepdims=True))


@lru_cache(maxsize=2)
def _ones(size: int) -> FloatArray:
    """Kept, as a live model that learns every half hour would fill them anew each time."""
    ones = np.ones(size)
    ones.flags.writeable = False
    return ones
