"""Farms drawn from a real past: which days they have, what their ledger holds, and what the gate makes of them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.arrays import IntArray
from resource_prediction.comparison import LedgerBlocks, pair, recipe_blocks
from resource_prediction.gate import GateRule, Night
from resource_prediction.gate.drawn_ledger import resampled_ledger
from resource_prediction.gate.losses import EXCESS, PEAK, ROWS, UNDER, BlockLosses
from resource_prediction.gate.resampling import (
    START,
    ResampledFarm,
    cast_recipes,
    draw_days,
    simulate_resampled,
)
from resource_prediction.gate.simulation import judge_nights

RULE = GateRule(resamples=100)
MONDAY = np.datetime64("2025-05-05")


def _past(recipes: int = 2, days: int = 14, ages: int = 3, noise: float = 0.0, segments: int = 1) -> BlockLosses:
    """Equal recipes: 100 jobs a block with 4 of them under, 500 GiB too much for 1,000 GiB of peaks: 70 points."""
    sums = np.zeros((recipes, ages, days, 4, segments, 4))
    sums[..., ROWS], sums[..., UNDER], sums[..., EXCESS], sums[..., PEAK] = 100, 4, 500, 1000
    if noise:
        sums[..., EXCESS] *= np.random.default_rng(0).lognormal(0.0, noise, (recipes, 1, days, 4, segments))
    names = tuple(f"recipe-{number}" for number in range(recipes))
    parts = tuple(f"part-{number}" for number in range(segments))
    return BlockLosses(names, parts, MONDAY + np.arange(days), sums).levelled(5.0)


def _every_day(days: int) -> IntArray:
    """The past as it was."""
    return np.broadcast_to(np.arange(days)[:, None], (days, 4))


@given(seed=st.integers(0, 1000), run_days=st.sampled_from([1.0, 3.0, 30.0]))
@settings(max_examples=25)
def test_a_drawn_day_keeps_its_weekday(seed: int, run_days: float) -> None:
    farm = ResampledFarm(_past(), run_days=run_days)
    drawn = draw_days(farm, 30, np.random.default_rng(seed))
    weekdays = (START.astype("datetime64[D]") + np.arange(30)).astype(int) % 7
    assert ((farm.losses.days[drawn].astype(int) % 7) == weekdays[:, None]).all()
    assert (drawn == drawn[:, :1]).all()


def test_days_follow_each_other_as_long_as_asked_for() -> None:
    past = _past(days=70)
    draws = [draw_days(ResampledFarm(past, run_days=days), 2000, np.random.default_rng(0)) for days in (1.0, 7.0)]
    follows = [(np.diff(drawn[:, 0]) == 1).mean() for drawn in draws]
    # A tenth of the jumps land on the next day by chance: it is one of ten weeks.
    assert follows == pytest.approx([0.1, 6 / 7], abs=0.05)


def test_a_past_of_one_day_can_stand_for_every_weekday() -> None:
    assert not draw_days(ResampledFarm(_past(days=1)), 10, np.random.default_rng(0)).any()


def test_blocks_that_are_drawn_apart_mix_the_days_of_the_past() -> None:
    farm = ResampledFarm(_past(days=2), blocks_apart=True)
    drawn = draw_days(farm, 50, np.random.default_rng(0))
    assert (drawn != drawn[:, :1]).any(axis=1).mean() > 0.5


def test_with_a_hold_out_of_a_day_every_block_is_of_a_fit_of_that_morning() -> None:
    ledger = resampled_ledger(_past(), _every_day(5), holdout_days=1).table()
    assert (pd.to_datetime(ledger["block_start"]).dt.normalize() == pd.to_datetime(ledger["fitted_until"])).all()


def test_a_longer_hold_out_is_of_one_fit_and_older_days_of_fresh_ones() -> None:
    ledger = resampled_ledger(_past(), _every_day(5), holdout_days=2).table()
    fits = pd.to_datetime(ledger["fitted_until"]).dt.day - START.astype(object).day
    assert sorted(fits.unique()) == [0, 1, 2, 3]
    assert (fits == 3).sum() == 2 * (fits == 0).sum()


def test_blocks_that_have_not_settled_are_no_evidence() -> None:
    until = START + np.timedelta64(18, "h")
    ledger = resampled_ledger(_past(), _every_day(5), 1, complete_until=until).table()
    assert ledger["block_start"].nunique() == 3


@pytest.mark.parametrize("holdout_days", [1, 4])
def test_summed_up_directly_the_drawn_blocks_are_those_of_their_table(holdout_days: int) -> None:
    past = _past(recipes=3, noise=0.3, segments=5)
    past.sums[:, :, 2, 1], past.sums[0, :, :, 3, 1:] = 0.0, 0.0
    drawn = resampled_ledger(past, _every_day(14), holdout_days)
    found, expected = drawn.blocks().recipes, recipe_blocks(drawn.table())
    assert list(found) == list(expected)
    for recipe, blocks in expected.items():
        for field in fields(blocks):
            np.testing.assert_array_equal(getattr(found[recipe], field.name), getattr(blocks, field.name))


@pytest.mark.parametrize(("better", "switches"), [(0.0, 0), (0.2, 1)])
def test_the_gate_says_of_drawn_blocks_what_it_says_of_their_tables(better: float, switches: int) -> None:
    farm = ResampledFarm(_past(recipes=3, noise=0.2, segments=2), nights=40, better=better)
    random = np.random.default_rng(0)
    losses, drawn = cast_recipes(farm, random), draw_days(farm, farm.nights, random)

    def ledger_of(night: Night) -> LedgerBlocks:
        days = (pd.Timestamp(night.newest_known) - pd.Timestamp(START)).days
        return LedgerBlocks.of(resampled_ledger(losses, drawn[:days], 1, night.complete_until().to_numpy()).table())

    by_tables = judge_nights(list(losses.recipes), ledger_of, farm.nights, RULE)
    assert simulate_resampled(farm, RULE, seed=0) == by_tables
    assert len(by_tables.switches) == switches


def test_equal_recipes_without_noise_never_switch() -> None:
    run = simulate_resampled(ResampledFarm(_past(), nights=40), RULE, seed=0)
    assert (run.switches, run.nominations) == ((), 0)


@pytest.mark.parametrize("holdout_days", [1, 7])
def test_a_recipe_that_is_far_better_gets_in_once_it_has_been_confirmed(holdout_days: int) -> None:
    farm = ResampledFarm(_past(noise=0.05), nights=40, holdout_days=holdout_days, better=0.3)
    run = simulate_resampled(farm, RULE, seed=0)
    assert run.switched_to == ("recipe-1",)
    # 5 days and one to settle for the nomination, then 7 nights of new blocks, and one to settle.
    assert 13 <= run.switches[0] <= 17


def test_recipes_that_are_far_worse_are_never_nominated() -> None:
    run = simulate_resampled(ResampledFarm(_past(noise=0.05), nights=40, better=-0.3), RULE, seed=0)
    assert (run.switches, run.nominations) == ((), 0)


def test_a_farm_is_the_same_for_a_seed() -> None:
    farm = ResampledFarm(_past(recipes=3, noise=0.3), nights=25, better=0.2)
    assert simulate_resampled(farm, RULE, 3) == simulate_resampled(farm, RULE, 3)


def test_a_recipe_is_better_by_what_was_asked_for() -> None:
    better = _past().scaled(np.array([1.0, 0.9]))
    blocks = resampled_ledger(better, _every_day(14), 1).blocks().recipes
    assert pair(blocks["recipe-0"], blocks["recipe-1"]).gain(5.0) == pytest.approx(7.0)


@pytest.mark.slow
def test_equal_noisy_recipes_rarely_switch_in_ninety_nights() -> None:
    farm = ResampledFarm(_past(recipes=5, days=42, noise=0.15))
    runs = [simulate_resampled(farm, RULE, seed) for seed in range(8)]
    assert sum(bool(run.switches) for run in runs) <= 1
    assert sum(run.nominations for run in runs) >= len(runs)
