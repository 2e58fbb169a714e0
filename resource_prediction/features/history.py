"""The history features, defined once: what the last peaks of a key say. Not here: what was known when (asof.py)."""

from __future__ import annotations

import numpy as np

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.features.keys import LEVEL_NAMES

DEPTH = 30
"""Finished jobs that a key remembers."""

RATIO_DEPTH = 10
"""Log ratios to the configuration's mean that a key remembers."""

MEANS = (3, 10, 30)
MAXIMA = (5, 20)
MINIMUM = 10
RANKED = 20
"""Jobs behind the median, the 0.9-quantile and the spread."""

EWMA_HALF_LIFE = 3.0
US_PER_MINUTE = 60_000_000

_FEW_COLUMNS = 256
"""Below this, one call of `accumulate` is faster than a loop of additions; both add in the same order."""

_EWMA_SHARES = 0.5 ** (np.arange(DEPTH) / EWMA_HALF_LIFE)
_EWMA_TOTALS = np.concatenate([[np.nan], np.cumsum(_EWMA_SHARES)])

PEAK_FEATURES = (
    "log_count",
    "last_gib",
    *(f"mean_{k}_gib" for k in MEANS),
    *(f"max_{k}_gib" for k in MAXIMA),
    f"min_{MINIMUM}_gib",
    f"median_{RANKED}_gib",
    f"q90_{RANKED}_gib",
    f"spread_{RANKED}",
    "ewma_gib",
    "log_age_minutes",
    "ratio_last",
    f"ratio_mean_{RATIO_DEPTH}",
)
HISTORY_FEATURES: tuple[str, ...] = tuple(f"{level}_{name}" for level in LEVEL_NAMES for name in PEAK_FEATURES)


def describe_windows(peaks_gib: FloatArray, ratios: FloatArray, count: IntArray, age_us: IntArray) -> FloatArray:
    """Describe the last peaks of m keys; training and serving both call this, so their features are equal bit for bit.

    Every step is elementwise over m, sorts within one column, or adds up row by row (`running_sum`, never `sum`, which
    pairs terms differently for other shapes), so that a value does not depend on its neighbours.

    Args:
        peaks_gib: Last peaks, the newest first, NaN behind the oldest; shape (DEPTH, m), C order.
        ratios: Last log ratios to the configuration's mean, newest first, NaN where unknown; shape (RATIO_DEPTH, m).
        count: All finished jobs of the key, shape (m,).
        age_us: Time since the newest became known, microseconds, shape (m,).

    Returns:
        Shape (len(PEAK_FEATURES), m); NaN where a key has no history.
    """
    held = np.minimum(count, DEPTH)
    filled = np.where(np.isnan(peaks_gib), 0.0, peaks_gib)
    running_gib = running_sum(filled)
    with np.errstate(invalid="ignore", divide="ignore"):
        described = np.stack(
            [
                np.log1p(count.astype(np.float64)),
                peaks_gib[0],
                *(running_gib[k - 1] / np.minimum(held, k) for k in MEANS),
                *(np.fmax.reduce(peaks_gib[:k], axis=0) for k in MAXIMA),
                np.fmin.reduce(peaks_gib[:MINIMUM], axis=0),
                *_ranks(peaks_gib[:RANKED], held),
                _spread(filled[:RANKED], running_gib[RANKED - 1], held),
                running_sum(filled * _EWMA_SHARES[:, None])[-1] / _EWMA_TOTALS[held],
                log_age(age_us),
                ratios[0],
                _mean_of_known(ratios),
            ]
        )
    described[:, count == 0] = np.nan
    return described


def log_age(age_us: IntArray) -> FloatArray:
    """Log of 1 + the minutes since the newest peak of a key became known; any shape."""
    age: FloatArray = np.log1p(age_us / US_PER_MINUTE)
    return age


def running_sum(rows: FloatArray) -> FloatArray:
    """Add up row after row, shape (k, m): strictly in order, so that the bits of a column do not depend on m."""
    if rows.shape[1] < _FEW_COLUMNS:
        few: FloatArray = np.add.accumulate(rows, axis=0)
        return few
    sums = np.empty_like(rows)
    sums[0] = rows[0]
    for index in range(1, len(rows)):
        np.add(sums[index - 1], rows[index], out=sums[index])
    return sums


def mean_peak_gib(peaks_gib: FloatArray, count: IntArray) -> FloatArray:
    """Mean of the last DEPTH peaks of m keys, shape (m,); NaN where there is none. The base of the log ratios."""
    with np.errstate(invalid="ignore"):
        mean: FloatArray = running_sum(np.nan_to_num(peaks_gib))[-1] / np.minimum(count, DEPTH)
    return mean


def log_ratio(peak_gib: FloatArray, mean_gib: FloatArray) -> FloatArray:
    """Log of each peak over the mean that its configuration had before it, shape (m,); NaN where it had none."""
    ratio = np.log(np.ascontiguousarray(peak_gib)) - np.log(np.ascontiguousarray(mean_gib))
    # One NaN for all: 0/0 and a literal NaN differ in their bits.
    return np.where(np.isnan(ratio), np.nan, ratio)


def _ranks(peaks_gib: FloatArray, held: IntArray) -> list[FloatArray]:
    """Median and 0.9-quantile of the last RANKED peaks, linear between ranks."""
    ranked = np.sort(peaks_gib.T, axis=1)
    rows = np.arange(len(ranked))
    last_rank = np.clip(held, 1, RANKED) - 1

    def quantile(q: float) -> FloatArray:
        place = q * last_rank
        low = place.astype(np.intp)
        below = ranked[rows, low]
        above = ranked[rows, np.minimum(low + 1, last_rank)]
        between: FloatArray = below + (place - low) * (above - below)
        return between

    return [quantile(0.5), quantile(0.9)]


def _spread(filled_gib: FloatArray, total_gib: FloatArray, held: IntArray) -> FloatArray:
    """Coefficient of variation of the last RANKED peaks."""
    ranked_count = np.minimum(held, RANKED)
    mean = total_gib / ranked_count
    offsets = np.where(np.arange(RANKED)[:, None] < ranked_count, filled_gib - mean, 0.0)
    variance = running_sum(offsets * offsets)[-1] / ranked_count
    spread: FloatArray = np.sqrt(variance) / mean
    return spread


def _mean_of_known(ratios: FloatArray) -> FloatArray:
    known = ~np.isnan(ratios)
    mean: FloatArray = running_sum(np.where(known, ratios, 0.0))[-1] / known.sum(axis=0)
    return mean
