"""What recipes cost in each block of a farm's past, by the age of the fit. Not here: fitting, farms made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.evidence import BLOCK_HOURS, SUM_COLUMNS
from resource_prediction.scoring import job_losses

BLOCKS_A_DAY = 24 // BLOCK_HOURS
ROWS, UNDER, EXCESS, PEAK = range(len(SUM_COLUMNS))


@dataclass(frozen=True)
class BlockLosses:
    """Sums of the ledger for recipes that were fitted day by day on a farm's past.

    Attributes:
        recipes: Names of r recipes.
        segments: Names of g segments.
        days: UTC days, shape (d,), datetime64[D], ascending.
        sums: Shape (r, a, d, BLOCKS_A_DAY, g, len(SUM_COLUMNS)); the fit at ``[:, age]`` was cut ``age`` days before
            the beginning of the day.
    """

    recipes: tuple[str, ...]
    segments: tuple[str, ...]
    days: npt.NDArray[np.datetime64]
    sums: FloatArray

    @property
    def oldest_age(self) -> int:
        """Days between the oldest fit and a day that it is scored on."""
        return int(self.sums.shape[1]) - 1

    def scores(self, under_cost: float, age: int = 0) -> FloatArray:
        """Business score of each recipe over all days, as fits of that age allocated; points, shape (r,)."""
        return scores_of(self.sums[:, age].sum(axis=(1, 2, 3)), under_cost)

    def scaled(self, factors: FloatArray) -> BlockLosses:
        """Multiply what each recipe costs; ``factors`` has shape (r,) or (r, a)."""
        by_age = np.broadcast_to(np.reshape(factors, (len(self.recipes), -1)), self.sums.shape[:2])
        sums = self.sums.copy()
        sums[..., UNDER : EXCESS + 1] *= by_age[:, :, None, None, None, None]
        return replace(self, sums=sums)

    def levelled(self, under_cost: float) -> BlockLosses:
        """Make every recipe cost what the first one does over all days, at each age.

        The recipes are then equal in the long run, and still differ from night to night as the real ones do.
        """
        by_age = np.stack([self.scores(under_cost, age) for age in range(self.sums.shape[1])], axis=1)
        return self.scaled(by_age[:1] / by_age)


def scores_of(sums: FloatArray, under_cost: float) -> FloatArray:
    """Business scores of sums of the ledger, shape (..., len(SUM_COLUMNS)): points, shape (...)."""
    under_pct, over_pct = 100 * sums[..., UNDER] / sums[..., ROWS], 100 * sums[..., EXCESS] / sums[..., PEAK]
    scores: FloatArray = under_cost * under_pct + over_pct
    return scores


def block_losses(
    jobs: pd.DataFrame, allocations: Sequence[pd.DataFrame], recipes: tuple[str, ...], oldest_age: int
) -> BlockLosses:
    """Sum up what allocations cost by block, segment and age of the fit.

    A day counts where every recipe has a fit that was cut at its beginning. An age that a day has no fit of takes the
    oldest one that it has.

    Args:
        jobs: One row a job: ``time``, ``segment``, ``peak_gib``, ``censored``; n.
        allocations: For each recipe: ``job`` (position in ``jobs``), ``age`` (whole days) and ``allocation_gib``.
        recipes: Names, one for each of ``allocations``.
        oldest_age: Ages above it are left out.

    Raises:
        ScoringError: On a peak or an allocation that cannot be scored.
    """
    day = jobs["time"].to_numpy("datetime64[D]")
    of_block = jobs["time"].dt.hour.to_numpy() // BLOCK_HOURS
    segment, names = pd.factorize(jobs["segment"], sort=True)
    days = _days_of_all(day, allocations)
    sums = np.full((len(recipes), oldest_age + 1, len(days), BLOCKS_A_DAY, len(names), len(SUM_COLUMNS)), np.nan)
    for number, table in enumerate(allocations):
        used = table[(table["age"] <= oldest_age) & np.isin(day[table["job"]], days)]
        at, age = used["job"].to_numpy(), used["age"].to_numpy()
        peak_gib = jobs["peak_gib"].to_numpy()[at]
        under, excess_gib = job_losses(peak_gib, used["allocation_gib"], censored=jobs["censored"].to_numpy()[at])
        place = (age, np.searchsorted(days, day[at]), of_block[at], segment[at])
        losses = np.zeros(sums.shape[1:])
        for column, value in enumerate((np.ones(len(at)), under.astype(np.float64), excess_gib, peak_gib)):
            np.add.at(losses[..., column], place, value)
        sums[number] = _oldest_for_missing(losses)
    return BlockLosses(recipes, tuple(map(str, names)), days, sums)


def _days_of_all(day: npt.NDArray[np.datetime64], allocations: Sequence[pd.DataFrame]) -> npt.NDArray[np.datetime64]:
    """Days on which every recipe has a fit of age 0, in order."""
    found = [set(day[table.loc[table["age"] == 0, "job"]]) for table in allocations]
    return np.array(sorted(set.intersection(*found)), dtype="datetime64[D]")


def _oldest_for_missing(losses: FloatArray) -> FloatArray:
    """Fill days without a fit of an age, shape (a, d, ...), from the next younger fit."""
    filled = losses.copy()
    for age in range(1, len(filled)):
        missing = filled[age, ..., ROWS].sum(axis=(1, 2)) == 0
        filled[age, missing] = filled[age - 1, missing]
    return filled
