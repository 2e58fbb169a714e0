"""How sure a gain is: its bootstrap interval and its nightly bound. Not here: pairing recipes, deciding (gate/)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from resource_prediction.arrays import FloatArray
from resource_prediction.comparison import PairedBlocks, Times

INTERVAL = 0.90
"""Share of resampled gains between ``low`` and ``high``."""


@dataclass(frozen=True)
class Improvement:
    """A challenger's gain over a champion, in score points; positive means the challenger is better.

    Attributes:
        mean: Gain over all blocks.
        low: Lower end of the 90 % interval.
        high: Upper end of it.
        probability: Share of resamples in which the challenger is better; equality counts half.
        blocks: Blocks of 6 hours behind it.
        days: UTC days behind it.
        rows: Jobs behind it.
    """

    mean: float
    low: float
    high: float
    probability: float
    blocks: int
    days: int
    rows: int


def improvement(
    pairs: PairedBlocks, under_cost: float, *, min_blocks: int, min_days: int, resamples: int, seed: int
) -> Improvement | None:
    """Gain with its 90 % interval, or None where the evidence is below the minimum.

    Args:
        pairs: Blocks that both recipes have.
        under_cost: Points for each percent of under-allocated jobs.
        min_blocks: Fewer blocks give no interval.
        min_days: Fewer days give no interval.
        resamples: Draws of the bootstrap.
        seed: Seed of the draws.
    """
    if pairs.blocks < min_blocks or pairs.days < min_days:
        return None
    gains = pairs.resampled_gains(under_cost, resamples=resamples, seed=seed)
    low, high = np.quantile(gains, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    return Improvement(
        mean=pairs.gain(under_cost),
        low=float(low),
        high=float(high),
        probability=float(np.mean(gains > 0) + np.mean(gains == 0) / 2),
        blocks=pairs.blocks,
        days=pairs.days,
        rows=int(pairs.rows.sum()),
    )


def nightly_gains(
    pairs: PairedBlocks, under_cost: float, *, since: np.datetime64, until: np.datetime64, min_rows: int
) -> tuple[FloatArray, Times]:
    """Gain of each night, and the end of each night.

    Nights are 24 hours, counted from ``since``. One with fewer than ``min_rows`` jobs is joined to the next, so that a
    weekend's few jobs do not weigh as much as a working day.

    Args:
        pairs: Blocks that both recipes have.
        under_cost: Points for each percent of under-allocated jobs.
        since: Start of the first night.
        until: Nights that end later are not complete and left out.
        min_rows: Fewest jobs of a night.

    Returns:
        Gains in points, shape (nights,), and ends, shape (nights,).
    """
    day = np.timedelta64(24, "h")
    gains, ends = [], []
    start, end = since, since + day
    while end <= until:
        night = pairs.between(start, end)
        if night.rows.sum() >= min_rows:
            gains.append(night.gain(under_cost))
            ends.append(end)
            start = end
        end = end + day
    return np.array(gains, dtype=np.float64), np.array(ends, dtype="datetime64[us]")


def lower_bound(gains: FloatArray, level: float) -> float:
    """Studentised lower bound of the mean of nightly gains, one-sided; minus infinity for fewer than two nights.

    Nights differ in noise; the t statistic stays valid at such levels (Ibragimov and Mueller 2010).
    """
    if len(gains) < 2:
        return -np.inf
    spread = float(np.std(gains, ddof=1)) / np.sqrt(len(gains))
    return float(np.mean(gains) - stdtrit(len(gains) - 1, level) * spread)
