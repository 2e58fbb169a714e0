"""The evidence ledger of a farm whose days are drawn from a real past. Not here: drawing them, asking the gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.comparison import LedgerBlocks, RecipeBlocks, Times
from resource_prediction.evidence import BLOCK_HOURS, LEDGER_COLUMNS
from resource_prediction.gate.losses import BLOCKS_A_DAY, ROWS, BlockLosses
from resource_prediction.gate.simulation import START

Texts = npt.NDArray[np.object_]

DAY = np.timedelta64(24, "h")
BLOCK = np.timedelta64(BLOCK_HOURS, "h")


@dataclass(frozen=True)
class DrawnLedger:
    """A ledger as arrays. Nearly all that the gate asks of a night needs no table, which takes longest to make.

    Attributes:
        recipes: Names, r.
        segments: Names, g.
        starts: Beginnings of the blocks, shape (b,), ascending.
        fitted: Cut-offs of the fits behind them, shape (b,).
        sums: Shape (r, b, g, 4).
    """

    recipes: tuple[str, ...]
    segments: tuple[str, ...]
    starts: Times
    fitted: Times
    sums: FloatArray

    def blocks(self) -> LedgerBlocks:
        """What the gate reads: equal to what it would sum up of `table`."""
        found = {}
        for recipe, sums in zip(self.recipes, self.sums.sum(axis=2), strict=True):
            at: BoolArray = sums[:, ROWS] > 0
            found[recipe] = RecipeBlocks(self.starts[at], self.fitted[at], *sums[at].T)
        return LedgerBlocks(found, self.table)

    def table(self) -> pd.DataFrame:
        """The blocks as the ledger has them, one row a recipe, block and segment that has jobs."""
        shape = self.sums.shape[:-1]
        columns = (
            _spread(np.datetime_as_string(self.starts, "us").astype(object), shape, 1),
            _spread(np.array(self.recipes, dtype=object), shape, 0),
            _spread(np.array(self.segments, dtype=object), shape, 2),
            _spread(np.datetime_as_string(self.fitted, "us").astype(object), shape, 1),
            *np.moveaxis(self.sums, -1, 0).reshape(self.sums.shape[-1], -1),
        )
        jobs: BoolArray = self.sums[..., ROWS].ravel() > 0
        return pd.DataFrame({name: column[jobs] for name, column in zip(LEDGER_COLUMNS, columns, strict=True)})


def resampled_ledger(
    losses: BlockLosses, drawn: IntArray, holdout_days: int, complete_until: np.datetime64 | None = None
) -> DrawnLedger:
    """The ledger of a night: its complete blocks, each as the newest fit that had seen none of them allocated it.

    The fits of a night are cut ``holdout_days`` before it. A day is held out by the nights that follow it within that
    time, and the last of them has the newest fit. An older fit than the losses have is taken for their oldest.

    Args:
        losses: Of the recipes.
        drawn: From `draw_days`: the days before the night.
        holdout_days: The hold-out.
        complete_until: Blocks that end later are left out; None is the end of the last day.
    """
    day = np.arange(len(drawn))
    age = np.maximum(day - (len(drawn) - holdout_days), 0)
    sums = losses.sums[:, np.minimum(age, losses.oldest_age)[:, None], drawn, np.arange(BLOCKS_A_DAY)]
    starts = (START + day * DAY)[:, None] + np.arange(BLOCKS_A_DAY) * BLOCK
    fitted = np.broadcast_to((START + (day - age) * DAY)[:, None], starts.shape)
    complete = starts + BLOCK <= (START + len(drawn) * DAY if complete_until is None else complete_until)
    return DrawnLedger(losses.recipes, losses.segments, starts[complete], fitted[complete], sums[:, complete])


def _spread(values: Texts, shape: tuple[int, ...], axis: int) -> Texts:
    """One value along an axis, repeated along the others, flat."""
    return np.broadcast_to(np.expand_dims(values, [other for other in range(3) if other != axis]), shape).ravel()
