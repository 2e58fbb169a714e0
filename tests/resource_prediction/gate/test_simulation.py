"""Promises of the gate over months: equal recipes rarely switch, a better one gets in."""

from __future__ import annotations

import pytest

from resource_prediction.comparison import pair, recipe_blocks
from resource_prediction.gate import GateRule
from resource_prediction.gate.simulation import SimulatedFarm, SimulatedRun, simulate, simulated_ledger

RULE = GateRule(resamples=200)


def _runs(farms: int, **farm: float) -> list[SimulatedRun]:
    return [simulate(SimulatedFarm(components=1, **farm), RULE, seed) for seed in range(farms)]  # type: ignore[arg-type]


def test_the_better_recipe_of_a_simulated_farm_is_better_by_what_was_asked_for() -> None:
    blocks = recipe_blocks(simulated_ledger(SimulatedFarm(better=0.1), ["plain", "better"], seed=0))
    pairs = pair(blocks["plain"], blocks["better"])
    under_pct = 100 * blocks["plain"].under_rows.sum() / pairs.rows.sum()
    over_pct = 100 * blocks["plain"].excess_gib.sum() / pairs.peak_gib.sum()
    assert pairs.gain(5.0) == pytest.approx(0.1 * (5 * under_pct + over_pct), rel=0.15)


def test_a_simulated_farm_is_the_same_for_a_seed() -> None:
    farm = SimulatedFarm(recipes=3, nights=25, components=1, better=0.2)
    assert simulate(farm, RULE, 3) == simulate(farm, RULE, 3)


@pytest.mark.slow
def test_equal_recipes_rarely_switch_in_ninety_nights() -> None:
    runs = _runs(16)
    assert sum(bool(run.switches) for run in runs) <= 2
    assert sum(run.nominations for run in runs) >= len(runs)


@pytest.mark.slow
def test_a_recipe_that_is_ten_percent_better_gets_in_and_stays() -> None:
    runs = _runs(6, better=0.1)
    assert [run.switched_to for run in runs] == [("recipe-6",)] * 6
    assert all(run.switches[0] >= 13 for run in runs)
