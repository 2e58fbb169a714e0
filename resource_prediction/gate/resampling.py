"""Farms drawn from what real recipes cost day by day, run through the gate. Not here: fitting, made-up losses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from resource_prediction.arrays import IntArray
from resource_prediction.comparison import LedgerBlocks
from resource_prediction.gate.drawn_ledger import DAY, resampled_ledger
from resource_prediction.gate.losses import BLOCKS_A_DAY, BlockLosses
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.simulation import START, SimulatedRun, judge_nights
from resource_prediction.gate.verdict import Night


@dataclass(frozen=True)
class ResampledFarm:
    """A farm whose days are days of a real past, with all recipes' losses on them.

    Attributes:
        losses: Of recipes that are equal in the long run: `BlockLosses.levelled`.
        nights: Nights that are judged.
        holdout_days: How long before a night its judged fits are cut.
        better: Share by which the last recipe costs less than the others; where negative, share by which every recipe
            but the first costs more.
        run_days: Mean number of days that follow each other as they did in the past.
        blocks_apart: Draw each 6-hour block of a day for itself. A past of a few days has too few whole ones: the same
            day would come again and again, and its chance differences would look like skill.
    """

    losses: BlockLosses
    nights: int = 90
    holdout_days: int = 1
    better: float = 0.0
    run_days: float = 7.0
    blocks_apart: bool = False


def simulate_resampled(farm: ResampledFarm, rule: GateRule, seed: int) -> SimulatedRun:
    """Run one farm through the gate: `recipe-0` serves at the start; the others are numbered on.

    Args:
        farm: What its days are drawn from.
        rule: Thresholds of the gate.
        seed: Seed of the draw, and of which real recipe has which number.
    """
    random = np.random.default_rng(seed)
    losses = cast_recipes(farm, random)
    drawn = draw_days(farm, farm.nights, random)

    def ledger_of(night: Night) -> LedgerBlocks:
        number = int((np.datetime64(night.newest_known, "us") - START) / DAY)
        drawn_ledger = resampled_ledger(losses, drawn[:number], farm.holdout_days, night.complete_until().to_numpy())
        return drawn_ledger.blocks()

    return judge_nights(list(losses.recipes), ledger_of, farm.nights, rule)


def cast_recipes(farm: ResampledFarm, random: np.random.Generator) -> BlockLosses:
    """Number the recipes by lot, so that no figure hangs on who serves first, and make them as good as asked for."""
    order = random.permutation(len(farm.losses.recipes))
    factors = np.ones(len(order))
    factors[-1 if farm.better > 0 else slice(1, None)] -= farm.better
    names = tuple(f"recipe-{number}" for number in range(len(order)))
    return replace(farm.losses, recipes=names, sums=farm.losses.sums[order]).scaled(factors)


def draw_days(farm: ResampledFarm, days: int, random: np.random.Generator) -> IntArray:
    """Draw which past day each block of the farm's days is of, as positions in ``farm.losses.days``.

    Days follow each other as they did until, with probability ``1 / run_days``, another past day of the same weekday
    comes next; where the past has no two of that weekday, any day. So a fit's luck lasts as long as it really does: on
    the days of one run, evidence of one night comes from one fit.

    Source: the stationary bootstrap (Politis and Romano 1994), with weekdays kept.

    Returns:
        Shape (days, BLOCKS_A_DAY); equal along a day, unless ``farm.blocks_apart``.
    """
    chains = [_chain(farm, days, random) for _ in range(BLOCKS_A_DAY if farm.blocks_apart else 1)]
    return np.broadcast_to(np.stack(chains, axis=1), (days, BLOCKS_A_DAY))


def _chain(farm: ResampledFarm, days: int, random: np.random.Generator) -> IntArray:
    """One draw for each day, shape (days,)."""
    past = farm.losses.days
    weekday = past.astype(np.int64) % 7
    first = START.astype("datetime64[D]").astype(np.int64)
    drawn = np.empty(days, dtype=np.int64)
    for day in range(days):
        alike = np.flatnonzero(weekday == (first + day) % 7)
        follows = day > 0 and drawn[day - 1] + 1 < len(past) and past[drawn[day - 1] + 1] - past[drawn[day - 1]] == DAY
        if follows and random.random() >= 1.0 / farm.run_days:
            drawn[day] = drawn[day - 1] + 1
        else:
            drawn[day] = random.choice(alike if len(alike) > 1 else len(past))
    return drawn
