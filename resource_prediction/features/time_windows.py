"""What finished in the last minutes: counts and mean log ratios to configurations. Not here: the last k of a key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.features.asof import AsofIndex, Instants
from resource_prediction.features.history import US_PER_MINUTE
from resource_prediction.features.keys import LEVEL_NAMES, KeyArray

COUNT_MINUTES = (30, 120, 720)
RATIO_MINUTES = (60, 360)
REACH_US = max(*COUNT_MINUTES, *RATIO_MINUTES) * US_PER_MINUTE
"""How far back a window looks; a state must carry the jobs of this span."""

ALL_JOBS = "farm"
WINDOW_LEVELS = (ALL_JOBS, "profile", "branch", "branch_profile")
OF_A_LEVEL = (
    *(f"log_jobs_{minutes}min" for minutes in COUNT_MINUTES),
    *(f"ratio_{minutes}min" for minutes in RATIO_MINUTES),
)
WINDOW_FEATURES: tuple[str, ...] = tuple(f"{level}_{name}" for level in WINDOW_LEVELS for name in OF_A_LEVEL)

_EDGES = (0, *sorted({*COUNT_MINUTES, *RATIO_MINUTES}))
"""Minutes before a submission at which windows end and begin."""

EDGES_US = np.array(_EDGES)[:, None] * US_PER_MINUTE
"""The same, shape (edges, 1)."""

_RATIO_UNIT = 2.0**-32
"""Ratios are summed as whole multiples of this: exact in any order, so a state sums what the whole history does."""

_ALL_JOBS_KEY = np.uint64(1)


@dataclass(frozen=True)
class RunningRatios:
    """Jobs in the order of an index, added up, so that any span of them is a difference.

    Attributes:
        counts: Jobs with a known ratio before each position, shape (n + 1,).
        sums: Their ratios in whole _RATIO_UNITs, same shape.
    """

    counts: IntArray
    sums: IntArray

    @classmethod
    def of(cls, ratios: FloatArray) -> RunningRatios:
        """Add up the ratios of n jobs, NaN where unknown."""
        units = np.rint(ratios / _RATIO_UNIT)
        known = ~np.isnan(units)
        units[~known] = 0.0
        return cls(_prefix(known), _prefix(units.astype(np.int64)))

    def between(self, edges: IntArray, copies: IntArray | int = 1) -> FloatArray:
        """The features of one level for m submissions, shape (5, m): counts, then mean ratios.

        Args:
            edges: Where the jobs known before each of EDGES_US end, shape (len(EDGES_US), m).
            copies: How often each job counts, shape (m,).
        """
        by_minutes = dict(zip(_EDGES, edges, strict=True))
        end = by_minutes[0]
        jobs = [np.log1p(((end - by_minutes[minutes]) * copies).astype(np.float64)) for minutes in COUNT_MINUTES]
        starts = np.stack([by_minutes[minutes] for minutes in RATIO_MINUTES])
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = (self.sums[end] - self.sums[starts]) * _RATIO_UNIT / (self.counts[end] - self.counts[starts])
        return np.stack([*jobs, *ratios])


@dataclass(frozen=True)
class TimeWindows:
    """Finished jobs in a form that answers "how many, and how heavy, in the minutes before t", for few of them.

    A whole table answers it level by level, from the indexes that it has anyway (point_in_time.py).

    Attributes:
        instants: When the jobs became known.
        index: The jobs once for each of WINDOW_LEVELS; keys of different levels differ.
        running: Their ratios in the order of the index.
    """

    instants: Instants
    index: AsofIndex
    running: RunningRatios

    @classmethod
    def build(cls, keys: KeyArray, instants: Instants, ratios: FloatArray) -> TimeWindows:
        """Index n finished jobs.

        Args:
            keys: `level_keys` of the jobs, shape (n, levels), in the order in which they became known.
            instants: When that was.
            ratios: Log ratios to the configuration's mean, shape (n,), NaN where unknown.
        """
        index = AsofIndex.build(_window_keys(keys), instants)
        return cls(instants, index, RunningRatios.of(ratios[index.order % max(len(ratios), 1)]))

    def describe(self, keys: KeyArray, submitted_us: IntArray) -> FloatArray:
        """WINDOW_FEATURES of m submissions, shape (len(WINDOW_FEATURES), m); a ratio without jobs is NaN."""
        numbers = self.index.find_keys(_window_keys(keys))
        by_key = np.argsort(numbers, kind="stable")  # sorted look-ups stay in the processor's cache
        ranks = self.instants.before(submitted_us - EDGES_US)[:, by_key % max(len(keys), 1)]
        edges = self.index.ends(numbers[by_key], ranks)
        described = np.empty((len(OF_A_LEVEL), len(by_key)))
        described[:, by_key] = self.running.between(edges)
        by_level = described.reshape(len(OF_A_LEVEL), len(WINDOW_LEVELS), -1).transpose(1, 0, 2)
        return by_level.reshape(len(WINDOW_FEATURES), -1)


def _window_keys(keys: KeyArray) -> KeyArray:
    """Keys of n rows at each of WINDOW_LEVELS, one level behind the other, shape (levels * n,)."""
    columns = [
        np.full(len(keys), _ALL_JOBS_KEY) if level == ALL_JOBS else keys[:, LEVEL_NAMES.index(level)]
        for level in WINDOW_LEVELS
    ]
    return np.concatenate(columns)


def _prefix(values: IntArray | BoolArray) -> IntArray:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
