"""A registry is made once, refused when newer, migrated as a whole after a copy, and never half."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import pytest

from resource_prediction.errors import RegistryFormatError, StoreError, StoreLockedError
from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, connection
from warehouse.registry.connection import MIGRATIONS, migrate, open_for_reading, open_for_writing, write
from warehouse.registry.values import time_text

NEXT = "ALTER TABLE runs ADD COLUMN host TEXT;"
BROKEN = "ALTER TABLE runs ADD COLUMN host TEXT;\nALTER TABLE no_such_table ADD COLUMN host TEXT;"


def _columns(opened: sqlite3.Connection, table: str) -> list[str]:
    return [row["name"] for row in opened.execute(f"PRAGMA table_info({table})")]


def _format(layout: Layout) -> int:
    with closing(sqlite3.connect(layout.registry_file)) as opened:
        number: int = opened.execute("PRAGMA user_version").fetchone()[0]
    return number


def test_a_new_registry_writes_ahead_and_syncs_every_commit(layout: Layout) -> None:
    with closing(open_for_writing(layout)) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert opened.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
        assert opened.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert _format(layout) == len(MIGRATIONS) == 1
    assert list(layout.staging.iterdir()) == []


def test_many_that_open_a_new_store_at_once_share_one_registry(layout: Layout, at: datetime) -> None:
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def start(number: int) -> None:
        barrier.wait()
        try:
            with closing(open_for_writing(layout)) as opened, write(opened):
                opened.execute(
                    "INSERT INTO runs (run_id, started_at, state, parameters) VALUES (?, ?, 'running', '{}')",
                    (str(number), time_text(at)),
                )
        except (sqlite3.Error, StoreError, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Registry.read(layout) as registry:
        assert len(registry.runs.history()) == 8


def test_a_newer_registry_is_refused_and_left_alone(layout: Layout) -> None:
    open_for_writing(layout, (*MIGRATIONS, NEXT)).close()
    for opener in (Registry.open, Registry.read):
        with pytest.raises(RegistryFormatError, match="got format 2; expected format 1 or older") as caught:
            opener(layout)
        assert (caught.value.number, caught.value.readable) == (2, 1)
    assert _format(layout) == 2


def test_an_older_registry_is_migrated_after_a_copy(layout: Layout, conclude: Callable[..., Champion | None]) -> None:
    with Registry.open(layout) as registry:
        conclude(registry, seen={"recipe": "2026-01-05T00:00:00"})
    with closing(open_for_writing(layout, (*MIGRATIONS, NEXT))) as opened:
        assert "host" in _columns(opened, "runs")
        assert opened.execute("SELECT count(*) FROM seen").fetchone()[0] == 1
    assert _format(layout) == 2
    with closing(sqlite3.connect(layout.registry_copy(1))) as copy:
        assert copy.execute("PRAGMA user_version").fetchone()[0] == 1
        assert copy.execute("SELECT count(*) FROM seen").fetchone()[0] == 1


def test_a_reader_never_migrates(layout: Layout) -> None:
    open_for_writing(layout).close()
    with pytest.raises(RegistryFormatError, match="Run a night: it migrates the store"):
        open_for_reading(layout, (*MIGRATIONS, NEXT))
    assert _format(layout) == 1


def test_a_migration_that_fails_changes_nothing(layout: Layout) -> None:
    open_for_writing(layout).close()
    with pytest.raises(sqlite3.OperationalError, match="no_such_table"):
        open_for_writing(layout, (*MIGRATIONS, BROKEN))
    with closing(open_for_writing(layout)) as opened:
        assert "host" not in _columns(opened, "runs")


def test_two_that_migrate_do_it_once(layout: Layout) -> None:
    open_for_writing(layout).close()
    with closing(open_for_writing(layout, (*MIGRATIONS, NEXT))) as opened:
        migrate(opened, (*MIGRATIONS, NEXT))
        assert _columns(opened, "runs").count("host") == 1


def test_a_file_that_is_no_registry_is_refused(layout: Layout) -> None:
    layout.store.mkdir()
    layout.registry_file.write_text("not SQLite, but long enough to be looked at " * 20, encoding="utf-8")
    for opener in (Registry.open, Registry.read):
        with pytest.raises(StoreError, match="a file that SQLite cannot read"):
            opener(layout)


def test_a_reader_of_a_store_without_a_registry_sees_that_nothing_happened(layout: Layout) -> None:
    with Registry.read(layout) as registry:
        assert registry.champion() is None
        assert registry.history() == []
        assert registry.evidence.read().empty
        assert registry.verify() == []
    assert not layout.store.exists()


def test_a_reader_cannot_write(layout: Layout, registry: Registry, conclude: Callable[..., Champion | None]) -> None:
    with Registry.read(layout) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        conclude(reader)


def test_an_error_inside_a_transaction_takes_all_of_it_back(layout: Layout) -> None:
    def interrupted(opened: sqlite3.Connection) -> None:
        with write(opened):
            opened.execute("INSERT INTO seen VALUES ('recipe', '')")
            raise KeyboardInterrupt("stop")

    with closing(open_for_writing(layout)) as opened:
        with pytest.raises(KeyboardInterrupt, match="stop"):
            interrupted(opened)
        assert opened.execute("SELECT count(*) FROM seen").fetchone()[0] == 0
        assert not opened.in_transaction


def test_a_registry_that_stays_locked_is_a_clear_error(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)

    def begin(opened: sqlite3.Connection) -> None:
        with write(opened):
            pass

    with (
        closing(open_for_writing(layout)) as holder,
        closing(open_for_writing(layout)) as other,
        write(holder),
        pytest.raises(StoreLockedError, match="another writing process"),
    ):
        begin(other)
