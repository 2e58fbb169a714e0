"""A lock says whether a run lives; looking at it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.run_locks import hold_run, is_held, release_run


@pytest.fixture
def lock_file(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "run-1.lock"


def test_a_run_is_held_from_its_beginning_to_its_end(lock_file: Path) -> None:
    assert not is_held(lock_file)
    assert hold_run(lock_file)
    assert is_held(lock_file)
    assert is_held(lock_file)
    release_run(lock_file)
    assert not is_held(lock_file)
    assert not lock_file.exists()


def test_a_run_is_held_once(lock_file: Path) -> None:
    assert hold_run(lock_file)
    assert not hold_run(lock_file)
    assert is_held(lock_file)
    release_run(lock_file)
    assert hold_run(lock_file)
    release_run(lock_file)


def test_a_lock_file_that_a_dead_process_left_is_free(lock_file: Path) -> None:
    lock_file.parent.mkdir()
    lock_file.touch()
    release_run(lock_file)
    assert lock_file.exists()
    assert not is_held(lock_file)
    assert hold_run(lock_file)
    release_run(lock_file)


def test_the_same_lock_may_be_named_from_another_folder(lock_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lock_file.parents[1])
    assert hold_run(Path("runs/run-1.lock"))
    assert is_held(lock_file)
    release_run(lock_file)
    assert not is_held(lock_file)
