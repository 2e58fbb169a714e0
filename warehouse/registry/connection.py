"""Opening the registry's SQLite file: WAL, format, migrations, write transactions. Not here: what tables mean."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

from resource_prediction.errors import RegistryFormatError, StoreError, StoreLockedError
from warehouse.durable import flush_file
from warehouse.faults import ANOTHER_WRITER
from warehouse.layout import Layout

logger = logging.getLogger(__name__)

MIGRATIONS: tuple[str, ...] = (files("warehouse").joinpath("sql", "registry.sql").read_text(encoding="utf-8"),)
"""The n-th script takes a registry from format n to n + 1; an empty file has format 0."""

BUSY_SECONDS = 30.0


def open_for_writing(layout: Layout, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open the registry, making or migrating it where that is due.

    Raises:
        RegistryFormatError: Its format is newer than this code.
        StoreError: The file is no registry.
    """
    path = layout.registry_file
    if not path.exists():
        _create(layout, migrations)
    connection = _connect(str(path), uri=False)
    with _closed_on_error(connection):
        number = _read_format(connection, path, readable=range(len(migrations) + 1))
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if number < len(migrations):
            _copy(connection, layout.registry_copy(number))
            migrate(connection, migrations)
    return connection


def open_for_reading(layout: Layout, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Open the registry without ever changing it; a store that has none yet reads as one in which nothing happened.

    Raises:
        RegistryFormatError: Its format is another one than this code's.
        StoreError: The file is no registry.
    """
    path = layout.registry_file
    if not path.exists():
        empty = _connect(":memory:", uri=False)
        migrate(empty, migrations)
        return empty
    connection = _connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    with _closed_on_error(connection):
        _read_format(connection, path, readable=[len(migrations)])
    return connection


@contextmanager
def write(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: committed as a whole, or rolled back on any error.

    Raises:
        StoreLockedError: Another process kept the registry locked for longer than the busy timeout.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise StoreLockedError("registry", ANOTHER_WRITER) from error
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def find_damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite's own check finds wrong with the file; empty for a sound one."""
    try:
        problems = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        problems += [
            f"{row[0]}: a row names one that is not there" for row in connection.execute("PRAGMA foreign_key_check")
        ]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [problem for problem in problems if problem != "ok"]


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring a registry to the newest format, in one transaction."""
    with write(connection):
        # Read inside the transaction: another process may have migrated while this one waited.
        (number,) = connection.execute("PRAGMA user_version").fetchone()
        for script in migrations[number:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
    logger.info("registry at format %d", len(migrations))


def _create(layout: Layout, migrations: Sequence[str]) -> None:
    """Make an empty registry aside and link it into place: whoever opens it sees a whole one, also in a race."""
    layout.staging.mkdir(parents=True, exist_ok=True)
    fresh = layout.staging / f"registry-{uuid4().hex}.sqlite"
    try:
        with closing(_connect(str(fresh), uri=False)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, migrations)
        flush_file(fresh)
        os.link(fresh, layout.registry_file)
    except FileExistsError:
        logger.info("another process made the registry first")
    finally:
        fresh.unlink(missing_ok=True)
    flush_file(layout.store)


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Keep the registry as it is before a migration."""
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
    flush_file(target)
    logger.info("kept a copy of the registry before its migration: %s", target)


def _connect(name: str, *, uri: bool) -> sqlite3.Connection:
    """Connect in autocommit, so that transactions begin and end where the code says so."""
    connection = sqlite3.connect(name, timeout=BUSY_SECONDS, isolation_level=None, uri=uri)
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _read_format(connection: sqlite3.Connection, path: Path, *, readable: Sequence[int]) -> int:
    """The registry's format number; raises where it is none of the readable ones, or the file is no registry."""
    try:
        number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.OperationalError:
        # Disk, rights or a lock, and not what is in the file.
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"registry {path}",
            got=f"a file that SQLite cannot read ({error})",
            expected="the registry of a store",
            next_step="Restore it from a backup, or choose another folder with --store.",
        ) from error
    if number not in readable:
        raise RegistryFormatError(str(path), number, readable[-1])
    return number


def _statements(script: str) -> Iterator[str]:
    """Split a script at its statements; ``executescript`` would commit the transaction that it should be part of."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
