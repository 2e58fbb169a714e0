"""Promises of the savings against the requests."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from resource_prediction.errors import ScoringError
from resource_prediction.savings import Money, SavedByEnd, gib_saved, savings

PEAK_GIB = [4.0, 8.0, 2.0]
ALLOCATION_GIB = [6.0, 5.0, 3.0]
REQUEST_GIB = [10.0, 16.0, np.nan]


def test_a_job_that_fits_saves_the_difference_and_one_that_does_not_costs_its_allocation() -> None:
    assert gib_saved(PEAK_GIB[:2], ALLOCATION_GIB[:2], REQUEST_GIB[:2]) == (10 - 6) - 5


def test_a_job_that_its_limit_killed_does_not_fit_into_the_peak_that_it_reached() -> None:
    saved = savings([4.0, 4.0], [4.0, 4.0], [10.0, 10.0], censored=[True, False])
    assert (saved.gib, saved.under_rows) == (-4.0 + (10 - 4), 1)
    assert gib_saved([4.0], [5.0], [10.0], censored=[True]) == 5.0


def test_a_job_without_a_request_is_left_out() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB)
    assert (saved.gib, saved.rows, saved.under_rows) == (-1.0, 2, 1)


def test_without_any_request_there_is_nothing_to_compare_with() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, [np.nan] * 3, job_hours=1.0, usd_per_gib_hour=1.0)
    assert (saved.gib, saved.money, saved.rows) == (None, Money(None, None, None, 0), 0)


def test_without_hours_there_is_no_money() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, usd_per_gib_hour=2.0)
    assert (saved.money.gib_hours, saved.money.usd, saved.money.hours_from) == (None, None, None)


def test_without_a_price_there_are_gib_hours_and_no_money() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, job_hours=0.5)
    assert (saved.money.gib_hours, saved.money.usd, saved.money.hours_from) == (-0.5, None, "job hours")


def test_end_times_come_before_the_hours_of_a_usual_job() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, run_hours=[3.0, 1.0, 9.0], job_hours=7.0, usd_per_gib_hour=2)
    assert (saved.money.gib_hours, saved.money.usd, saved.money.hours_from) == (4 * 3 - 5 * 1, 14.0, "end times")


def test_the_hours_of_a_usual_job_stand_in_for_a_missing_end_time() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, run_hours=[3.0, np.nan, np.nan], job_hours=2.0)
    assert (saved.money.gib_hours, saved.money.hours_from, saved.money.hours_rows) == (
        4 * 3 - 5 * 2,
        "end times and job hours",
        2,
    )


def test_jobs_without_hours_are_left_out_of_the_gib_hours_and_counted() -> None:
    saved = savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, run_hours=[3.0, np.nan, np.nan])
    assert (saved.money.gib_hours, saved.money.hours_from, saved.rows, saved.money.hours_rows) == (
        12.0,
        "end times",
        2,
        1,
    )


def test_negative_hours_are_refused() -> None:
    with pytest.raises(ScoringError, match="hours of a job"):
        savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, run_hours=[-1.0, 1.0, 1.0])


def test_requests_of_another_length_are_refused() -> None:
    with pytest.raises(ScoringError, match="requests"):
        savings(PEAK_GIB, ALLOCATION_GIB, [1.0])


def test_sums_that_are_kept_give_the_same_money_at_any_price_as_the_jobs_themselves() -> None:
    kept = SavedByEnd(**asdict(savings(PEAK_GIB, ALLOCATION_GIB, REQUEST_GIB, run_hours=[3.0, np.nan, 1.0]).by_end))
    for job_hours, usd in ((None, 2.0), (0.5, None), (0.5, 3.0)):
        again = savings(
            PEAK_GIB,
            ALLOCATION_GIB,
            REQUEST_GIB,
            run_hours=[3.0, np.nan, 1.0],
            job_hours=job_hours,
            usd_per_gib_hour=usd,
        )
        assert kept.money(job_hours, usd) == again.money
    assert kept.money(0.5, 3.0) == Money(4 * 3 - 5 * 0.5, 28.5, "end times and job hours", 2)


def test_negative_hours_of_a_usual_job_are_refused() -> None:
    with pytest.raises(ScoringError, match="hours of a job"):
        SavedByEnd(0.0, 0, 1.0, 1).money(-1.0)
