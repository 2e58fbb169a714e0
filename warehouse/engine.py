"""The writer's DuckDB engine, under a lock, with its tables and macros. Not here: what is written into them."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from resource_prediction.errors import StoreError, StoreLockedError
from warehouse import contract_sql
from warehouse.faults import DUCKDB_LOCKED, fault_in_words, store_faults
from warehouse.layout import Layout
from warehouse.published import PARQUET_FILES, read_snapshot
from warehouse.sql import render
from warehouse.store import open_store

logger = logging.getLogger(__name__)


@contextmanager
def open_engine(layout: Layout, *, memory_limit: str = "2GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the store for writing; nobody else can, until the block ends.

    An engine file that is not there is rebuilt from what is published.

    Args:
        layout: The store; it is created where there is none.
        memory_limit: What DuckDB may take before it spills to disk.
        threads: Threads of DuckDB.

    Raises:
        StoreLockedError: Where another process has the store open for writing; it names the holder.
        StoreFaultError: Where disk or memory fail, also in the block.
        StoreError: Where the store or its engine file cannot be opened.
    """
    open_store(layout)
    with store_faults(layout), _lock(layout):
        connection = _connect(layout, memory_limit, threads)
        try:
            load_macros(connection)
            # Ids and cgroups never repeat: looking for a dictionary in them took a third of the insert's time.
            connection.execute("SET disabled_compression_methods = 'dict_fsst'")
            _ensure_tables(connection, layout)
            yield connection
        finally:
            connection.close()


def load_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Teach a connection how texts become values of the contract; times without a zone are UTC."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(render("macros", status_ranks=contract_sql.status_ranks()))


def rebuild(layout: Layout) -> int:
    """Throw the engine file away and make it again from the published parts.

    Rows that were ingested but not published come back with the next run: their files are unknown again.

    Returns:
        Rows in the new engine file.

    Raises:
        StoreError: Where nothing is published, or as `open_engine`.
    """
    read_snapshot(layout)
    with _lock(layout):
        for path in (layout.engine_file, layout.engine_file.with_suffix(".duckdb.wal")):
            path.unlink(missing_ok=True)
    with open_engine(layout) as connection:
        return int(connection.execute("SELECT count(*) FROM telemetry").fetchall()[0][0])


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the block's changes, or none."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _lock(layout: Layout) -> Iterator[None]:
    with layout.lock_file.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreLockedError(str(layout.store), _holder(layout.lock_file)) from error
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}, lock)
        lock.flush()
        yield


def _holder(lock_file: Path) -> str:
    try:
        holder = json.loads(lock_file.read_text(encoding="utf-8"))
    except ValueError:
        return "a process that has just started"
    return f"process {holder['pid']} since {holder['since']}"


def _connect(layout: Layout, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(layout.engine_file), config={"memory_limit": memory_limit, "threads": str(threads)})
    except duckdb.Error as error:
        if DUCKDB_LOCKED in str(error) or fault_in_words(str(error)) is not None:
            raise
        raise StoreError(
            f"engine file {layout.engine_file}",
            got=str(error).splitlines()[0],
            expected="a DuckDB file that this version can open",
            next_step="Move the file away: the next run rebuilds it from the published parts.",
        ) from error


def _ensure_tables(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    known = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'telemetry'").fetchall()
    if known:
        return
    with transaction(connection):
        connection.execute(render("schema", typed_columns=contract_sql.typed_columns()))
        if layout.current.exists():
            _load_published(connection, layout)


def _load_published(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    snapshot = read_snapshot(layout)
    tables = [("files", [str(snapshot.files.path)]), ("quarantine", [str(snapshot.quarantine.path)])]
    if snapshot.parts:
        tables.append(("telemetry", snapshot.paths))
    for table, paths in tables:
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {PARQUET_FILES}", [paths])  # noqa: S608
    logger.info("store %s: engine rebuilt from %d published rows", layout.store, snapshot.rows)
