"""A verdict that changed nothing is stored like any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from warehouse.registry import Champion, RecordedVerdict, Registry, VersionContent


def test_a_kept_verdict_is_stored_with_its_reason_before_there_is_a_champion(
    registry: Registry, conclude: Callable[..., Champion | None], at: datetime
) -> None:
    assert conclude(registry, reason="worse than the requests", numbers={"score": 170.0, "low": None}) is None
    assert registry.verdicts.history() == [
        RecordedVerdict("run-1", "kept", False, "worse than the requests", {"score": 170.0, "low": None}, None, at)
    ]


def test_a_verdict_that_was_not_applied_names_who_still_serves(
    registry: Registry,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    conclude: Callable[..., Champion | None],
) -> None:
    first = promote(registry, content())
    assert conclude(registry, run_id="run-2", kind="promoted", reason="better", expected_revision=1) == first
    assert [(one.kind, one.applied, one.version) for one in registry.verdicts.history()] == [
        ("first", True, first.version),
        ("promoted", False, first.version),
    ]
