"""What refreshes did in a past whose figures can be checked by head, and what the check after a rest refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resource_prediction.gate import GateRule
from resource_prediction.gate.losses import EXCESS, PEAK, ROWS, BlockLosses
from resource_prediction.gate.refresh_simulation import daily_refreshes, refresh_goes_in
from resource_prediction.gate.resampling import ResampledFarm

RULE = GateRule(resamples=100)
DAYS = np.datetime64("2025-05-05") + np.arange(14)


def _past(excess_gib_by_age: list[float]) -> BlockLosses:
    """200 jobs and 1,000 GiB of peaks a block: 10 GiB too much are a point."""
    sums = np.zeros((1, len(excess_gib_by_age), len(DAYS), 4, 1, 4))
    sums[..., ROWS], sums[..., PEAK] = 200, 1000
    sums[..., EXCESS] = np.reshape(excess_gib_by_age, (1, -1, 1, 1, 1))
    return BlockLosses(("recipe",), ("all",), DAYS, sums)


def test_a_refresh_gains_what_a_day_of_age_costs() -> None:
    # Over two days: (510 - 500) and (530 - 510) GiB of 1,000.
    assert daily_refreshes(_past([500, 510, 530]), 2, 5.0).gains == pytest.approx(np.full((1, 13), 1.5))
    assert daily_refreshes(_past([500, 510, 530]), 1, 5.0).gains == pytest.approx(np.full((1, 14), 1.0))


def test_days_with_a_gap_between_them_are_no_days_ahead() -> None:
    past = _past([500, 510, 530])
    gap = BlockLosses(past.recipes, past.segments, np.append(DAYS[:7], DAYS[7:] + 1), past.sums)
    assert daily_refreshes(gap, 2, 5.0).gains.shape == (1, 12)


@pytest.mark.parametrize(("worse", "refused"), [(0.0, False), (0.15, False), (0.3, True)])
def test_of_a_nightly_refresh_only_a_broken_fit_is_refused(worse: float, refused: bool) -> None:
    # 50 points, and a day of age costs nothing: 20 % more is 60.
    nights = daily_refreshes(_past([500, 500]), 1, 5.0)
    assert nights.refused(worse, RULE).tolist() == [[refused] * 14]


def test_blocks_for_themselves_are_hold_outs_of_fewer_jobs_that_refuse_nothing() -> None:
    blocks = daily_refreshes(_past([500, 500]), 1, 5.0, blocks_apart=True)
    assert blocks.gains.shape == (1, 4 * 14)
    assert (blocks.jobs == 200).all()
    assert not blocks.refused(0.3, RULE).any()
    assert blocks.refused(0.3, replace(RULE, refresh_rows=200)).all()


@pytest.mark.parametrize(("worse", "goes_in"), [(0.0, True), (0.2, False)])
def test_after_a_rest_a_newer_fit_goes_in_unless_it_is_clearly_worse(worse: float, goes_in: bool) -> None:
    farm = ResampledFarm(_past([500, 500, 500]), nights=14)
    assert refresh_goes_in(farm, worse, RULE, seed=0) is goes_in


def test_without_a_rest_nothing_can_speak_against_a_newer_fit() -> None:
    assert refresh_goes_in(ResampledFarm(_past([500, 500]), nights=1), 0.5, RULE, seed=0)
