"""Promises of the baselines: requests and rolling maximum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.baselines import peak_history, request_allocation, rolling_max_allocation
from resource_prediction.errors import ScoringError
from resource_prediction.features.raw_rows import TextColumn
from resource_prediction.outcomes import Outcomes

START = pd.Timestamp("2025-04-28")


def _minutes(values: list[int]) -> pd.Series:
    return pd.Series(START + pd.to_timedelta(values, unit="min"))


def _history(profiles: list[str], minutes: list[int], peak_gib: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"buildProfile": profiles, "known_at": _minutes(minutes), "peak_gib": peak_gib})


def _jobs(profiles: list[str], minutes: list[int], memreq_mib: list[float] | None = None) -> pd.DataFrame:
    jobs = pd.DataFrame({"buildProfile": profiles, "time": _minutes(minutes)})
    return jobs if memreq_mib is None else jobs.assign(memreq=memreq_mib)


def test_a_request_of_2048_mib_is_2_gib_and_a_missing_one_is_missing() -> None:
    requests = pd.Series([2048, None, 0], dtype="Int64")
    np.testing.assert_array_equal(request_allocation(requests), [2.0, np.nan, np.nan])


def test_the_largest_known_peak_of_the_own_profile_is_given() -> None:
    history = _history(["a", "a", "b"], [0, 1, 2], [3.0, 2.0, 9.0])
    np.testing.assert_array_equal(rolling_max_allocation(_jobs(["b", "a"], [5, 5]), history), [9.0, 3.0])


def test_a_peak_that_became_known_at_submission_is_not_used() -> None:
    history = _history(["a", "a"], [0, 5], [3.0, 9.0])
    np.testing.assert_array_equal(rolling_max_allocation(_jobs(["a", "a"], [5, 6]), history), [3.0, 9.0])


def test_only_the_last_twenty_peaks_count() -> None:
    history = _history(["a"] * 21, list(range(21)), [50.0] + [1.0] * 20)
    np.testing.assert_array_equal(rolling_max_allocation(_jobs(["a", "a"], [20, 21]), history), [50.0, 1.0])


def test_a_new_profile_gets_its_request_and_without_one_the_largest_peak_so_far() -> None:
    history = _history(["a", "b"], [0, 3], [3.0, 9.0])
    jobs = _jobs(["new", "new", "new"], [2, 2, 4], [4096, np.nan, np.nan])
    np.testing.assert_array_equal(rolling_max_allocation(jobs, history), [4.0, 3.0, 9.0])


def test_where_nothing_was_known_nothing_is_given() -> None:
    history = _history(["a"], [5], [3.0])
    assert np.isnan(rolling_max_allocation(_jobs(["a"], [5]), history)).all()


def test_no_jobs_get_no_allocations() -> None:
    assert rolling_max_allocation(_jobs([], []), _history(["a"], [5], [3.0])).shape == (0,)


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(ScoringError, match="window 0"):
        rolling_max_allocation(_jobs(["a"], [1]), _history(["a"], [0], [1.0]), window=0)


ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(1, 99)), min_size=1, max_size=60)


@settings(max_examples=40)
@given(ROWS, ROWS)
def test_the_rolling_maximum_is_what_a_plain_loop_gives(
    past: list[tuple[str, int, int]], rows: list[tuple[str, int, int]]
) -> None:
    profiles, minutes, peaks = (list(column) for column in zip(*past, strict=True))
    jobs = _jobs([row[0] for row in rows], [row[1] for row in rows])
    expected = []
    for profile, minute, _ in rows:
        known = sorted((row for row in past if row[1] < minute), key=lambda row: row[1])
        own = [row[2] for row in known if row[0] == profile][-4:]
        expected.append(float(max(own or [row[2] for row in known], default=np.nan)))
    given_gib = rolling_max_allocation(jobs, _history(profiles, minutes, [float(peak) for peak in peaks]), window=4)
    np.testing.assert_array_equal(given_gib, expected)


@settings(max_examples=60, deadline=None)
@given(
    jobs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 99), st.booleans()), max_size=40),
    since=st.integers(0, 41),
)
def test_what_is_left_out_of_the_history_changes_no_allocation(
    jobs: list[tuple[int, int, int, bool]], since: int
) -> None:
    codes, minutes, peaks, finals = np.array(jobs, dtype=int).reshape(-1, 4).T
    start_us = START.as_unit("us").value
    known_us = start_us + minutes * 60_000_000
    nothing = np.full(len(codes), np.nan)
    outcomes = Outcomes(known_us, peaks / 1.0, nothing, nothing, finals == 1, np.zeros(len(codes), dtype=bool))
    profiles = TextColumn(codes, ["a", "b", "c", "d"])
    everything, bounded = (
        peak_history(profiles, outcomes, since_us=start_us + minute * 60_000_000, window=3) for minute in (0, since)
    )
    asked = _jobs(["a", "b", "c", "d", "e"] * 3, [since] * 5 + [since + 7] * 5 + [50] * 5)
    np.testing.assert_array_equal(
        rolling_max_allocation(asked, bounded, window=3), rolling_max_allocation(asked, everything, window=3)
    )
    assert len(bounded) <= 4 * 3 + 1 + (finals & (minutes >= since)).sum()
