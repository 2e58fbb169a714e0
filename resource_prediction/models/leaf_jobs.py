"""The jobs in a forest's leaves, and what they say of a row's peak. Not here: growing trees, finding a row's leaf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.models.binning import support_points

MOST_JOBS = 16
"""Jobs that a leaf holds at most: the newest. It bounds memory, and how far back the leaves of a live model reach."""

_CELLS = 1 << 18
"""Weights of rows times jobs that are added up at once: they stay near the processor's cache."""

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
    _point: IntArray = field(init=False, repr=False)

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
        step = max(1, _CELLS // max(len(self.peaks_gib), self._support_gib.size))
        parts = [self._weigh_part(leaves[start : start + step], power) for start in range(0, len(leaves), step)]
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
        self._point = np.searchsorted(self._support_gib, self.peaks_gib, side="left")

    def _weigh_part(self, leaves: IntArray, power: float) -> FloatArray:
        rows, trees = leaves.shape
        jobs, points = len(self.peaks_gib), self._support_gib.size
        flat = leaves.ravel()
        held = np.minimum(self.seen[flat], MOST_JOBS)
        ends = np.cumsum(held)
        place = np.repeat(flat * MOST_JOBS - (ends - held), held) + np.arange(ends[-1])
        row = np.repeat(np.arange(rows) * jobs, held.reshape(rows, trees).sum(axis=1))
        share = np.repeat(1.0 / (trees * held), held)
        weights = np.bincount(row + self.jobs.ravel()[place], share, minlength=rows * jobs)
        cells = np.flatnonzero(weights > 0)  # truth values are searched faster
        row, job = np.divmod(cells, jobs)
        at_point = np.bincount(row * points + self._point[job], weights[cells] ** power, minlength=rows * points)
        table = at_point.reshape(rows, points)
        return np.asarray(table / table.sum(axis=1, keepdims=True))
