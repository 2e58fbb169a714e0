"""What a fit saves, in sentences."""

from __future__ import annotations

import pytest

from resource_prediction.savings import Money
from resource_prediction.summary.aside import Price, Saved
from resource_prediction.summary.savings_text import savings_text

NO_HOURS = Money(None, None, None, 0)


def text(gib: float | None, money: Money = NO_HOURS, **price: float) -> str:
    return savings_text("a_family", Saved(gib, money), Price(**price))


def test_without_a_price_or_hours_gib_alone_are_told() -> None:
    assert text(1_234.5) == (
        "On the hold-out a_family takes 1,234 GiB less than people asked for, with each job that got too little run "
        "again at its request."
    )


def test_an_allocation_above_the_requests_is_not_called_a_saving() -> None:
    assert "takes 10 GiB more than people asked for" in text(-10.0)
    lost = text(-10.0, Money(-20.0, -2.0, "end times", 5), usd_per_gib_hour=0.1)
    assert "20 GiB-hours lost, 2.00 USD at 0.1 USD a GiB-hour" in lost


def test_a_price_without_hours_gives_no_money_and_says_why() -> None:
    assert text(10.0, usd_per_gib_hour=0.1).endswith("the telemetry has no end times, and there is no --job-hours.")


def test_without_requests_nothing_can_be_told() -> None:
    assert "no job of the hold-out has a request" in text(None)


@pytest.mark.parametrize(
    ("hours_from", "told"),
    [
        ("end times", "The hours are those of the 7 jobs that have an end time."),
        ("job hours", "The hours are assumed: each of the 7 jobs counts with 2 hours (--job-hours)."),
        (
            "end times and job hours",
            "The hours of the 7 jobs are from end times, and 2 hours (--job-hours) are assumed where there is none.",
        ),
    ],
)
def test_the_hours_behind_the_money_are_named(hours_from: str, told: str) -> None:
    money = Money(20.0, None, hours_from, 7)  # type: ignore[arg-type]
    assert text(10.0, money, job_hours=2.0).endswith(told)
