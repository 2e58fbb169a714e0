"""One challenger at a time waits for its confirmation."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from resource_prediction.errors import StoreError
from warehouse.registry import Registry


def test_a_nomination_is_open_until_it_is_closed(registry: Registry, night: datetime) -> None:
    assert registry.nominations.current() is None
    registry.nominations.open("recipe", from_time=night, numbers={"mean": 4.0}, at=night)
    current = registry.nominations.current()
    assert current is not None
    assert (current.recipe, current.from_time, current.closed_at, current.outcome) == ("recipe", night, None, None)
    week = night + timedelta(days=7)
    registry.nominations.close("promoted", numbers={"low": 1.5}, at=week)
    assert registry.nominations.current() is None
    (closed,) = registry.nominations.history()
    assert (closed.outcome, closed.closed_at, closed.numbers) == ("promoted", week, {"mean": 4.0, "low": 1.5})


def test_a_second_recipe_waits_until_the_first_has_ended(registry: Registry, night: datetime) -> None:
    registry.nominations.open("first", from_time=night, numbers={}, at=night)
    with pytest.raises(StoreError, match="got an open one of first"):
        registry.nominations.open("second", from_time=night, numbers={}, at=night)
    registry.nominations.close("not confirmed", numbers={}, at=night)
    registry.nominations.open("second", from_time=night, numbers={}, at=night)
    assert [entry.recipe for entry in registry.nominations.history()] == ["first", "second"]


def test_what_is_not_open_cannot_be_closed(registry: Registry, night: datetime) -> None:
    with pytest.raises(StoreError, match="expected an open nomination"):
        registry.nominations.close("promoted", numbers={}, at=night)


def test_seen_rows_only_ever_grow(registry: Registry, night: datetime) -> None:
    registry.seen.mark("recipe", night)
    registry.seen.mark("recipe", night - timedelta(days=1))
    registry.seen.mark("other", night - timedelta(days=1))
    assert registry.seen.until() == {"recipe": night, "other": night - timedelta(days=1)}
    registry.seen.mark("recipe", night + timedelta(days=1))
    assert registry.seen.until()["recipe"] == night + timedelta(days=1)
