"""History of a whole table: each submission sees the jobs known strictly before it. Not here: serving (state.py)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import BoolArray, FloatArray, IntArray, Matrix
from resource_prediction.features.asof import AsofIndex, Instants, Positions, stable_order
from resource_prediction.features.history import (
    DEPTH,
    HISTORY_FEATURES,
    PEAK_FEATURES,
    RATIO_DEPTH,
    describe_windows,
    log_age,
    log_ratio,
    mean_peak_gib,
)
from resource_prediction.features.keys import CONFIGURATION, LEVEL_NAMES, LEVELS, NO_KEY, KeyArray
from resource_prediction.features.time_windows import (
    ALL_JOBS,
    EDGES_US,
    OF_A_LEVEL,
    WINDOW_FEATURES,
    WINDOW_LEVELS,
    RunningRatios,
)

POINT_IN_TIME_FEATURES: tuple[str, ...] = (*HISTORY_FEATURES, *WINDOW_FEATURES)
_CHUNK = 8_192
"""Submissions described at once: their windows stay in the processor's cache."""

_AGE = PEAK_FEATURES.index("log_age_minutes")

_COPIES_WITHOUT_KEY = 2
"""How often time windows count jobs without a branch: they have one key at both levels that begin with it, and a state
looks both up together."""


@dataclass(frozen=True)
class History:
    """Finished jobs of a table, indexed at each level; arrays but ``keys`` in the order in which jobs became known.

    Attributes:
        keys: Keys at each level of the jobs handed in, finished or not, shape (all, levels).
        rows: Which of them are the finished ones, shape (n,).
        known_us: When each peak was known, ascending, shape (n,).
        peak_gib: Shape (n,).
        ratios: Log of each peak over the mean its configuration had before it, shape (n,), NaN where it had none.
        instants_us: Distinct instants of ``known_us``, ascending.
        indexes: One for each of LEVELS.
        workers: Threads used to build and to describe.
    """

    keys: KeyArray
    rows: Positions
    known_us: IntArray
    peak_gib: FloatArray
    ratios: FloatArray
    instants_us: IntArray
    indexes: list[AsofIndex]
    workers: int

    @classmethod
    def build(
        cls,
        keys: KeyArray,
        known_us: IntArray,
        peak_gib: FloatArray,
        workers: int = 1,
        is_finished: BoolArray | None = None,
    ) -> History:
        """Index the finished ones of n jobs.

        Args:
            keys: `level_keys` of the jobs, shape (n, levels), in the order of (time, id).
            known_us: When each peak became known, microseconds, shape (n,).
            peak_gib: Peaks, shape (n,).
            workers: Threads; the result does not depend on it.
            is_finished: Which jobs count, shape (n,); None is all of them.
        """
        rows = np.arange(len(keys)) if is_finished is None else np.flatnonzero(is_finished)
        rows = rows[np.argsort(known_us[rows], kind="stable")]
        known_us, peak_gib = known_us[rows], peak_gib[rows]
        instants = Instants.of(known_us)
        with ThreadPoolExecutor(workers) as pool:
            levels = range(keys.shape[1])
            indexes = list(pool.map(lambda level: AsofIndex.build(keys[rows, level], instants), levels))
        ratios = _ratios(indexes[CONFIGURATION], peak_gib, workers)
        return cls(keys, rows, known_us, peak_gib, ratios, instants.distinct, indexes, workers)

    def describe(self, keys: KeyArray, submitted_us: IntArray) -> Matrix:
        """POINT_IN_TIME_FEATURES of m submissions, shape (m, features), float32, NaN where there is no history.

        Fast where the submissions come in time order.
        """
        matrix = np.empty((len(keys), len(POINT_IN_TIME_FEATURES)), dtype=np.float32)
        ranks = self.instants_us.searchsorted(submitted_us - EDGES_US)

        def fill(level: int) -> None:
            if level == len(LEVELS):
                self._describe_farm(submitted_us, matrix)
            else:
                self._describe_level(level, keys[:, level], submitted_us, ranks, matrix)

        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(fill, reversed(range(len(LEVELS) + 1))))
        return matrix

    def _describe_farm(self, submitted_us: IntArray, matrix: Matrix) -> None:
        """The time windows over all jobs."""
        running = RunningRatios.of(self.ratios)
        for first in range(0, len(matrix), _CHUNK):
            rows = slice(first, first + _CHUNK)
            edges = self.known_us.searchsorted(submitted_us[rows] - EDGES_US)
            matrix[rows, _window_columns(ALL_JOBS)] = running.between(edges).T

    def _describe_level(
        self, level: int, keys: KeyArray, submitted_us: IntArray, ranks: Positions, matrix: Matrix
    ) -> None:
        """The last peaks of one level's keys, and its time windows where it has any."""
        index = self.indexes[level]
        jobs = _Jobs(self.peak_gib[index.order], self.ratios[index.order], self.known_us[index.order])
        running = RunningRatios.of(jobs.ratios) if LEVEL_NAMES[level] in WINDOW_LEVELS else None
        numbers = index.find_keys(keys)
        by_key = stable_order(numbers + 1, len(index.keys) + 1)
        columns = slice(level * len(PEAK_FEATURES), (level + 1) * len(PEAK_FEATURES))
        for first in range(0, len(keys), _CHUNK):
            rows = by_key[first : first + _CHUNK]
            is_keyless, number = keys[rows] == NO_KEY, numbers[rows]
            edges = index.ends(number, ranks[: None if running else 1, rows])
            if running:
                copies = np.where(is_keyless, _COPIES_WITHOUT_KEY, 1)
                matrix[rows, _window_columns(LEVEL_NAMES[level])] = running.between(edges, copies).T
            known = (number >= 0) & ~is_keyless
            start = np.where(known, index.starts[np.maximum(number, 0)], 0)
            end = np.where(known, edges[0], 0)
            matrix[rows, columns] = _describe_ends(jobs, start, end, submitted_us[rows]).T


class _Jobs(NamedTuple):
    """Finished jobs in the order of one level's index, each of shape (n,)."""

    peak_gib: FloatArray
    ratios: FloatArray
    known_us: IntArray


def _describe_ends(jobs: _Jobs, start: Positions, end: Positions, submitted_us: IntArray) -> Matrix:
    """PEAK_FEATURES of m submissions by the jobs between start and end, shape (features, m).

    Submissions between two ends of a key see the same jobs, and differ in the age alone: where they come one behind
    the other they are described once.
    """
    count = end - start
    described = np.full((len(PEAK_FEATURES), len(start)), np.nan, dtype=np.float32)
    has_history = count > 0
    start, end, count = start[has_history], end[has_history], count[has_history]
    if not len(end):
        return described
    is_other = np.diff(end, prepend=-1) != 0
    peaks = gather_last(jobs.peak_gib, start[is_other], end[is_other], DEPTH)
    ratios = gather_last(jobs.ratios, start[is_other], end[is_other], RATIO_DEPTH)
    distinct = describe_windows(peaks, ratios, count[is_other], np.zeros(int(is_other.sum()), dtype=np.int64))
    described[:, has_history] = distinct.astype(np.float32)[:, np.cumsum(is_other) - 1]
    described[_AGE, has_history] = log_age(submitted_us[has_history] - jobs.known_us[end - 1])
    return described


def _window_columns(level: str) -> slice:
    first = len(HISTORY_FEATURES) + WINDOW_LEVELS.index(level) * len(OF_A_LEVEL)
    return slice(first, first + len(OF_A_LEVEL))


def gather_last(
    values: FloatArray, start: Positions, end: Positions, depth: int, order: npt.NDArray[np.int32] | None = None
) -> FloatArray:
    """The last ``depth`` of ``values[start:end]`` for m spans, the newest first, NaN behind; shape (depth, m).

    With ``order``, spans are of ``values[order]``, which is not made for the few that are wanted.
    """
    if not len(values):
        return np.full((depth, len(start)), np.nan)
    places = end - 1 - np.arange(depth)[:, None]
    is_outside = places < start
    np.maximum(places, 0, out=places)
    gathered: FloatArray = values[places if order is None else order[places]]
    gathered[is_outside] = np.nan
    return gathered


def _ratios(index: AsofIndex, peak_gib: FloatArray, workers: int) -> FloatArray:
    ratios = np.empty(len(peak_gib))
    peaks = peak_gib[index.order]
    starts = np.repeat(index.starts[:-1], np.diff(index.starts))

    def fill(first: int) -> None:
        end = np.arange(first, min(first + _CHUNK, len(peaks)))
        start = starts[end]
        mean_gib = mean_peak_gib(gather_last(peaks, start, end, DEPTH), end - start)
        ratios[index.order[end]] = log_ratio(peaks[end], mean_gib)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(fill, range(0, len(peaks), _CHUNK)))
    return ratios
