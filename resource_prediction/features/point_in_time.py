"""History of a whole table: each submission sees the jobs known strictly before it. Not here: serving (state.py)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from resource_prediction.arrays import FloatArray, IntArray, Matrix
from resource_prediction.features.asof import AsofIndex, Instants, Positions
from resource_prediction.features.history import (
    DEPTH,
    HISTORY_FEATURES,
    PEAK_FEATURES,
    RATIO_DEPTH,
    describe_windows,
    log_ratio,
    mean_peak_gib,
)
from resource_prediction.features.keys import CONFIGURATION, LEVELS, NO_KEY, KeyArray
from resource_prediction.features.time_windows import WINDOW_FEATURES, TimeWindows

POINT_IN_TIME_FEATURES: tuple[str, ...] = (*HISTORY_FEATURES, *WINDOW_FEATURES)
_CHUNK = 8_192
"""Submissions described at once: their windows stay in the processor's cache."""


@dataclass(frozen=True)
class History:
    """Finished jobs of a table, indexed at each level; all arrays in the order in which jobs became known.

    Attributes:
        keys: Keys at each level, shape (n, levels).
        known_us: When each peak was known, ascending, shape (n,).
        peak_gib: Shape (n,).
        ratios: Log of each peak over the mean its configuration had before it, shape (n,), NaN where it had none.
        instants: ``known_us``, ranked.
        indexes: One for each of LEVELS.
        workers: Threads used to build and to describe.
    """

    keys: KeyArray
    known_us: IntArray
    peak_gib: FloatArray
    ratios: FloatArray
    instants: Instants
    indexes: list[AsofIndex]
    workers: int

    @classmethod
    def build(cls, keys: KeyArray, known_us: IntArray, peak_gib: FloatArray, workers: int = 1) -> History:
        """Index n finished jobs.

        Args:
            keys: `level_keys` of the jobs, shape (n, levels), in the order of (time, id).
            known_us: When each peak became known, microseconds, shape (n,).
            peak_gib: Peaks, shape (n,).
            workers: Threads; the result does not depend on it.
        """
        order = np.argsort(known_us, kind="stable")
        keys, known_us, peak_gib = keys[order], known_us[order], peak_gib[order]
        instants = Instants.of(known_us)
        with ThreadPoolExecutor(workers) as pool:
            indexes = list(pool.map(lambda column: AsofIndex.build(np.ascontiguousarray(column), instants), keys.T))
        ratios = _ratios(indexes[CONFIGURATION], peak_gib)
        return cls(keys, known_us, peak_gib, ratios, instants, indexes, workers)

    @cached_property
    def windows(self) -> TimeWindows:
        """The time windows over the same jobs; a state does not need them."""
        return TimeWindows.build(self.keys, self.instants, self.ratios)

    def describe(self, keys: KeyArray, submitted_us: IntArray) -> Matrix:
        """POINT_IN_TIME_FEATURES of m submissions, shape (m, features), float32, NaN where there is no history."""
        matrix = np.empty((len(keys), len(POINT_IN_TIME_FEATURES)), dtype=np.float32)
        ranks = self.instants.before(submitted_us)

        def fill(level: int) -> None:
            first = level * len(PEAK_FEATURES)
            if level == len(LEVELS):
                matrix[:, first:] = self.windows.describe(keys, submitted_us).T
            else:
                self._describe_level(
                    level, keys[:, level], submitted_us, ranks, target=matrix[:, first : first + len(PEAK_FEATURES)]
                )

        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(fill, reversed(range(len(LEVELS) + 1))))
        return matrix

    def _describe_level(
        self, level: int, keys: KeyArray, submitted_us: IntArray, ranks: Positions, *, target: Matrix
    ) -> None:
        index = self.indexes[level]
        peaks, ratios = self.peak_gib[index.order], self.ratios[index.order]
        known = self.known_us[index.order]
        numbers = np.where(keys == NO_KEY, -1, index.find_keys(keys))
        by_key = np.argsort(numbers, kind="stable")
        for first in range(0, len(keys), _CHUNK):
            rows = by_key[first : first + _CHUNK]
            number = numbers[rows]
            start = np.where(number < 0, 0, index.starts[np.maximum(number, 0)])
            end = index.ends(number, ranks[rows])
            newest = known[np.maximum(end - 1, 0)] if len(known) else submitted_us[rows]
            target[rows] = describe_windows(
                gather_last(peaks, start, end, DEPTH),
                gather_last(ratios, start, end, RATIO_DEPTH),
                end - start,
                submitted_us[rows] - newest,
            ).T


def gather_last(values: FloatArray, start: Positions, end: Positions, depth: int) -> FloatArray:
    """The last ``depth`` of ``values[start:end]`` for m spans, the newest first, NaN behind; shape (depth, m)."""
    if not len(values):
        return np.full((depth, len(start)), np.nan)
    places = end - 1 - np.arange(depth)[:, None]
    gathered: FloatArray = values[np.maximum(places, 0)]
    gathered[places < start] = np.nan
    return gathered


def _ratios(index: AsofIndex, peak_gib: FloatArray) -> FloatArray:
    ratios = np.empty(len(peak_gib))
    peaks = peak_gib[index.order]
    starts = np.repeat(index.starts[:-1], np.diff(index.starts))
    for first in range(0, len(peaks), _CHUNK):
        end = np.arange(first, min(first + _CHUNK, len(peaks)))
        start = starts[end]
        mean_gib = mean_peak_gib(gather_last(peaks, start, end, DEPTH), end - start)
        ratios[index.order[end]] = log_ratio(peaks[end], mean_gib)
    return ratios
