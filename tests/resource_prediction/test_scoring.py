"""Promises of the business score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.errors import ScoringError
from resource_prediction.scoring import Score, business_score, job_losses, score_of_sums

GIB = st.floats(min_value=0.01, max_value=500.0)
JOBS = st.lists(st.tuples(GIB, GIB, st.booleans()), min_size=1, max_size=40)


def test_one_job_in_four_below_its_peak_costs_125_points_and_one_gib_of_ten_ten_points() -> None:
    score = business_score([4.0, 2.0, 2.0, 2.0], [3.0, 3.0, 2.0, 2.0])
    assert score == Score(score=5 * 25 + 10, under_pct=25.0, over_pct=10.0, rows=4)


def test_an_allocation_equal_to_the_peak_fits() -> None:
    assert business_score([3.0], [3.0]).score == 0.0


def test_an_allocation_equal_to_a_censored_peak_does_not_fit() -> None:
    score = business_score([3.0, 3.0, 3.0], [3.0, 2.0, 4.0], censored=[True, True, True])
    assert score.under_pct == pytest.approx(200 / 3)


def test_the_penalty_is_a_parameter() -> None:
    assert business_score([4.0, 2.0], [3.0, 2.0], under_cost=20).score == 20 * 50


@pytest.mark.parametrize(
    ("peak_gib", "allocation_gib", "message"),
    [
        ([], [], r"peaks: got shape \(0,\)"),
        ([[1.0]], [[1.0]], r"peaks: got shape \(1, 1\)"),
        ([1.0, 2.0], [1.0], r"allocations: got shape \(1,\); expected shape \(2,\)"),
        ([1.0, np.nan], [1.0, 1.0], "peak in row 1: got nan"),
        ([0.0], [1.0], "peak in row 0: got 0.0"),
        ([-1.0], [1.0], "peak in row 0: got -1.0"),
        ([1.0], [np.inf], "allocation in row 0: got inf"),
        ([1.0], [-0.5], "allocation in row 0: got -0.5"),
    ],
)
def test_what_cannot_be_scored_is_named(peak_gib: list[float], allocation_gib: list[float], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        business_score(peak_gib, allocation_gib)


def test_censored_flags_of_another_length_are_refused() -> None:
    with pytest.raises(ScoringError, match="censored flags"):
        business_score([1.0, 2.0], [1.0, 2.0], censored=[True])


@pytest.mark.parametrize("under_cost", [-1.0, np.nan, np.inf])
def test_an_illegal_penalty_is_refused(under_cost: float) -> None:
    with pytest.raises(ScoringError, match="under_cost"):
        business_score([1.0], [1.0], under_cost)


def test_sums_without_a_job_have_no_score() -> None:
    with pytest.raises(ScoringError, match="at least one job"):
        score_of_sums(0, 0, 0.0, 0.0)


@given(JOBS, st.floats(min_value=0.25, max_value=64.0))
def test_the_unit_of_memory_does_not_matter(jobs: list[tuple[float, float, bool]], factor: float) -> None:
    peak, allocation = np.array([(job[0], job[1]) for job in jobs]).T
    scaled = business_score(factor * peak, factor * allocation)
    assert scaled.over_pct == pytest.approx(business_score(peak, allocation).over_pct, rel=1e-9, abs=1e-9)


@given(JOBS, st.floats(min_value=0.0, max_value=100.0))
def test_the_score_is_linear_in_the_penalty(jobs: list[tuple[float, float, bool]], under_cost: float) -> None:
    peak, allocation, censored = (np.array(column) for column in zip(*jobs, strict=True))
    score = business_score(peak, allocation, under_cost, censored=censored)
    free = business_score(peak, allocation, 0.0, censored=censored)
    assert score.score == pytest.approx(free.score + under_cost * score.under_pct)


@given(JOBS)
def test_the_order_of_jobs_does_not_matter(jobs: list[tuple[float, float, bool]]) -> None:
    as_given, in_order = (business_score(*np.array([job[:2] for job in order]).T) for order in (jobs, sorted(jobs)))
    assert as_given.under_pct == in_order.under_pct
    assert as_given.score == pytest.approx(in_order.score, rel=1e-12)


@given(JOBS, st.integers(min_value=0, max_value=40))
def test_the_sums_of_two_parts_give_the_score_of_the_whole(jobs: list[tuple[float, float, bool]], cut: int) -> None:
    peak, allocation, censored = (np.array(column) for column in zip(*jobs, strict=True))
    under, excess_gib = job_losses(peak, allocation, censored=censored)
    parts = [slice(None, cut), slice(cut, None)]
    rows, under_rows, excess, peaks = (
        sum(float(column[part].sum()) for part in parts) for column in (np.ones(len(jobs)), under, excess_gib, peak)
    )
    whole = business_score(peak, allocation, censored=censored)
    assert score_of_sums(int(rows), int(under_rows), excess, peaks).score == pytest.approx(whole.score, rel=1e-9)


@given(JOBS)
def test_more_memory_never_adds_an_under_allocated_job(jobs: list[tuple[float, float, bool]]) -> None:
    peak, allocation, censored = (np.array(column) for column in zip(*jobs, strict=True))
    less = business_score(peak, allocation, censored=censored)
    more = business_score(peak, allocation * 1.5, censored=censored)
    assert more.under_pct <= less.under_pct
    assert more.over_pct >= less.over_pct
