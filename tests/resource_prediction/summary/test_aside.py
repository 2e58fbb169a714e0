"""What is told beside a result survives the store, and money follows the price."""

from __future__ import annotations

import json

from resource_prediction.savings import Money
from resource_prediction.summary.aside import Aside, Price, Saved

METRICS = {
    "gib_saved": 30.0,
    "saved_by_end": {"timed_gib_hours": 4.0, "timed_rows": 1, "untimed_gib": 20.0, "untimed_rows": 2},
}


def test_savings_follow_the_hours_and_the_price_that_are_asked_for() -> None:
    assert Saved.of(METRICS, Price()) == Saved(30.0, Money(4.0, None, "end times", 1))
    assert Saved.of(METRICS, Price(0.5, 2.0)) == Saved(30.0, Money(14.0, 28.0, "end times and job hours", 3))


def test_a_fit_that_was_not_scored_saves_nothing_that_is_known() -> None:
    assert Saved.of({}, Price()) is None


def test_an_aside_can_be_read_back_from_the_store() -> None:
    saved = Saved(30.0, Money(14.0, 28.0, "job hours", 3))
    for aside in (
        Aside(),
        Aside(
            is_demo=True, price=Price(0.5), family="a", saved=saved, by_family={"a": saved}, files_not_read=("b: c",)
        ),
    ):
        assert Aside.of(json.loads(json.dumps(aside.values))) == aside
