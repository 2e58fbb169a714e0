from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.allocation import CAP_RISK, PRESETS, AllocationRule, allocate, risk_under_cap, under_cost_of
from resource_prediction.distribution import Atoms, Components, Distribution, Mixture
from resource_prediction.errors import AllocationError

# 1 GiB in 90 of 100 cases, 10 GiB in the others.
RARELY_LARGE = Atoms(np.array([[1.0, 10.0]]), np.array([0.9, 0.1]))


def test_the_cheaper_side_of_a_gamble_is_taken() -> None:
    # At 1 GiB: 100 * u * 0.1; at 10 GiB: 100 * 0.9 * 9 / 10 = 81. They are equal at u = 8.1.
    assert allocate(RARELY_LARGE, AllocationRule(under_cost=8.0), mean_peak_gib=10.0)[0] == 1.0
    assert allocate(RARELY_LARGE, AllocationRule(under_cost=8.2), mean_peak_gib=10.0)[0] == 10.0


def test_the_rule_may_not_write_off_a_group() -> None:
    rule = AllocationRule(under_cost=0.001, max_risk=0.09)
    assert allocate(RARELY_LARGE, rule, mean_peak_gib=10.0)[0] == 10.0


def test_headroom_comes_before_the_cap() -> None:
    rule = AllocationRule(headroom_pct=50)
    three = Atoms(np.full((3, 1), 1.0), np.ones(1))
    allocation = allocate(three, rule, 10.0, cap_gib=np.array([1.2, 9.0, np.nan]))
    np.testing.assert_allclose(allocation, [1.2, 1.5, 1.5])


def test_presets_are_one_rule_with_three_penalties() -> None:
    costs = {name: rule.under_cost for name, rule in PRESETS.items()}
    assert costs == {"Small Waste": 2.0, "Balanced": 5.0, "Tiny Under-allocation": 20.0}
    assert PRESETS["Balanced"] == AllocationRule()


def test_a_preset_is_named_in_place_of_its_penalty() -> None:
    assert [under_cost_of(name) for name in PRESETS] == [5.0, 20.0, 2.0]
    assert under_cost_of(7.5) == 7.5
    with pytest.raises(AllocationError, match=r"preset: got 'balanced'; expected one of Balanced, Tiny Under-alloc"):
        under_cost_of("balanced")


def test_the_risk_of_an_allocation_at_its_cap_is_that_of_the_cap() -> None:
    allocation_gib, cap_gib = np.array([4.0, 4.0, 4.0, 10.0]), np.array([4.0, np.nan, 5.0, 10.0])
    risk = risk_under_cap(np.array([0.1, 0.1, 0.1, 0.0]), allocation_gib, cap_gib)
    assert risk.tolist() == [CAP_RISK, 0.1, 0.1, 0.0]


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, points, parts = draw(st.integers(1, 30)), draw(st.integers(1, 80)), draw(st.integers(1, 8))
    if draw(st.booleans()):
        return Atoms.of(np.exp(random.normal(1, 2, (rows, points))), random.random((rows, points)) + 1e-3)
    support = np.unique(np.exp(random.normal(1, 2, points)))
    weights = random.dirichlet(np.full(support.size, 0.2) + 1e-3, size=parts)
    return Mixture(random.dirichlet(np.ones(parts), size=rows), Components(support, weights))


@given(distributions(), st.floats(0.1, 200), st.floats(1.0001, 50), st.floats(0.0, 0.95))
@settings(max_examples=150, deadline=None)
def test_a_higher_penalty_never_lowers_an_allocation(
    distribution: Distribution, under_cost: float, factor: float, max_risk: float
) -> None:
    low = allocate(distribution, AllocationRule(under_cost, max_risk), 10.0)
    high = allocate(distribution, AllocationRule(under_cost * factor, max_risk), 10.0)
    assert (low <= high).all()
    assert (distribution.exceedance(low) <= max_risk + 1e-9).all()


@given(distributions(), st.floats(0, 100), st.floats(0, 100), st.floats(0.5, 50))
@settings(max_examples=100, deadline=None)
def test_headroom_never_lowers_an_allocation_and_never_breaks_the_cap(
    distribution: Distribution, headroom_pct: float, more_pct: float, cap_gib: float
) -> None:
    caps = np.full(distribution.rows, cap_gib)
    low = allocate(distribution, AllocationRule(headroom_pct=headroom_pct), 10.0, caps)
    high = allocate(distribution, AllocationRule(headroom_pct=headroom_pct + more_pct), 10.0, caps)
    assert (low <= high).all()
    assert (high <= caps).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"under_cost": 0.0}, "under_cost: got 0.0; expected a finite number above 0"),
        ({"under_cost": float("inf")}, "under_cost: got inf"),
        ({"max_risk": 1.0}, "max_risk: got 1.0; expected at least 0 and below 1"),
        ({"headroom_pct": -1.0}, "headroom_pct: got -1.0"),
        ({"headroom_pct": float("nan")}, "headroom_pct: got nan"),
    ],
)
def test_a_rule_outside_its_range_is_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(AllocationError, match=message):
        AllocationRule(**values)


def test_a_cap_of_zero_or_a_mean_of_zero_is_refused() -> None:
    with pytest.raises(
        AllocationError, match=r"allocation of row 0: got 0\.0; expected a finite number of GiB above 0"
    ):
        allocate(RARELY_LARGE, AllocationRule(), 10.0, cap_gib=np.array([0.0]))
    with pytest.raises(AllocationError, match=r"mean peak of the training rows: got 0\.0"):
        allocate(RARELY_LARGE, AllocationRule(), 0.0)
