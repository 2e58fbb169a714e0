"""Publishing the rows as immutable Parquet that readers see all at once. Not here: reading it (published.py)."""

from __future__ import annotations

import hashlib
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from uuid import uuid4

import duckdb

from warehouse.contract_sql import column_names, literal
from warehouse.durable import move_durably, write_durably
from warehouse.engine import transaction
from warehouse.layout import Layout
from warehouse.published import MANIFEST_FORMAT, Part, Snapshot, read_rows, read_snapshot, read_table, verify_parts

__all__ = ["Part", "Snapshot", "publish", "read_rows", "read_snapshot", "read_table", "verify_parts"]

logger = logging.getLogger(__name__)

MONTHS_AT_ONCE = 2


def publish(engine: duckdb.DuckDBPyConnection, layout: Layout) -> Snapshot:
    """Write the months that changed and let readers see them.

    Parts and manifest are complete on the disk before ``CURRENT.json`` is replaced: a reader, and a run after a crash,
    sees the old rows or the new ones. Unchanged months keep their parts. Where nothing changed, nothing is written.

    Args:
        engine: From `open_engine`, outside a transaction.
        layout: The same store.

    Returns:
        The snapshot that readers see from now on.

    Raises:
        StoreError: Where what is published cannot be read.
    """
    before = read_snapshot(layout) if layout.current.exists() else None
    months = _months(engine) if before is None else _changed_months(engine)
    if before is not None and not months and before.files.rows == _count(engine, "files"):
        return before
    layout.staging.mkdir(parents=True, exist_ok=True)
    kept = [part for part in before.parts if part.month not in months] if before else []
    fresh = [part for part in _month_parts(engine, layout, sorted(months)) if part.rows]
    parts = tuple(sorted([*kept, *fresh], key=lambda part: part.month))
    snapshot = Snapshot(
        sequence=before.sequence + 1 if before else 1,
        digest=_digest(parts),
        rows=sum(part.rows for part in parts),
        parts=parts,
        quarantine=_table_part(engine, layout, "quarantine"),
        files=_table_part(engine, layout, "files"),
    )
    _point_at(layout, snapshot)
    with transaction(engine):
        engine.execute("DELETE FROM changed_months")
    logger.info("published %d rows, %d of %d months written", snapshot.rows, len(fresh), len(parts))
    return snapshot


def _point_at(layout: Layout, snapshot: Snapshot) -> None:
    manifest = layout.manifests / f"{snapshot.sequence:08d}-{uuid4().hex}.json"
    content = _manifest(layout, snapshot)
    write_durably(manifest, content)
    pointer = {
        "format": MANIFEST_FORMAT,
        "manifest": str(manifest.relative_to(layout.store)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    write_durably(layout.current, json.dumps(pointer, indent=1).encode())


def _manifest(layout: Layout, snapshot: Snapshot) -> bytes:
    def entry(part: Part) -> dict[str, object]:
        return {**asdict(part), "path": str(part.path.relative_to(layout.store))}

    document = {
        "format": MANIFEST_FORMAT,
        "sequence": snapshot.sequence,
        "digest": snapshot.digest,
        "rows": snapshot.rows,
        "parts": [entry(part) for part in snapshot.parts],
        "quarantine": entry(snapshot.quarantine),
        "files": entry(snapshot.files),
    }
    return json.dumps(document, indent=1).encode()


def _months(engine: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in engine.execute("SELECT DISTINCT strftime(time, '%Y-%m') FROM telemetry").fetchall()}


def _changed_months(engine: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in engine.execute("SELECT DISTINCT month FROM changed_months").fetchall()}


def _count(engine: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(engine.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608 - our own table


def _month_parts(engine: duckdb.DuckDBPyConnection, layout: Layout, months: list[str]) -> list[Part]:
    """Write months side by side: one is a single row group, which DuckDB packs in a single thread."""
    with ThreadPoolExecutor(MONTHS_AT_ONCE) as pool:
        return list(pool.map(lambda month: _month_part(engine.cursor(), layout, month), months))


def _month_part(engine: duckdb.DuckDBPyConnection, layout: Layout, month: str) -> Part:
    # A range of time, not the name of the month: it lets DuckDB skip row groups.
    first = f"CAST({literal(month + '-01')} AS TIMESTAMP)"
    rows = f"FROM telemetry WHERE time >= {first} AND time < {first} + INTERVAL 1 MONTH"
    part = _part(engine, layout, rows, layout.parts / f"month={month}")
    # A sum does not depend on the order of the rows; DuckDB's hash may change with its version, and a changed digest of
    # a rewritten month then costs no more than a fit.
    content = engine.execute(f"SELECT sum(CAST(hash({column_names()}, is_twin) AS HUGEINT)) {rows}").fetchall()[0][0]
    return replace(part, month=month, content=f"{content or 0:032x}")


def _table_part(engine: duckdb.DuckDBPyConnection, layout: Layout, table: str) -> Part:
    return _part(engine, layout, f"FROM {table}", layout.parts / table)


def _part(engine: duckdb.DuckDBPyConnection, layout: Layout, rows: str, folder: Path) -> Part:
    name = f"{uuid4().hex}.parquet"
    staged = layout.staging / name
    options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"  # level 3 takes a fifth longer for equal size
    written = engine.execute(f"COPY (SELECT * {rows}) TO {literal(str(staged))} ({options})")
    count = int(written.fetchall()[0][0])
    with staged.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    move_durably(staged, folder / name)
    return Part(path=folder / name, rows=count, sha256=sha256)


def _digest(parts: tuple[Part, ...]) -> str:
    lines = "\n".join(f"{part.month} {part.rows} {part.content}" for part in parts)
    return hashlib.sha256(lines.encode()).hexdigest()
