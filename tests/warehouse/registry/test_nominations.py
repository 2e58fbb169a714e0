"""One challenger at a time waits for its confirmation, and the gate gets back what it said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from resource_prediction.errors import NominationConflictError
from resource_prediction.gate.verdict import ClosedNomination, Nomination, RecipeId
from warehouse.registry import Champion, Registry

Conclude = Callable[..., Champion | None]

NOMINATION = Nomination(RecipeId("d1", "xgboost_regression"), "d0", "2026-01-05T06:00:00.000000", 4.5)
OTHER = Nomination(RecipeId("d2", "lightgbm_regression"), "d0", "2026-01-06T06:00:00.000000", 3.0)


def test_a_nomination_is_open_until_it_is_closed(registry: Registry, conclude: Conclude, at: datetime) -> None:
    assert registry.nominations.current() is None
    conclude(registry, opened=NOMINATION)
    assert registry.nominations.current() == NOMINATION
    week = at + timedelta(days=7)
    conclude(registry, closed=ClosedNomination(NOMINATION, "promoted", (4.0, 5.0), 1.5), at=week)
    assert registry.nominations.current() is None
    (recorded,) = registry.nominations.history()
    assert (recorded.nomination, recorded.opened_at) == (NOMINATION, at)
    assert (recorded.outcome, recorded.closed_at) == ("promoted", week)
    assert recorded.numbers == {"nightly_gains": [4.0, 5.0], "bound": 1.5, "vetoes": []}


def test_a_second_recipe_waits_until_the_first_has_ended(registry: Registry, conclude: Conclude, at: datetime) -> None:
    conclude(registry, opened=NOMINATION)
    with pytest.raises(NominationConflictError, match=r"got xgboost_regression, open since .*; expected none open"):
        conclude(registry, opened=OTHER)
    conclude(registry, closed=ClosedNomination(NOMINATION, "not confirmed"))
    conclude(registry, opened=OTHER)
    assert [entry.nomination for entry in registry.nominations.history()] == [NOMINATION, OTHER]


def test_only_the_open_nomination_can_be_closed(registry: Registry, conclude: Conclude, at: datetime) -> None:
    with pytest.raises(NominationConflictError, match="got none open; expected xgboost_regression"):
        conclude(registry, closed=ClosedNomination(NOMINATION, "expired"))
    conclude(registry, opened=NOMINATION)
    with pytest.raises(NominationConflictError, match="expected lightgbm_regression, open since 2026-01-06"):
        conclude(registry, closed=ClosedNomination(OTHER, "expired"))
    assert registry.nominations.current() == NOMINATION


def test_seen_rows_only_ever_grow(registry: Registry, conclude: Conclude) -> None:
    conclude(registry, seen={"recipe": "2026-01-05T06:00:00.000000", "other": "2026-01-04T00:00:00.000000"})
    conclude(registry, seen={"recipe": "2026-01-04T06:00:00.000000"})
    assert registry.seen.until() == {"recipe": "2026-01-05T06:00:00.000000", "other": "2026-01-04T00:00:00.000000"}
    conclude(registry, seen={"recipe": "2026-01-05T06:00:00.500000"})
    assert registry.seen.until()["recipe"] == "2026-01-05T06:00:00.500000"


def test_the_same_instant_in_another_spelling_is_the_same_seen_row(registry: Registry, conclude: Conclude) -> None:
    conclude(registry, seen={"recipe": "2026-01-05T06:00:00.500000"})
    conclude(registry, seen={"recipe": "2026-01-05 06:00:00"})
    assert registry.seen.until() == {"recipe": "2026-01-05T06:00:00.500000"}
