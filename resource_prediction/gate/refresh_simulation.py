"""What refreshing a champion did in a real past, and what its checks refuse. Not here: switching, fitting."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.evidence import served_recipe
from resource_prediction.gate.drawn_ledger import DAY, resampled_ledger
from resource_prediction.gate.losses import ROWS, BlockLosses, scores_of
from resource_prediction.gate.refresh import SameHoldout, judge_refresh
from resource_prediction.gate.resampling import ResampledFarm, cast_recipes, draw_days
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.simulation import START
from resource_prediction.gate.verdict import RecipeId
from resource_prediction.scoring import Score


@dataclass(frozen=True)
class DailyRefreshes:
    """Each daily refresh of a past: the fit of that morning and the one before, scored on the same jobs after both.

    Attributes:
        newer: Scores of the newer fits, points, shape (r, refreshes).
        older: Scores of the older ones.
        jobs: How many each was scored on, shape (refreshes,).
    """

    newer: FloatArray
    older: FloatArray
    jobs: FloatArray

    @property
    def gains(self) -> FloatArray:
        """Points, positive where the newer fit was better, shape (r, refreshes)."""
        gains: FloatArray = self.older - self.newer
        return gains

    def refused(self, worse: float, rule: GateRule) -> BoolArray:
        """Which the gate refuses where these jobs are the hold-out and newer fits cost more by a share.

        Of a champion that is refreshed every night, which has no blocks for another check. Shape (r, refreshes).
        """
        refused = np.zeros(self.newer.shape, dtype=np.bool_)
        for at in np.ndindex(refused.shape):
            scores = float(self.older[at]), float((1.0 + worse) * self.newer[at])
            older, newer = (Score(score, 0.0, score, int(self.jobs[at[-1]])) for score in scores)
            refused[at] = SameHoldout(older, newer).is_broken(rule)
        return refused


def daily_refreshes(
    losses: BlockLosses, days_ahead: int, under_cost: float, *, blocks_apart: bool = False
) -> DailyRefreshes:
    """Hold each fit of the past against the one of the day before.

    Args:
        losses: As they really were.
        days_ahead: Days after the refresh on which both are scored; at most ``losses.oldest_age``.
        under_cost: Points for each percent of under-allocated jobs.
        blocks_apart: Score each 6-hour block of these days for itself, as on a farm with so many jobs in all.
    """
    ahead = np.arange(days_ahead)
    last = len(losses.days) - days_ahead + 1
    firsts = [at for at in range(last) if losses.days[at + days_ahead - 1] - losses.days[at] == (days_ahead - 1) * DAY]
    days = np.array(firsts, dtype=np.int64)[:, None] + ahead
    # Shape (r, refreshes, days, blocks, segments, 4).
    newer, older = (losses.sums[:, ahead + age, days].sum(axis=4) for age in (0, 1))
    together = (2,) if blocks_apart else (2, 3)
    newer, older = (np.reshape(sums.sum(axis=together), (len(sums), -1, 4)) for sums in (newer, older))
    some = newer[0, :, ROWS] > 0
    newer, older = newer[:, some], older[:, some]
    return DailyRefreshes(scores_of(newer, under_cost), scores_of(older, under_cost), newer[0, :, ROWS])


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
    first_morning = np.datetime_as_string(START)
    return judge_refresh(evidence, RecipeId(champion.recipes[0], "champion"), rule, served_until=first_morning).goes_in
