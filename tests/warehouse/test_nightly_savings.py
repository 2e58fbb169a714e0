"""What each night saved counts every job once, in money only at the price of its run; a night that stays away shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from warehouse.nightly_savings import night_times, nightly_savings
from warehouse.overview import Overview
from warehouse.registry import RecordedVerdict, Run

NIGHT = datetime(2026, 1, 5, 2, tzinfo=UTC)


def served(version: str, day: int, rows: int, gib: float) -> dict[str, Any]:
    """Sums over the jobs since a fit at the end of 3 January, up to a day."""
    by_end = {"timed_gib_hours": 0.0, "timed_rows": 0, "untimed_gib": gib, "untimed_rows": rows}
    span = {"from": "2026-01-04T00:00:00", "until": f"2026-01-0{day}T00:00:00"}
    return {"version": version, "rows": rows, "gib_saved": gib, "under_pct": 2.0, "saved_by_end": by_end, **span}


def past(*nights: dict[str, Any], **parameters: float) -> Overview:
    """A run a night, each with its verdict."""
    runs = tuple(Run(f"run-{k}", NIGHT + timedelta(days=k), None, "done", parameters, None) for k in range(len(nights)))
    verdicts = tuple(
        RecordedVerdict(f"run-{k}", "kept", False, "", {"served": night}, "a", NIGHT + timedelta(days=k))
        for k, night in enumerate(nights)
    )
    return Overview(None, (), verdicts, runs, is_synthetic=False)


def test_jobs_of_an_earlier_night_count_once() -> None:
    found = nightly_savings(past(served("a", 5, 100, 500.0), served("a", 6, 300, 900.0), served("b", 6, 50, 70.0)))
    assert found["jobs"].tolist() == [100, 200, 50]
    assert found["under_jobs"].tolist() == [2, 4, 1]
    assert found["gib_saved"].tolist() == [500.0, 400.0, 70.0]
    assert found["gib_saved_a_day"].tolist() == [500.0, 400.0, 35.0]
    assert found["usd_saved"].isna().all()


def test_a_night_without_new_jobs_is_no_row() -> None:
    assert len(nightly_savings(past(served("a", 5, 100, 500.0), served("a", 5, 100, 500.0)))) == 1


def test_money_is_told_at_the_price_and_hours_of_the_run() -> None:
    told = past(served("a", 5, 100, 500.0), served("a", 6, 300, 900.0), job_hours=0.5, usd_per_gib_hour=0.01)
    assert nightly_savings(told)["usd_saved"].tolist() == pytest.approx([2.5, 2.0])


def test_money_needs_a_price() -> None:
    assert nightly_savings(past(served("a", 5, 100, 500.0), job_hours=0.5))["usd_saved"].isna().all()


def test_a_store_without_runs_has_no_nights() -> None:
    assert night_times(past(), NIGHT) is None
    assert nightly_savings(past()).empty


@pytest.mark.parametrize(("hours", "is_overdue"), [(7, False), (30, False), (31, True)])
def test_a_night_that_stays_away_for_more_than_thirty_hours_is_overdue(hours: int, is_overdue: bool) -> None:
    found = night_times(past({}, {}), NIGHT + timedelta(days=1, hours=hours))
    assert found is not None
    assert (found.usual_minute, found.last, found.is_overdue) == (120, NIGHT + timedelta(days=1), is_overdue)
