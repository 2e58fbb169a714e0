"""A run begins with a look at those that never reported their end."""

from __future__ import annotations

from pathlib import Path

from tasks.run import begin_run, end_run, run_state
from warehouse.layout import Layout
from warehouse.run_locks import release_run


def test_a_run_is_known_as_running_until_it_reports_its_end(tmp_path: Path) -> None:
    store = str(tmp_path / "own")
    run_id = begin_run(store, {"seed": 42})
    assert run_state(store, run_id) == "running"
    end_run(store, run_id, "done", {"verdict": "kept"})
    assert run_state(store, run_id) == "done"
    assert run_state(store, "another") is None


def test_a_run_that_died_is_stopped_when_the_next_one_begins_and_one_that_lives_is_not(tmp_path: Path) -> None:
    store = str(tmp_path / "own")
    dead, living = begin_run(store, {}), begin_run(store, {})
    # What the system does when the process of a run dies.
    release_run(Layout(Path(store)).run_lock(dead))
    begin_run(store, {})
    assert run_state(store, dead) == "stopped"
    assert run_state(store, living) == "running"
