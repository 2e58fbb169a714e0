"""How unlike two spans of telemetry are, field by field, in numbers. Not here: which of them is too much (drift.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.arrays import FloatArray, IntArray

WORDS = ("buildProfile", "component", "makeType", "location")
NUMBERS = ("jobs", "localJobs", "memreq", "max_rss")
KIND, PEAK = ("component", "buildProfile", "makeType"), "max_rss"
"""What makes jobs of one kind, whose peaks are compared apart from which kinds a day happens to have."""

BINS = 10
SHARE_FLOOR = 0.005
"""Share that an emptier bin counts with: a rare word that is busy for a day must not outweigh all others."""


@dataclass(frozen=True)
class Measure:
    """A way in which a field may differ.

    Attributes:
        name: As it is called in a table.
        bound: Up to here it is never an alarm, in the measure's unit; for a ratio, its logarithm.
        is_ratio: Changes are logarithms of ratios.
    """

    name: str
    bound: float
    is_ratio: bool = False


SPREAD = Measure("spread of values", 0.5)
UNSEEN = Measure("new words, %", 20.0)
MISSING = Measure("missing, points", 10.0)
MEDIAN = Measure("median, ratio", float(np.log(100)), is_ratio=True)
LEVEL = Measure("peak by kind of job, ratio", float(np.log(1.3)), is_ratio=True)
COUNT = Measure("rows, ratio", float(np.log(2.5)), is_ratio=True)
"""Twice the usual bound of the index, as jobs come in bursts; rows that the model has not learned from; a median that
jumps like another unit; peaks and rows that differ more than on a quiet farm."""


@dataclass(frozen=True)
class Change:
    """How one field of a later span differs from an earlier one.

    Attributes:
        field: Its name in the contract; ``rows`` for their number.
        measure: In which way.
        value: How much, 0 being equal: an index, percent, points, or the logarithm of a ratio.
    """

    field: str
    measure: Measure
    value: float


@dataclass(frozen=True)
class CodedRows:
    """Rows in the order of time; each array has shape (n,).

    Attributes:
        times_us: When each was submitted, ascending.
        words: Codes of each column of words, -1 where one is missing.
        numbers: Values of each column of numbers, NaN where one is missing.
        kinds: The kind of job, as a code.
    """

    times_us: IntArray
    words: Mapping[str, IntArray]
    numbers: Mapping[str, FloatArray]
    kinds: IntArray

    @classmethod
    def of(cls, rows: pd.DataFrame) -> CodedRows:
        """Take the main fields that rows in contract columns have, in any order."""
        ordered = rows.sort_values("time", kind="stable")
        words = {name: _codes(ordered[name]) for name in WORDS if name in ordered}
        kinds = np.zeros(len(ordered), dtype=np.int64)
        for name in KIND:
            if name in words:
                kinds = kinds * (words[name].max(initial=0) + 2) + words[name] + 1
        return cls(
            ordered["time"].to_numpy().astype("datetime64[us]").astype(np.int64),
            words,
            {name: ordered[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in NUMBERS if name in ordered},
            kinds,
        )

    def __len__(self) -> int:
        """Rows."""
        return len(self.times_us)

    def between(self, after_us: int, until_us: int) -> CodedRows:
        """The rows later than the first moment, up to the second."""
        part = slice(*np.searchsorted(self.times_us, [after_us, until_us], side="right"))
        return CodedRows(
            self.times_us[part],
            {name: codes[part] for name, codes in self.words.items()},
            {name: values[part] for name, values in self.numbers.items()},
            self.kinds[part],
        )


def changes(before: CodedRows, now: CodedRows) -> Iterator[Change]:
    """How the fields of some rows, one or more, differ from those of earlier rows, one or more, coded together.

    Source: the population stability index as used in credit scoring (Siddiqi, Credit Risk Scorecards, 2006), less its
    expectation by chance, (bins - 1) (1/n + 1/m), from its approximation by a chi-squared sum (Yurdakul, 2018).
    """
    for name, codes in now.words.items():
        yield Change(name, SPREAD, _excess_psi(before.words[name], codes))
        yield Change(name, UNSEEN, 100 * float(np.mean(~np.isin(codes, [*np.unique(before.words[name]), -1]))))
        yield Change(name, MISSING, 100 * float(np.mean(codes < 0) - np.mean(before.words[name] < 0)))
    for name, values in now.numbers.items():
        yield from _of_numbers(name, before.numbers[name], values)
    level = _level(before, now)
    if level is not None:
        yield Change(PEAK, LEVEL, level)


def _of_numbers(name: str, before: FloatArray, now: FloatArray) -> Iterator[Change]:
    old, new = before[~np.isnan(before)], now[~np.isnan(now)]
    edges = np.unique(np.quantile(old, np.linspace(0, 1, BINS + 1)[1:-1])) if old.size else np.empty(0)
    binned = [np.where(np.isnan(each), -1, np.searchsorted(edges, each, side="left")) for each in (before, now)]
    yield Change(name, SPREAD, _excess_psi(*binned))
    yield Change(name, MISSING, 100 * float(np.mean(np.isnan(now)) - np.mean(np.isnan(before))))
    if old.size and new.size and np.median(old) > 0 and np.median(new) > 0:
        yield Change(name, MEDIAN, float(np.log(np.median(new) / np.median(old))))


def _level(before: CodedRows, now: CodedRows) -> float | None:
    """Logarithm of the typical ratio of a peak to the median of its kind before; None where no kind was there."""
    if PEAK not in now.numbers:
        return None
    usual = pd.Series(before.numbers[PEAK]).groupby(before.kinds).median()
    ratio = now.numbers[PEAK] / usual.reindex(now.kinds).to_numpy()
    known = ratio[np.isfinite(ratio) & (ratio > 0)]
    return float(np.log(np.median(known))) if known.size else None


def _codes(column: pd.Series) -> IntArray:
    return np.asarray(pd.factorize(column.astype("object"))[0], dtype=np.int64)


def _excess_psi(before: IntArray, now: IntArray) -> float:
    """The index over codes, missing values being one of them, less what chance alone would give."""
    codes = int(max(before.max(), now.max())) + 2
    counts = [np.bincount(each + 1, minlength=codes) for each in (before, now)]
    used = (counts[0] + counts[1]) > 0
    old, new = (np.maximum(each[used] / each.sum(), SHARE_FLOOR) for each in counts)
    index = float(((new - old) * np.log(new / old)).sum())
    return index - float((used.sum() - 1) * (1 / len(before) + 1 / len(now)))
