"""A run's beginning and end in the registry; it begins with a look at those that never reported their end."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import pytest

from resource_prediction.errors import StoreBusyError, StoreError
from tasks.run import begin_run, end_run, run_record, run_state
from warehouse.layout import Layout
from warehouse.registry import Registry
from warehouse.run_locks import release_run


def test_a_run_is_known_as_running_until_it_reports_its_end(tmp_path: Path) -> None:
    store = str(tmp_path / "own")
    run_id = begin_run(store, {"seed": 42})
    assert re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{4}", run_id)
    assert run_state(store, run_id) == "running"
    end_run(store, run_id, "done", {"verdict": "kept"})
    assert run_state(store, run_id) == "done"
    assert run_state(store, "another") is None
    with Registry.read(Layout(Path(store))) as registry:
        (run,) = registry.runs.history()
    assert (run.parameters, run.result) == ({"seed": 42}, {"verdict": "kept"})


def test_a_second_run_is_refused_while_the_first_lives_and_changes_nothing(tmp_path: Path) -> None:
    store = str(tmp_path / "own")
    first = begin_run(store, {})
    with pytest.raises(StoreBusyError, match=f"got a second run beside run {first} of process {os.getpid()}, since "):
        begin_run(store, {})
    with Registry.read(Layout(Path(store))) as registry:
        assert [(run.run_id, run.state) for run in registry.runs.history()] == [(first, "running")]
    end_run(store, first, "done", None)
    end_run(store, begin_run(store, {}), "done", None)


def test_a_run_that_died_is_stopped_when_the_next_one_begins(tmp_path: Path) -> None:
    store = str(tmp_path / "own")
    dead = begin_run(store, {})
    # What the system does when the process of a run dies.
    release_run(Layout(Path(store)).run_lock, dead)
    begin_run(store, {})
    assert run_state(store, dead) == "stopped"


def test_a_run_ends_once(tmp_path: Path) -> None:
    run_id = begin_run(str(tmp_path), {})
    end_run(str(tmp_path), run_id, "stopped", None)
    with pytest.raises(StoreError, match="expected the id of a running run"):
        end_run(str(tmp_path), run_id, "done", None)


@pytest.mark.parametrize("state", ["done", "failed", "stopped"])
def test_however_a_run_ends_monitoring_is_told(tmp_path: Path, state: Literal["done", "failed", "stopped"]) -> None:
    run_id = begin_run(str(tmp_path), {})
    assert not (tmp_path / "metrics.prom").exists()
    end_run(str(tmp_path), run_id, state, None)
    told = (tmp_path / "metrics.prom").read_text(encoding="utf-8")
    assert f'resource_prediction_last_run_state{{state="{state}",store="{tmp_path}",synthetic="false"}} 1.0' in told
    assert told.endswith("# EOF\n")


def test_a_run_whose_metrics_cannot_be_written_has_ended_all_the_same(tmp_path: Path) -> None:
    run_id = begin_run(str(tmp_path), {})
    (tmp_path / "metrics.prom").mkdir()
    end_run(str(tmp_path), run_id, "done", {})
    assert run_state(str(tmp_path), run_id) == "done"


def test_a_path_that_is_no_folder_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="got a path that is not a folder; expected a folder that can be written"):
        begin_run(str(tmp_path / "file"), {})


def test_the_record_of_a_run_is_there_once_it_is_done(tmp_path: Path) -> None:
    store = str(tmp_path)
    run_id = begin_run(store, {})
    with pytest.raises(StoreError, match="expected the id of a finished run"):
        run_record(store, run_id)
    end_run(store, run_id, "done", {"verdict": "kept", "not_shown": []})
    assert run_record(store, run_id) == {"verdict": "kept", "not_shown": []}
