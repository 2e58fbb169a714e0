"""The lock of a store: one living run holds it, a second one learns who."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.run_locks import Holder, hold_run, release_run

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
FIRST = Holder("run-1", os.getpid(), "2026-01-05T02:00:00+00:00")


@pytest.fixture
def lock_file(tmp_path: Path) -> Path:
    return tmp_path / "run.lock"


def test_a_second_run_learns_who_holds_the_store_until_it_lets_go(lock_file: Path) -> None:
    assert hold_run(lock_file, "run-1", at=AT) is None
    assert hold_run(lock_file, "run-2", at=AT) == FIRST
    release_run(lock_file, "run-1")
    assert hold_run(lock_file, "run-2", at=AT) is None
    release_run(lock_file, "run-2")


def test_only_the_run_that_holds_the_store_lets_go_of_it(lock_file: Path) -> None:
    assert hold_run(lock_file, "run-1", at=AT) is None
    release_run(lock_file, "run-2")
    assert hold_run(lock_file, "run-2", at=AT) == FIRST
    release_run(lock_file, "run-1")
    release_run(lock_file, "run-1")


def test_a_lock_file_that_a_dead_process_left_is_free_and_stays(lock_file: Path) -> None:
    lock_file.write_text('{"run_id": "dead", "pid": 1, "since": "2026-01-04T02:00:00+00:00"}', encoding="utf-8")
    assert hold_run(lock_file, "run-1", at=AT) is None
    inode = lock_file.stat().st_ino
    release_run(lock_file, "run-1")
    # A new file beside one that another process has just opened would be a second lock.
    assert lock_file.stat().st_ino == inode


def test_a_holder_that_has_not_written_its_name_yet_is_nobody_known(lock_file: Path) -> None:
    assert hold_run(lock_file, "run-1", at=AT) is None
    lock_file.write_bytes(b"")
    assert hold_run(lock_file, "run-2", at=AT) == Holder()
    release_run(lock_file, "run-1")


def test_the_same_lock_may_be_named_from_another_folder(lock_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lock_file.parent)
    assert hold_run(Path("run.lock"), "run-1", at=AT) is None
    assert hold_run(lock_file, "run-2", at=AT) == FIRST
    release_run(lock_file, "run-1")
    assert hold_run(lock_file, "run-2", at=AT) is None
    release_run(lock_file, "run-2")
