"""How far new telemetry is from earlier telemetry, field by field. Not here: reading it, what is done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from resource_prediction.arrays import FloatArray

WORDS = ("buildProfile", "component", "makeType", "location")
NUMBERS = ("jobs", "localJobs", "memreq", "max_rss")
NEWEST, BEFORE = timedelta(hours=24), timedelta(days=28)
BINS = 10
SHARE_FLOOR = 1e-4
"""Share that an empty bin counts with: its logarithm would be infinite."""

STRONG_PSI, UNSEEN_PCT, MISSING_POINTS, UNIT_RATIO = 0.25, 20.0, 10.0, 100.0
"""From where on a field is said to drift: the usual bound of the index beyond what chance gives; percent of rows with
words that training had not; points by which the missing share changes; a median that jumps like another unit."""


@dataclass(frozen=True)
class FieldDrift:
    """One field of the telemetry, before and now.

    Attributes:
        field: Its name in the contract.
        psi: Population stability index over words or over tenths of the earlier values, missing being one of them.
        chance_psi: What the index is expected to be for as many rows of one population.
        unseen_pct: Percent of the new rows whose word the earlier rows did not have; None for numbers.
        missing_before_pct: Percent of the earlier rows without a value.
        missing_now_pct: Percent of the new rows without a value.
        median_ratio: Median of the new values by that of the earlier ones; None for words, and without values.
    """

    field: str
    psi: float
    chance_psi: float
    unseen_pct: float | None
    missing_before_pct: float
    missing_now_pct: float
    median_ratio: float | None

    @property
    def findings(self) -> tuple[str, ...]:
        """What an operator should look at, in words; empty where nothing stands out."""
        found = []
        if self.median_ratio is not None and not 1 / UNIT_RATIO < self.median_ratio < UNIT_RATIO:
            found.append(f"the median is {self.median_ratio:g} times what it was: another unit?")
        if abs(self.missing_now_pct - self.missing_before_pct) > MISSING_POINTS:
            found.append(f"{self.missing_now_pct:.0f} % are missing, where it was {self.missing_before_pct:.0f} %")
        if self.unseen_pct is not None and self.unseen_pct > UNSEEN_PCT:
            found.append(f"{self.unseen_pct:.0f} % have words that the model has not learned")
        if self.psi - self.chance_psi > STRONG_PSI:
            found.append(f"values are spread otherwise (index {self.psi:.2f}; {self.chance_psi:.2f} would be chance)")
        return tuple(found)


def find_drift(before: pd.DataFrame, now: pd.DataFrame) -> list[FieldDrift]:
    """Compare the main fields of new rows with those that a model learned from.

    Args:
        before: Accepted rows that the model could learn from, one or more.
        now: Newer accepted rows, one or more.

    Returns:
        A `FieldDrift` for each field that either has.

    Source: the population stability index as used in credit scoring (Siddiqi, Credit Risk Scorecards, 2006); its
    expectation by chance, (bins - 1) (1/n + 1/m), from its approximation by a chi-squared sum (Yurdakul, 2018).
    """
    fields: list[tuple[str, Callable[..., FieldDrift]]] = [
        *((name, _of_words) for name in WORDS),
        *((name, _of_numbers) for name in NUMBERS),
    ]
    there = set(before.columns) & set(now.columns)
    return [compare(name, before[name], now[name]) for name, compare in fields if name in there]


def find_newest_drift(rows: pd.DataFrame, newest: timedelta = NEWEST, before: timedelta = BEFORE) -> list[FieldDrift]:
    """Compare the newest rows with those of the days before them; empty where one of the two has no row.

    Args:
        rows: Accepted rows in the order of time.
        newest: How far back from the last row the newest go.
        before: How far back from there the others go.
    """
    if rows.empty:
        return []
    begin = rows["time"].max() - newest
    now = rows[rows["time"] > begin]
    earlier = rows[(rows["time"] <= begin) & (rows["time"] > begin - before)]
    return find_drift(earlier, now) if len(earlier) and len(now) else []


def _of_words(field: str, before: pd.Series, now: pd.Series) -> FieldDrift:
    known, seen = before.astype("object"), now.astype("object")
    words = list(dict.fromkeys([*known.dropna(), *seen.dropna()]))
    shares = [_shares(pd.Categorical(each, categories=words).codes, len(words)) for each in (known, seen)]
    unseen = seen.notna() & ~seen.isin(known.dropna())
    return _drift(field, shares, before, now, unseen_pct=100 * float(unseen.mean()), median_ratio=None)


def _of_numbers(field: str, before: pd.Series, now: pd.Series) -> FieldDrift:
    old, new = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (before, now))
    known, seen = old[~np.isnan(old)], new[~np.isnan(new)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if known.size else np.empty(0)
    codes = [np.where(np.isnan(each), -1, np.searchsorted(edges, each, side="left")) for each in (old, new)]
    shares = [_shares(each, len(edges) + 1) for each in codes]
    ratio = float(np.median(seen) / np.median(known)) if known.size and seen.size and np.median(known) > 0 else None
    return _drift(field, shares, before, now, unseen_pct=None, median_ratio=ratio)


def _shares(codes: np.ndarray, bins: int) -> FloatArray:
    """Share of each bin, and of missing values (code -1) in the last place."""
    counts = np.bincount(np.where(codes < 0, bins, codes), minlength=bins + 1)
    return counts / max(len(codes), 1)


def _drift(
    field: str,
    shares: list[FloatArray],
    before: pd.Series,
    now: pd.Series,
    *,
    unseen_pct: float | None,
    median_ratio: float | None,
) -> FieldDrift:
    old, new = (np.maximum(each, SHARE_FLOOR) for each in shares)
    used = (shares[0] > 0) | (shares[1] > 0)
    return FieldDrift(
        field,
        psi=float(((new - old) * np.log(new / old))[used].sum()),
        chance_psi=float((used.sum() - 1) * (1 / len(before) + 1 / len(now))),
        unseen_pct=unseen_pct,
        missing_before_pct=100 * float(before.isna().mean()),
        missing_now_pct=100 * float(now.isna().mean()),
        median_ratio=median_ratio,
    )
