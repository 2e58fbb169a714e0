"""What finished in the last minutes: counts and mean log ratios to configurations. Not here: the last k of a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resource_prediction.features.asof import AsofIndex, Positions
from resource_prediction.features.history import US_PER_MINUTE
from resource_prediction.features.keys import LEVEL_NAMES, KeyArray
from resource_prediction.outcomes import FloatArray, IntArray

COUNT_MINUTES = (30, 120, 720)
RATIO_MINUTES = (60, 360)
REACH_US = max(*COUNT_MINUTES, *RATIO_MINUTES) * US_PER_MINUTE
"""How far back a window looks; a state must carry the jobs of this span."""

ALL_JOBS = "farm"
WINDOW_LEVELS = (ALL_JOBS, "profile", "branch", "branch_profile")
WINDOW_FEATURES: tuple[str, ...] = tuple(
    f"{level}_{name}"
    for level in WINDOW_LEVELS
    for name in (
        *(f"log_jobs_{minutes}min" for minutes in COUNT_MINUTES),
        *(f"ratio_{minutes}min" for minutes in RATIO_MINUTES),
    )
)

_RATIO_UNIT = 2.0**-32
"""Ratios are summed as whole multiples of this: exact in any order, so a state sums what the whole history does."""


def window_keys(keys: KeyArray, level: str) -> KeyArray:
    """The column of `level_keys` that a window level groups by; one key for the whole farm."""
    if level == ALL_JOBS:
        return np.ones(len(keys), dtype=np.uint64)
    return keys[:, LEVEL_NAMES.index(level)]


@dataclass(frozen=True)
class TimeWindows:
    """Finished jobs in a form that answers "how many, and how heavy, in the minutes before t".

    Attributes:
        indexes: One `AsofIndex` for each of WINDOW_LEVELS.
        counts: Jobs with a known ratio before each position of the index, shape (n + 1,) each.
        sums: Their ratios in whole _RATIO_UNITs, shape (n + 1,) each.
    """

    indexes: Sequence[AsofIndex]
    counts: Sequence[IntArray]
    sums: Sequence[IntArray]

    @classmethod
    def build(cls, indexes: Sequence[AsofIndex], ratios: FloatArray) -> TimeWindows:
        """Add up ratios, shape (n,) in the order of the table that the indexes were built from."""
        known = ~np.isnan(ratios)
        units = np.where(known, np.rint(np.where(known, ratios, 0.0) / _RATIO_UNIT), 0.0).astype(np.int64)
        return cls(
            indexes,
            [_prefix(known[index.order].astype(np.int64)) for index in indexes],
            [_prefix(units[index.order]) for index in indexes],
        )

    def describe(self, keys: KeyArray, submitted_us: IntArray) -> FloatArray:
        """WINDOW_FEATURES of m submissions, shape (len(WINDOW_FEATURES), m); a ratio without jobs is NaN."""
        described = np.empty((len(WINDOW_FEATURES), len(keys)))
        size = len(WINDOW_FEATURES) // len(WINDOW_LEVELS)
        for place, level in enumerate(WINDOW_LEVELS):
            numbers = self.indexes[place].find_keys(window_keys(keys, level))
            by_key = np.argsort(numbers, kind="stable")
            described[place * size : (place + 1) * size, by_key] = self._describe_level(
                place, numbers[by_key], submitted_us[by_key]
            )
        return described

    def _describe_level(self, place: int, numbers: Positions, submitted_us: IntArray) -> FloatArray:
        index, counts, sums = self.indexes[place], self.counts[place], self.sums[place]
        end = index.known_before(numbers, submitted_us)
        starts = {
            minutes: index.known_before(numbers, submitted_us - minutes * US_PER_MINUTE)
            for minutes in sorted({*COUNT_MINUTES, *RATIO_MINUTES})
        }
        rows = [np.log1p((end - starts[minutes]).astype(np.float64)) for minutes in COUNT_MINUTES]
        with np.errstate(invalid="ignore", divide="ignore"):
            rows += [
                (sums[end] - sums[starts[minutes]]) * _RATIO_UNIT / (counts[end] - counts[starts[minutes]])
                for minutes in RATIO_MINUTES
            ]
        return np.stack(rows)


def _prefix(values: IntArray) -> IntArray:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(values)])
