"""Promised against seen: rates by head, intervals that know jobs fail together, segments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.errors import ScoringError
from resource_prediction.promised_risk import (
    CLUSTER_US,
    effective_count,
    jeffreys_interval,
    promised_against_seen,
)


def test_what_was_promised_is_the_mean_risk_and_what_was_seen_the_share_below() -> None:
    risk = np.array([0.1, 0.3, 0.0, 0.0])
    (row,) = promised_against_seen(risk, np.array([True, False, False, False]), np.arange(4) * CLUSTER_US)
    assert (row.segment, row.rows) == ("all", 4)
    assert (row.promised_pct, row.seen_pct) == (pytest.approx(10.0), 25.0)
    assert row.low_pct < 25.0 < row.high_pct
    assert row.holds


def test_a_promise_far_below_what_happened_does_not_hold() -> None:
    is_under = np.arange(200) % 10 == 0
    (row,) = promised_against_seen(np.full(200, 0.01), is_under, np.arange(200) * CLUSTER_US)
    assert not row.holds
    assert row.low_pct > 5.0


def test_jobs_that_fail_together_count_as_one() -> None:
    # Two hours of ten jobs: in one all fail, in the other none. They tell as much as one coin.
    is_under = np.repeat([True, False], 10)
    assert effective_count(is_under, np.repeat([0, 1], 10)) == 1.0
    assert effective_count(is_under, np.arange(20)) == pytest.approx(19.0)


def test_one_hour_alone_is_one_draw_and_no_failure_leaves_every_job() -> None:
    assert effective_count(np.array([True, False, False]), np.zeros(3, dtype=np.int64)) == 1.0
    assert effective_count(np.zeros(50, dtype=np.bool_), np.zeros(50, dtype=np.int64)) == 50.0


def test_the_interval_of_few_events_is_that_of_jeffreys() -> None:
    # 1 of 10: the 0.025- and the 0.975-quantile of Beta(1.5, 9.5).
    low, high = jeffreys_interval(1, 10, 0.95)
    assert (round(low, 3), round(high, 3)) == (0.011, 0.381)
    assert jeffreys_interval(0, 10)[0] == 0.0
    assert jeffreys_interval(10, 10)[1] == 1.0


def test_segments_come_largest_first_and_small_ones_together() -> None:
    segment = np.array(["a"] * 40 + ["b"] * 60 + ["c"] * 5 + ["d"] * 2)
    rows = promised_against_seen(np.zeros(107), np.zeros(107, dtype=np.bool_), np.arange(107), segment)
    assert [(row.segment, row.rows) for row in rows] == [("all", 107), ("b", 60), ("a", 40), ("other", 7)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_the_rate_is_in_its_interval_and_no_more_jobs_count_than_there_are(seed: int, rows: int, hours: int) -> None:
    random = np.random.default_rng(seed)
    is_under = random.random(rows) < random.random()
    submitted_us = random.integers(0, hours, rows) * CLUSTER_US
    (row,) = promised_against_seen(random.random(rows), is_under, submitted_us)
    assert 1 <= row.effective_rows <= rows
    assert row.low_pct - 1e-9 <= row.seen_pct <= row.high_pct + 1e-9


def test_no_jobs_or_unequal_lengths_are_refused() -> None:
    nothing = np.empty(0)
    with pytest.raises(ScoringError, match="got 0 risks, 0 outcomes and 0 times; expected one of each"):
        promised_against_seen(nothing, nothing.astype(np.bool_), nothing.astype(np.int64))
    with pytest.raises(ScoringError, match="got 2 risks, 1 outcomes and 2 times"):
        promised_against_seen(np.zeros(2), np.zeros(1, dtype=np.bool_), np.zeros(2, dtype=np.int64))
