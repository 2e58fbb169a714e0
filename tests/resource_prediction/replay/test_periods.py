"""Promises of the periods: no gap, no overlap, and nothing is fitted on what was not known."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.date_range import EVERYTHING, DateRange
from resource_prediction.errors import ReplayRangeError, TooFewRowsError
from resource_prediction.replay.periods import DAY_US, HOUR_US, Period, choose_span, lead_in, split

MONDAY_US = int(np.datetime64("2025-04-28", "us").astype(np.int64))


def hourly(days: int) -> np.ndarray:
    """A job an hour for some days that end at Monday's midnight."""
    return MONDAY_US - HOUR_US * np.arange(24 * days, 0, -1)


def test_two_days_of_twelve_hours_are_four_periods() -> None:
    periods = split(MONDAY_US, MONDAY_US + 2 * DAY_US, 12 * HOUR_US)
    assert [period.since for period in periods] == [
        "2025-04-28T00:00:00",
        "2025-04-28T12:00:00",
        "2025-04-29T00:00:00",
        "2025-04-29T12:00:00",
    ]


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**5))
def test_periods_cover_the_span_without_gap_or_overlap(since: int, length: int, every: int) -> None:
    periods = split(since, since + length, max(every, length // 100 + 1))
    assert periods[0].since_us == since
    assert periods[-1].until_us == since + length
    assert all(one.until_us == two.since_us for one, two in itertools.pairwise(periods))
    assert all(period.since_us < period.until_us for period in periods)


def test_without_dates_the_last_seven_days_are_replayed() -> None:
    submitted = hourly(30)
    span = choose_span(submitted, submitted + HOUR_US, EVERYTHING)
    assert span == Period(MONDAY_US - 7 * DAY_US, MONDAY_US)


def test_a_young_farm_is_replayed_from_the_first_midnight_on_which_fifty_peaks_were_known() -> None:
    submitted = hourly(4)  # 24 jobs a day: 50 are known on the third day
    span = choose_span(submitted, submitted + HOUR_US, EVERYTHING)
    assert span == Period(MONDAY_US - DAY_US, MONDAY_US)


def test_dates_are_midnights_and_the_end_is_not_in_it() -> None:
    submitted = hourly(10)
    span = choose_span(submitted, submitted, DateRange(date(2025, 4, 25), date(2025, 4, 27)))
    assert (span.since, span.until) == ("2025-04-25T00:00:00", "2025-04-27T00:00:00")


def test_days_without_a_job_are_refused_with_the_days_that_there_are() -> None:
    submitted = hourly(10)
    with pytest.raises(ReplayRangeError, match="expected days between 2025-04-18T00:00:00 and 2025-04-27T23:00:00"):
        choose_span(submitted, submitted, DateRange(date(2025, 5, 1), date(2025, 5, 3)))


def test_a_beginning_at_which_too_little_was_known_is_refused() -> None:
    submitted = hourly(10)
    with pytest.raises(TooFewRowsError, match="24"):
        choose_span(submitted, submitted, DateRange(date(2025, 4, 19), None))


def test_the_first_night_judges_on_the_period_before_only_where_that_could_be_fitted() -> None:
    submitted = hourly(10)
    enough, early = Period(MONDAY_US - 5 * DAY_US, MONDAY_US), Period(MONDAY_US - 7 * DAY_US, MONDAY_US)
    assert lead_in(enough, DAY_US, submitted) == Period(MONDAY_US - 6 * DAY_US, MONDAY_US - 5 * DAY_US)
    assert lead_in(early, DAY_US, submitted) is None
