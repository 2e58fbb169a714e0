"""What refreshing a champion did in a real past, and what its check refuses. Not here: switching, fitting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resource_prediction.arrays import FloatArray
from resource_prediction.evidence import served_recipe
from resource_prediction.gate.drawn_ledger import DAY, resampled_ledger
from resource_prediction.gate.losses import EXCESS, PEAK, ROWS, UNDER, BlockLosses
from resource_prediction.gate.refresh import judge_refresh
from resource_prediction.gate.resampling import ResampledFarm, cast_recipes, draw_days
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.verdict import RecipeId


def refresh_gains(losses: BlockLosses, days_ahead: int, under_cost: float) -> FloatArray:
    """What each daily refresh of the past gained over staying with the fit of the day before.

    Args:
        losses: As they really were.
        days_ahead: Days after the refresh on which both fits are scored; at most ``losses.oldest_age``.
        under_cost: Points for each percent of under-allocated jobs.

    Returns:
        Points, positive where the newer fit was better, shape (r, refreshes).
    """
    ahead = np.arange(days_ahead)
    last = len(losses.days) - days_ahead + 1
    firsts = [at for at in range(last) if losses.days[at + days_ahead - 1] - losses.days[at] == (days_ahead - 1) * DAY]
    gains = np.empty((len(losses.recipes), len(firsts)))
    for number, first in enumerate(firsts):
        newer = losses.sums[:, ahead, first + ahead].sum(axis=(1, 2, 3))
        older = losses.sums[:, ahead + 1, first + ahead].sum(axis=(1, 2, 3))
        saved = older - newer
        gains[:, number] = under_cost * 100 * saved[:, UNDER] / newer[:, ROWS]
        gains[:, number] += 100 * saved[:, EXCESS] / newer[:, PEAK]
    return gains


def refresh_goes_in(farm: ResampledFarm, worse: float, rule: GateRule, seed: int) -> bool:
    """Whether a champion that has rested for ``farm.nights`` nights is refreshed, where all newer fits cost more.

    Args:
        farm: What its days are drawn from.
        worse: Share by which newer fits cost more than they really did.
        rule: Thresholds of the gate.
        seed: Seed of the draw.
    """
    random = np.random.default_rng(seed)
    losses = cast_recipes(farm, random)
    drawn = draw_days(farm, farm.nights, random)
    champion = replace(losses, recipes=losses.recipes[:1], sums=losses.sums[:1])
    served = replace(champion, recipes=(served_recipe(champion.recipes[0]),))
    # What serves was fitted on the first morning, so its hold-out is all the nights of its rest.
    older = resampled_ledger(served, drawn, farm.nights).blocks()
    newer = resampled_ledger(champion.scaled(np.array([1.0 + worse])), drawn, farm.holdout_days).blocks()
    evidence = {**older.recipes, **newer.recipes}
    return judge_refresh(evidence, RecipeId(champion.recipes[0], "champion"), rule).goes_in
