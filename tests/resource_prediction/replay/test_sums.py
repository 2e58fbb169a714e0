"""Promises of the sums: what a policy cost over periods is what it cost on all their jobs together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.replay.sums import PolicyPeriod, PolicySums, total
from resource_prediction.savings import savings
from resource_prediction.scoring import business_score
from tests.resource_prediction.replay.jobs import scored_jobs

GIB = st.floats(0.1, 100)
JOBS = st.lists(st.tuples(GIB, GIB, GIB), min_size=2, max_size=30)


def test_four_jobs_in_two_periods_by_head() -> None:
    # Peaks 4 and 6 with 5 each: one below; then 2 and 8 with 10 each: 8 and 2 above.
    first = PolicySums.of(scored_jobs([4, 6]), np.array([5.0, 5.0]))
    second = PolicySums.of(scored_jobs([2, 8]), np.array([10.0, 10.0]))
    both = total([first, second])
    assert both is not None
    assert (both.rows, both.under_rows, both.excess_gib, both.peak_gib) == (4, 1, 11.0, 20.0)
    assert both.values(5.0) == {
        "score": 5 * 25 + 55,
        "under_pct": 25.0,
        "over_pct": 55.0,
        "rows": 4,
        "gib_saved": 5 - 5 + 0 + 0,  # the job that did not fit used its 5 GiB in vain
    }


@given(JOBS, st.integers(1, 29), st.floats(0.5, 20))
def test_the_score_of_any_two_parts_together_is_the_score_of_all_jobs(
    jobs: list[tuple[float, float, float]], at: int, under_cost: float
) -> None:
    peak, allocation, request = (np.array(column) for column in zip(*jobs, strict=True))
    at = min(at, len(jobs) - 1)
    parts = [
        PolicySums.of(scored_jobs(peak[part], request[part]), allocation[part]) for part in (slice(at), slice(at, None))
    ]
    whole = total(parts)
    assert whole is not None
    expected = business_score(peak, allocation, under_cost)
    assert whole.score(under_cost).score == pytest.approx(expected.score)
    assert whole.score(under_cost).rows == expected.rows
    assert whole.saved_gib == pytest.approx(savings(peak, allocation, request).gib)


@given(JOBS)
def test_the_order_of_periods_does_not_matter(jobs: list[tuple[float, float, float]]) -> None:
    parts = [PolicySums.of(scored_jobs([peak], [request]), np.array([gib])) for peak, gib, request in jobs]
    one, other = total(parts), total(parts[::-1])
    assert one is not None
    assert other is not None
    assert one.score(5.0).score == pytest.approx(other.score(5.0).score)
    assert one.under_rows == other.under_rows


def test_a_policy_that_lacks_a_period_has_no_figures() -> None:
    part = PolicySums.of(scored_jobs([4]), np.array([5.0]))
    assert total([part, None]) is None
    assert total([]) is None


def test_hours_of_both_periods_count_for_money() -> None:
    one = PolicySums.of(scored_jobs([4], hours=[2]), np.array([6.0]))  # 4 GiB saved for 2 hours
    two = PolicySums.of(scored_jobs([4]), np.array([7.0]))  # 3 GiB saved, hours unknown
    money = (one + two).by_end.money(job_hours=1.0, usd_per_gib_hour=0.5)
    assert (money.gib_hours, money.usd, money.hours_rows) == (11.0, 5.5, 2)


def test_without_requests_nothing_is_saved_and_that_is_not_zero() -> None:
    sums = PolicySums.of(scored_jobs([4, 6], [np.nan, np.nan]), np.array([5.0, 7.0]))
    assert sums.values(5.0)["gib_saved"] is None


def test_the_live_score_stands_beside_the_frozen_one() -> None:
    jobs = scored_jobs([10])
    period = PolicyPeriod(PolicySums.of(jobs, np.array([9.0])), PolicySums.of(jobs, np.array([12.0])))
    values = period.values(5.0)
    assert (values["score"], values["live_score"]) == (500.0, 20.0)
