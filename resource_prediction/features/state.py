"""History as a model carries it: the last jobs of each key, moved on by `observe`. Not here: whole tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import FloatArray, IntArray, Matrix
from resource_prediction.features.asof import AsofIndex, Instants, Positions
from resource_prediction.features.history import (
    DEPTH,
    PEAK_FEATURES,
    RATIO_DEPTH,
    describe_windows,
    log_age,
    log_ratio,
    mean_peak_gib,
)
from resource_prediction.features.keys import CONFIGURATION, LEVELS, NO_KEY, KeyArray
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES, History, gather_last
from resource_prediction.features.time_windows import REACH_US, TimeWindows

_AGE = PEAK_FEATURES.index("log_age_minutes")

_CHUNK = 16_384
"""Keys whose windows are gathered at once: a million of them would need their memory twice."""

StateArrays = dict[str, npt.NDArray[np.generic]]


@dataclass
class HistoryState:
    """The last jobs of each key at an instant. Keys of all levels share one table: a key is salted by its level.

    Attributes:
        until_us: Jobs known before this instant are inside; microseconds.
        slots: Row of each key in the arrays below.
        peaks_gib: Newest first, NaN behind, shape (slots, DEPTH).
        ratios: Newest first, shape (slots, RATIO_DEPTH).
        counts: Finished jobs of each key, shape (slots,).
        known_us: When the newest became known, shape (slots,).
        recent_keys: Keys of the jobs of the last REACH_US, in the order in which they became known, shape (r, levels).
        recent_known_us: Shape (r,).
        recent_ratios: Shape (r,).
    """

    until_us: int
    slots: dict[int, int]
    peaks_gib: FloatArray
    ratios: FloatArray
    counts: IntArray
    known_us: IntArray
    recent_keys: KeyArray
    recent_known_us: IntArray
    recent_ratios: FloatArray
    _windows: TimeWindows | None = field(default=None, repr=False)

    @classmethod
    def at(cls, history: History, until_us: int) -> HistoryState:
        """Cut a history at an instant: what was known strictly before it."""
        until_rank = int(history.instants_us.searchsorted(until_us))
        held = [_held(index, until_rank) for index in history.indexes]
        size = sum(len(keys) for keys, _, _ in held)
        peaks, ratios = np.empty((size, DEPTH)), np.empty((size, RATIO_DEPTH))
        known_us, first = np.empty(size, dtype=np.int64), 0
        for index, (_, start, end) in zip(history.indexes, held, strict=True):
            for part in range(0, len(end), _CHUNK):
                here = slice(part, part + _CHUNK)
                rows = slice(first + part, first + part + len(end[here]))
                peaks[rows] = gather_last(history.peak_gib, start[here], end[here], DEPTH, index.order).T
                ratios[rows] = gather_last(history.ratios, start[here], end[here], RATIO_DEPTH, index.order).T
                known_us[rows] = history.known_us[index.order[end[here] - 1]]
            first += len(end)
        recent = (history.known_us < until_us) & (history.known_us >= until_us - REACH_US)
        keys = np.concatenate([keys for keys, _, _ in held]).tolist()
        return cls(
            until_us,
            dict(zip(keys, range(size), strict=True)),
            peaks,
            ratios,
            np.concatenate([end - start for _, start, end in held]).astype(np.int64),
            known_us,
            history.keys[history.rows[recent]],
            history.known_us[recent],
            history.ratios[recent],
        )

    def describe(self, keys: KeyArray, submitted_us: IntArray) -> tuple[Matrix, int]:
        """POINT_IN_TIME_FEATURES of m submissions.

        A submission that is older than the state of one of its keys gets no history from that state, and one older
        than ``until_us`` no time windows: it must not see what came after it.

        Returns:
            The matrix, shape (m, features), float32; and how many submissions were older than a state.
        """
        distinct, place = self._find(keys)
        slots = distinct[place]
        age_us = submitted_us[:, None] - (self.known_us[slots] if len(self.known_us) else 0)
        is_late = (slots >= 0) & (age_us <= 0)
        described = self._describe_slots(distinct)[place]
        described[..., _AGE] = log_age(np.maximum(age_us, 0))
        described[(slots < 0) | is_late] = np.nan
        matrix = np.empty((len(keys), len(POINT_IN_TIME_FEATURES)), dtype=np.float32)
        split = len(LEVELS) * len(PEAK_FEATURES)
        matrix[:, :split] = described.reshape(len(keys), split)
        matrix[:, split:] = self._time_windows().describe(keys, submitted_us).T
        too_old = submitted_us < self.until_us
        matrix[too_old, split:] = np.nan
        return matrix, int((too_old | is_late.any(axis=1)).sum())

    def observe(self, keys: KeyArray, known_us: IntArray, peak_gib: FloatArray) -> None:
        """Move on: add n finished jobs, handed in the order in which they became known; in place."""
        new_ratios = np.empty(len(keys))
        for row in range(len(keys)):
            peak = peak_gib[row : row + 1]
            ratio = self._ratio(int(keys[row, CONFIGURATION]), peak)
            new_ratios[row] = ratio
            for key in keys[row]:
                if key != NO_KEY:
                    self._push(int(key), float(peak[0]), ratio, int(known_us[row]))
        self._remember_recent(keys, known_us, new_ratios)

    def to_arrays(self) -> StateArrays:
        """The state as plain arrays for an artifact; windows are stored without their empty ends."""
        size = len(self.slots)
        keys = np.fromiter(self.slots, dtype=np.uint64, count=size)
        held = np.arange(DEPTH) < self.counts[:size, None]
        held_ratios = np.arange(RATIO_DEPTH) < self.counts[:size, None]
        return {
            "until_us": np.array([self.until_us]),
            "keys": keys,
            "peaks_gib": self.peaks_gib[:size][held],
            "ratios": self.ratios[:size][held_ratios],
            "counts": self.counts[:size],
            "known_us": self.known_us[:size],
            "recent_keys": self.recent_keys,
            "recent_known_us": self.recent_known_us,
            "recent_ratios": self.recent_ratios,
        }

    @classmethod
    def from_arrays(cls, arrays: StateArrays) -> HistoryState:
        """Read what `to_arrays` wrote."""
        counts = arrays["counts"].astype(np.int64)
        peaks = np.full((len(counts), DEPTH), np.nan)
        peaks[np.arange(DEPTH) < counts[:, None]] = arrays["peaks_gib"]
        ratios = np.full((len(counts), RATIO_DEPTH), np.nan)
        ratios[np.arange(RATIO_DEPTH) < counts[:, None]] = arrays["ratios"]
        return cls(
            int(arrays["until_us"][0]),
            {key: slot for slot, key in enumerate(arrays["keys"].tolist())},
            peaks,
            ratios,
            counts,
            arrays["known_us"].astype(np.int64),
            arrays["recent_keys"].astype(np.uint64),
            arrays["recent_known_us"].astype(np.int64),
            arrays["recent_ratios"].astype(np.float64),
        )

    def _find(self, keys: KeyArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Slots of the distinct keys, shape (d,), -1 where there is none; and the place of each key among them."""
        if len(keys) == 1:
            distinct, place = keys[0], np.arange(keys.size)
        else:
            distinct, place = np.unique(keys, return_inverse=True)
        slots = np.array([self.slots.get(key, -1) for key in distinct.tolist()], dtype=np.intp)
        return slots, place.reshape(keys.shape)

    def _describe_slots(self, slots: npt.NDArray[np.intp]) -> Matrix:
        """PEAK_FEATURES of each slot but the age, which is a submission's; shape (len(slots), features), float32."""
        described = np.full((len(slots), len(PEAK_FEATURES)), np.nan, dtype=np.float32)
        if not len(self.counts):
            return described
        for first in range(0, len(slots), 8_192):
            chunk = slots[first : first + 8_192]
            described[first : first + 8_192] = describe_windows(
                np.ascontiguousarray(self.peaks_gib[chunk].T),
                np.ascontiguousarray(self.ratios[chunk].T),
                self.counts[chunk],
                np.zeros_like(chunk),
            ).T
        return described

    def _time_windows(self) -> TimeWindows:
        if self._windows is None:
            self._windows = TimeWindows.build(self.recent_keys, Instants.of(self.recent_known_us), self.recent_ratios)
        return self._windows

    def _ratio(self, key: int, peak_gib: FloatArray) -> float:
        slot = self.slots.get(key)
        if slot is None or key == NO_KEY:
            return float("nan")
        window = np.ascontiguousarray(self.peaks_gib[slot][:, None])
        return float(log_ratio(peak_gib, mean_peak_gib(window, self.counts[slot : slot + 1]))[0])

    def _remember_recent(self, keys: KeyArray, known_us: IntArray, ratios: FloatArray) -> None:
        """Keep what windows reach, in the order in which it became known, also where a job is told of late."""
        all_known_us = np.concatenate([self.recent_known_us, known_us])
        order = np.argsort(all_known_us, kind="stable")
        if len(order):
            order = order[all_known_us[order] >= all_known_us[order[-1]] - REACH_US]
        self.recent_keys = np.concatenate([self.recent_keys, keys])[order]
        self.recent_known_us = all_known_us[order]
        self.recent_ratios = np.concatenate([self.recent_ratios, ratios])[order]
        self._windows = None

    def _push(self, key: int, peak_gib: float, ratio: float, known_us: int) -> None:
        slot = self.slots.setdefault(key, len(self.slots))
        if slot == len(self.counts):
            self._grow()
        self.peaks_gib[slot, 1:] = self.peaks_gib[slot, :-1].copy()
        self.peaks_gib[slot, 0] = peak_gib
        self.ratios[slot, 1:] = self.ratios[slot, :-1].copy()
        self.ratios[slot, 0] = ratio
        self.counts[slot] += 1
        self.known_us[slot] = known_us

    def _grow(self) -> None:
        more = max(64, len(self.counts))
        self.peaks_gib = np.concatenate([self.peaks_gib, np.full((more, DEPTH), np.nan)])
        self.ratios = np.concatenate([self.ratios, np.full((more, RATIO_DEPTH), np.nan)])
        self.counts = np.concatenate([self.counts, np.zeros(more, dtype=np.int64)])
        self.known_us = np.concatenate([self.known_us, np.zeros(more, dtype=np.int64)])


def _held(index: AsofIndex, until_rank: int) -> tuple[KeyArray, Positions, Positions]:
    """The keys of a level that have jobs before an instant, and where those begin and end in the index."""
    numbers = np.arange(len(index.keys))
    ends, starts = index.ends(numbers, np.full(len(numbers), until_rank)), index.starts[:-1]
    held = (ends > starts) & (index.keys != NO_KEY)
    return index.keys[held], starts[held], ends[held]
