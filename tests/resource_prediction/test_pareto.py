"""The curve of a model: values by head, order, and that it never turns back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.allocation import PRESETS, AllocationRule, allocate
from resource_prediction.distribution import Atoms
from resource_prediction.errors import ScoringError
from resource_prediction.pareto import UNDER_COSTS, pareto_curve

PEAK_GIB = np.array([1.0, 3.0])
REQUEST_GIB = np.array([4.0, 4.0])
# At the low penalty the second job gets too little, at the high one each gets 1 GiB too much.
ALLOCATION_GIB = np.array([[2.0, 2.0], [4.0, 2.0]])


def test_a_point_is_what_its_allocations_cost_under_one_penalty() -> None:
    low, high = pareto_curve(ALLOCATION_GIB, (20.0, 2.0), PEAK_GIB, REQUEST_GIB, score_under_cost=5.0)
    assert (low.under_cost, low.preset) == (2.0, "Small Waste")
    # 1 of 2 below; 1 GiB of 4 in excess; the first saves 2 of 4 GiB, the second loses its 2.
    assert (low.under_pct, low.over_pct, low.score, low.gib_saved) == (50.0, 25.0, 275.0, 0.0)
    assert (high.under_cost, high.preset) == (20.0, "Tiny Under-allocation")
    assert (high.under_pct, high.over_pct, high.score, high.gib_saved) == (0.0, 50.0, 50.0, 2.0)


def test_without_requests_nothing_is_said_to_be_saved() -> None:
    nobody_asked = np.full(2, np.nan)
    (point,) = pareto_curve(ALLOCATION_GIB[:, :1], (7.0,), PEAK_GIB, nobody_asked, score_under_cost=5.0)
    assert (point.preset, point.gib_saved) == ("", None)


def test_a_killed_job_that_gets_just_its_peak_counts_as_under() -> None:
    (point,) = pareto_curve(
        PEAK_GIB[:, None], (5.0,), PEAK_GIB, REQUEST_GIB, score_under_cost=5.0, is_censored=np.array([False, True])
    )
    assert point.under_pct == 50.0


def test_every_preset_lies_on_the_curve() -> None:
    assert {rule.under_cost for rule in PRESETS.values()} <= set(UNDER_COSTS)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_a_higher_penalty_never_brings_more_jobs_below_their_peak_nor_less_waste(
    seed: int, rows: int, atoms: int
) -> None:
    random = np.random.default_rng(seed)
    distribution = Atoms.of(np.exp(random.normal(1, 1, (rows, atoms))), random.random((rows, atoms)) + 1e-3)
    peak_gib = np.exp(random.normal(1, 1, rows))
    allocation_gib = np.stack(
        [allocate(distribution, AllocationRule(under_cost), 3.0) for under_cost in UNDER_COSTS], axis=1
    )
    curve = pareto_curve(allocation_gib, UNDER_COSTS, peak_gib, 2 * peak_gib, score_under_cost=5.0)
    assert (np.diff([point.under_pct for point in curve]) <= 0).all()
    assert (np.diff([point.over_pct for point in curve]) >= -1e-9).all()


def test_a_column_for_each_penalty_is_needed() -> None:
    with pytest.raises(ScoringError, match=r"got shape \(2, 2\); expected a column for each of 1 penalties"):
        pareto_curve(ALLOCATION_GIB, (5.0,), PEAK_GIB, REQUEST_GIB, score_under_cost=5.0)
