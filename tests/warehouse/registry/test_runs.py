"""A run is recorded from its start, also when it never comes to its end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from resource_prediction.errors import StoreError
from warehouse.registry import Registry, Run


def test_a_run_is_there_from_its_start_to_its_result(registry: Registry, at: datetime) -> None:
    registry.runs.start("run-1", {"seed": 42}, at=at)
    assert registry.runs.history() == [Run("run-1", at, None, "running", {"seed": 42}, None)]
    later = at + timedelta(minutes=3)
    registry.runs.finish("run-1", "done", {"verdict": "first", "champion": None}, at=later)
    (run,) = registry.runs.history()
    assert (run.state, run.finished_at, run.result) == ("done", later, {"verdict": "first", "champion": None})


def test_a_run_ends_once(registry: Registry, at: datetime) -> None:
    registry.runs.start("run-1", {}, at=at)
    registry.runs.finish("run-1", "failed", None, at=at)
    with pytest.raises(StoreError, match="expected the id of a running run"):
        registry.runs.finish("run-1", "done", {}, at=at)
    with pytest.raises(StoreError, match="got 'run-2'"):
        registry.runs.finish("run-2", "done", {}, at=at)
    assert registry.runs.history()[0].state == "failed"


def test_an_id_is_used_once(registry: Registry, at: datetime) -> None:
    registry.runs.start("run-1", {}, at=at)
    with pytest.raises(StoreError, match="'run-1', which is there already"):
        registry.runs.start("run-1", {}, at=at)


def test_a_killed_run_is_found_and_marked_as_stopped(registry: Registry, at: datetime) -> None:
    registry.runs.start("killed", {}, at=at)
    registry.runs.start("whole", {}, at=at)
    registry.runs.finish("whole", "done", {}, at=at)
    assert registry.runs.stop_abandoned(at=at) == ["killed"]
    assert registry.runs.stop_abandoned(at=at) == []
    assert [run.state for run in registry.runs.history()] == ["stopped", "done"]


def test_a_time_without_a_zone_is_utc(registry: Registry, at: datetime) -> None:
    registry.runs.start("run-1", {}, at=at.replace(tzinfo=None))
    assert registry.runs.history()[0].started_at == at
