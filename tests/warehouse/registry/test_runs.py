"""A run is recorded from its start, and a dead one is told from a living one for sure."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from resource_prediction.errors import StoreBusyError, StoreError
from warehouse.layout import Layout
from warehouse.registry import Registry, Run

ROOT = Path(__file__).parents[3]

RUNNER = """
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.layout import Layout
from warehouse.registry import Registry

with Registry.open(Layout(Path(sys.argv[1]))) as registry:
    registry.runs.start(sys.argv[2], {}, at=datetime(2026, 1, 5, 2, tzinfo=UTC))
child = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
"""
"""Begins a run and a program beside it, as a run begins its server, says the program's id, and waits."""


@pytest.fixture
def begin_elsewhere(layout: Layout) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Begins a run in another process, which ends with the test."""
    runners, children = [], []

    def begin(run_id: str) -> subprocess.Popen[str]:
        runner = subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(layout.store), run_id],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        runners.append(runner)
        assert runner.stdout is not None
        children.append(int(runner.stdout.readline()))
        return runner

    yield begin
    for runner in runners:
        runner.kill()
        runner.communicate(timeout=60)
    for child in children:
        os.kill(child, signal.SIGKILL)


def _states(registry: Registry) -> dict[str, str]:
    return {run.run_id: run.state for run in registry.runs.history()}


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
    registry.runs.finish("run-1", "done", {}, at=at)
    for _ in range(2):
        # The second time finds the store free again.
        with pytest.raises(StoreError, match="'run-1', which is there already"):
            registry.runs.start("run-1", {}, at=at)


def test_a_run_that_could_not_be_recorded_is_not_held(registry: Registry, at: datetime) -> None:
    with pytest.raises(StoreError, match="parameters"):
        registry.runs.start("run-1", {"share": float("nan")}, at=at)
    registry.runs.start("run-1", {"share": 1.0}, at=at)
    registry.runs.finish("run-1", "done", {}, at=at)
    with pytest.raises(StoreError, match="'run-1', which is there already"):
        registry.runs.start("run-1", {}, at=at)


def test_a_living_run_keeps_others_out_and_a_killed_one_is_marked_as_stopped_by_the_next(
    registry: Registry, begin_elsewhere: Callable[[str], subprocess.Popen[str]], at: datetime
) -> None:
    killed = begin_elsewhere("killed")
    with pytest.raises(StoreBusyError, match=f"beside run killed of process {killed.pid}, since 2026-01-05T02:00:00"):
        registry.runs.start("next", {}, at=at)
    assert _states(registry) == {"killed": "running"}
    killed.kill()
    killed.wait(timeout=60)
    later = at + timedelta(hours=1)
    registry.runs.start("next", {}, at=later)
    assert _states(registry) == {"killed": "stopped", "next": "running"}
    assert registry.runs.history()[0].finished_at == later


def test_of_many_that_begin_at_once_one_runs(registry: Registry, layout: Layout, at: datetime) -> None:
    def begin(number: int) -> bool:
        with Registry.open(layout) as own:
            try:
                own.runs.start(f"run-{number}", {}, at=at)
            except StoreBusyError:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(32))) == 1
    assert list(_states(registry).values()) == ["running"]


def test_a_run_lives_longer_than_the_registry_that_recorded_it(layout: Layout, at: datetime) -> None:
    with Registry.open(layout) as first:
        first.runs.start("run-1", {}, at=at)
    with Registry.open(layout) as second:
        with pytest.raises(StoreBusyError, match="beside run run-1"):
            second.runs.start("run-2", {}, at=at)
        second.runs.finish("run-1", "done", {}, at=at)
        assert _states(second) == {"run-1": "done"}


def test_a_process_that_ends_without_a_word_leaves_a_stopped_run(
    registry: Registry, begin_elsewhere: Callable[[str], subprocess.Popen[str]], at: datetime
) -> None:
    begin_elsewhere("silent").communicate(timeout=60)
    registry.runs.start("next", {}, at=at)
    assert _states(registry) == {"silent": "stopped", "next": "running"}


def test_a_run_whose_end_cannot_be_recorded_lets_go_of_the_store(registry: Registry, at: datetime) -> None:
    registry.runs.start("run-1", {}, at=at)
    with pytest.raises(StoreError, match="result"):
        registry.runs.finish("run-1", "done", {"score": float("nan")}, at=at)
    registry.runs.start("run-2", {}, at=at)
    assert _states(registry) == {"run-1": "stopped", "run-2": "running"}


def test_a_run_that_goes_on_elsewhere_is_stopped_in_a_copy_of_its_store(
    layout: Layout, tmp_path: Path, at: datetime
) -> None:
    with Registry.open(layout) as original:
        original.runs.start("run-1", {}, at=at)
    copy = Layout(shutil.copytree(layout.store, tmp_path / "copy", symlinks=True))
    with Registry.open(copy) as copied:
        copied.runs.start("run-2", {}, at=at)
        assert _states(copied) == {"run-1": "stopped", "run-2": "running"}
    with Registry.open(layout) as original:
        original.runs.finish("run-1", "done", {}, at=at)


def test_a_time_without_a_zone_is_utc(registry: Registry, at: datetime) -> None:
    registry.runs.start("run-1", {}, at=at.replace(tzinfo=None))
    assert registry.runs.history()[0].started_at == at
