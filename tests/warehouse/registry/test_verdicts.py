"""A verdict that changed nothing is stored like any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from warehouse.registry import RecordedVerdict, Registry, VersionContent


def test_a_kept_verdict_is_stored_with_its_reason_before_there_is_a_champion(registry: Registry, at: datetime) -> None:
    registry.verdicts.record(
        run_id="run-1", kind="kept", reason="worse than the requests", numbers={"score": 170.0, "low": None}, at=at
    )
    assert registry.verdicts.history() == [
        RecordedVerdict("run-1", "kept", False, "worse than the requests", {"score": 170.0, "low": None}, None, at)
    ]


def test_a_verdict_that_was_not_applied_names_who_still_serves(
    registry: Registry, content: Callable[..., VersionContent], at: datetime
) -> None:
    first = registry.promote(content(), expected_revision=0, kind="first", reason="", numbers={}, at=at)
    registry.verdicts.record(run_id="run-2", kind="promoted", reason="better", numbers={}, at=at)
    assert [(one.kind, one.applied, one.version) for one in registry.verdicts.history()] == [
        ("first", True, first.version),
        ("promoted", False, first.version),
    ]
