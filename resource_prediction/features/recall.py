"""History as it stood when a job was submitted that has ended since. Not here: history as it stands (state.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from resource_prediction.arrays import BoolArray, FloatArray, IntArray, Matrix
from resource_prediction.features.keys import LEVELS, KeyArray
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES
from resource_prediction.features.state import HistoryState

REACH_US = 24 * 3_600_000_000
"""How long before the newest known peak a submission may lie; a job that ran longer is not described."""


@dataclass
class Recall:
    """A state that stays behind, and what became known after it: so the past can be walked through again.

    Attributes:
        base: The state that stays behind; nothing else may change it.
        begin_us: Submissions from this instant on can be described.
        keys: Keys of the jobs that became known after the base, in that order, shape (m, levels).
        known_us: Shape (m,), ascending.
        peak_gib: Shape (m,).
    """

    base: HistoryState
    begin_us: int
    keys: KeyArray = field(default_factory=lambda: np.empty((0, len(LEVELS)), dtype=np.uint64))
    known_us: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    peak_gib: FloatArray = field(default_factory=lambda: np.empty(0))
    _walker: HistoryState | None = field(default=None, repr=False)
    _walked: int = 0
    _walked_to_us: int = 0

    @classmethod
    def of(cls, state: HistoryState) -> Self:
        """Begin at a state, before it moves on."""
        return cls(_copied(state), state.until_us)

    def learn(self, keys: KeyArray, known_us: IntArray, peak_gib: FloatArray) -> None:
        """Add n finished jobs; what is older than REACH_US goes into the base."""
        if not len(keys):
            return
        all_known_us = np.concatenate([self.known_us, known_us])
        order = np.argsort(all_known_us, kind="stable")
        if known_us.min() < self._walked_to_us:
            self._walker = None
        self.keys = np.concatenate([self.keys, keys])[order]
        self.known_us = all_known_us[order]
        self.peak_gib = np.concatenate([self.peak_gib, peak_gib])[order]
        self._forget(int(self.known_us[-1]) - REACH_US)

    def describe(self, keys: KeyArray, submitted_us: IntArray) -> tuple[Matrix, BoolArray]:
        """POINT_IN_TIME_FEATURES of n submissions, each as of its own instant.

        Returns:
            The matrix, shape (n, features), float32; and which rows are described, shape (n,): the others were
            submitted before ``begin_us``, and are NaN.
        """
        matrix = np.full((len(keys), len(POINT_IN_TIME_FEATURES)), np.nan, dtype=np.float32)
        is_described = submitted_us >= self.begin_us
        for instant_us in np.unique(submitted_us[is_described]).tolist():
            (rows,) = np.nonzero(submitted_us == instant_us)
            matrix[rows] = self._at(instant_us).describe(keys[rows], submitted_us[rows])[0]
        return matrix, is_described

    def _at(self, instant_us: int) -> HistoryState:
        """The state with what was known strictly before an instant; it walks on, and starts again where it must."""
        if self._walker is None or instant_us < self._walked_to_us:
            self._walker, self._walked = _copied(self.base), 0
        end = int(self.known_us.searchsorted(instant_us))
        if end > self._walked:
            new = slice(self._walked, end)
            self._walker.observe(self.keys[new], self.known_us[new], self.peak_gib[new])
        self._walked, self._walked_to_us = end, instant_us
        return self._walker

    def _forget(self, before_us: int) -> None:
        end = int(self.known_us.searchsorted(before_us))
        if not end:
            return
        self.base.observe(self.keys[:end], self.known_us[:end], self.peak_gib[:end])
        self.begin_us = max(self.begin_us, before_us)
        self.keys, self.known_us, self.peak_gib = self.keys[end:], self.known_us[end:], self.peak_gib[end:]
        self._walked -= end
        if self._walked < 0:
            self._walker = None


def _copied(state: HistoryState) -> HistoryState:
    return HistoryState.from_arrays(state.to_arrays())
