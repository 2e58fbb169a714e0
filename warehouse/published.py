"""What readers see: the published snapshot and its rows, without lock or engine. Not here: writing it (publish.py)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from resource_prediction.errors import StoreError
from resource_prediction.telemetry import COLUMN_BY_NAME, COLUMNS
from warehouse.contract_sql import naive_utc, quoted
from warehouse.layout import Layout

MANIFEST_FORMAT = 1

PARQUET_FILES = "read_parquet(?, hive_partitioning = false)"
"""An explicit list of files, never a glob; DuckDB would make a column of every `name=value` folder above them."""


@dataclass(frozen=True)
class Part:
    """One immutable Parquet file.

    Attributes:
        path: Where it lies.
        rows: Rows in it.
        sha256: Digest of the file.
        month: ``YYYY-MM`` of its rows; empty for the quarantine and the list of files.
        content: Digest of its rows, whatever their order and however they are packed.
    """

    path: Path
    rows: int
    sha256: str
    month: str = ""
    content: str = ""


@dataclass(frozen=True)
class Pointer:
    """The name of one publish.

    Attributes:
        manifest: Path of its manifest, from the store's folder.
        sha256: Digest of the manifest.
    """

    manifest: str
    sha256: str


@dataclass(frozen=True)
class Snapshot:
    """One publish: a list of parts that never changes.

    Attributes:
        sequence: Number of the publish, from 1.
        digest: Of the accepted rows; changes exactly when they do.
        rows: Accepted rows, twins among them.
        parts: One part a month, in order.
        quarantine: What was rejected.
        files: What was read.
    """

    sequence: int
    digest: str
    rows: int
    parts: tuple[Part, ...]
    quarantine: Part
    files: Part

    @property
    def paths(self) -> list[str]:
        """Paths of the months' parts, for read_parquet."""
        return [str(part.path) for part in self.parts]


def read_pointer(layout: Layout) -> Pointer:
    """Which manifest is published now: what a run keeps to read the same rows from its first step to its last.

    Raises:
        StoreError: Where nothing is published, and on a damaged ``CURRENT.json``.
    """
    pointer = _json(layout.current, _bytes(layout.current, "no published telemetry"))
    if not {"manifest", "sha256"} <= pointer.keys():
        raise _damaged(layout.current, f"the keys {', '.join(pointer) or 'none'}")
    return Pointer(str(pointer["manifest"]), str(pointer["sha256"]))


def read_snapshot(layout: Layout, pointer: Pointer | None = None) -> Snapshot:
    """Take what is published now, or what a pointer names: parts never change, and are there as long as it is.

    Raises:
        StoreError: Where nothing is published, and on a manifest that is missing, changed or of a newer format.
    """
    pointer = pointer or read_pointer(layout)
    manifest_file = layout.store / pointer.manifest
    content = _bytes(manifest_file, "no manifest")
    if hashlib.sha256(content).hexdigest() != pointer.sha256:
        raise _damaged(manifest_file, "another content than CURRENT.json names")
    manifest = _json(manifest_file, content)
    if manifest.get("format") != MANIFEST_FORMAT:
        raise StoreError(
            f"manifest {manifest_file}",
            got=f"format {manifest.get('format')}",
            expected=f"format {MANIFEST_FORMAT}",
            next_step="Use the version of this software that wrote the store.",
        )
    return Snapshot(
        sequence=manifest["sequence"],
        digest=manifest["digest"],
        rows=manifest["rows"],
        parts=tuple(_part(layout, entry) for entry in manifest["parts"]),
        quarantine=_part(layout, manifest["quarantine"]),
        files=_part(layout, manifest["files"]),
    )


def read_table(
    snapshot: Snapshot,
    columns: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pa.Table:
    """Read accepted rows as an Arrow table; arguments, columns and order as `read_rows`."""
    names = _chosen(columns)
    chosen = ", ".join(
        f"CAST({quoted(name)} AS DOUBLE) AS {quoted(name)}" if _is_number(name) else quoted(name) for name in names
    )
    bounds = [(">=", since), ("<", until)]
    where = " AND ".join(f"time {sign} ?" for sign, bound in bounds if bound) or "true"
    values: list[object] = [naive_utc(bound) for _, bound in bounds if bound]
    with duckdb.connect() as memory:
        relation = PARQUET_FILES if snapshot.parts else f"({_no_rows()})"
        if snapshot.parts:
            values.insert(0, snapshot.paths)
        query = f"SELECT {chosen} FROM {relation} WHERE {where} ORDER BY time, atom_id"  # noqa: S608 - our own names
        table: pa.Table = memory.sql(query, params=values).to_arrow_table()
        return table


def read_rows(
    snapshot: Snapshot,
    columns: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Read accepted rows, ordered by (time, atom_id).

    Args:
        snapshot: What `read_snapshot` gave; a publish meanwhile changes nothing.
        columns: Contract columns and ``is_twin``; all of them by default.
        since: Rows at this time or later; UTC where it has no zone.
        until: Rows before this time.

    Returns:
        Text as str with missing values, times as datetime64[us] (naive UTC), counts, bytes and MiB as float64 with NaN,
        ``is_twin`` as bool. A row without an id of its own has ``digest-...`` as atom_id.

    Raises:
        StoreError: On a column that is not in the contract.
    """
    frame: pd.DataFrame = read_table(snapshot, columns, since, until).to_pandas()
    return frame


def newest_time(snapshot: Snapshot) -> pd.Timestamp:
    """When the newest accepted row was submitted, at most `newest_ingest`; NaT where there is none.

    A row may be hours ahead of its ingest, by a clock that is wrong: that much of the telemetry has not come in yet.
    """
    with duckdb.connect() as memory:
        query = f"SELECT max(time) FROM {PARQUET_FILES}"  # noqa: S608 - our own names
        found = memory.execute(query, [snapshot.paths]).fetchall()[0][0] if snapshot.parts else None
    newest = pd.Timestamp("NaT" if found is None else found)
    return min(newest, newest_ingest(snapshot)) if snapshot.parts else newest


def newest_ingest(snapshot: Snapshot) -> pd.Timestamp:
    """When rows last came in, UTC without a zone; the end of time where no file is listed.

    Raises:
        StoreError: The list of files is not there.
    """
    if not snapshot.files.path.exists():
        raise _damaged(snapshot.files.path, "no file")
    with duckdb.connect() as memory:
        query = f"SELECT max(ingested_at) FROM {PARQUET_FILES}"  # noqa: S608 - our own names
        found = memory.execute(query, [[str(snapshot.files.path)]]).fetchall()[0][0]
    return pd.Timestamp.max if found is None else pd.Timestamp(found)


def read_job(snapshot: Snapshot, atom_id: str) -> pd.DataFrame:
    """Read the accepted row of an id: all columns as `read_rows`, one row or none."""
    rows = [] if not snapshot.parts else _times_of(snapshot, atom_id)
    if not rows:
        return read_rows(snapshot, until=datetime.min)  # noqa: DTZ901 - times of the contract are naive
    found = read_rows(snapshot, since=rows[0], until=rows[0] + timedelta(microseconds=1))
    return found[found["atom_id"] == atom_id].reset_index(drop=True)


def _times_of(snapshot: Snapshot, atom_id: str) -> list[datetime]:
    query = f"SELECT time FROM {PARQUET_FILES} WHERE atom_id = ?"  # noqa: S608 - our own text
    with duckdb.connect() as memory:
        return [time for (time,) in memory.execute(query, [snapshot.paths, atom_id]).fetchall()]


def verify_parts(layout: Layout) -> list[str]:
    """Check every published part against its digest.

    Returns:
        One sentence for each part that is missing or changed; empty where all are whole.

    Raises:
        StoreError: As `read_snapshot`.
    """
    snapshot = read_snapshot(layout)
    return [finding for part in (*snapshot.parts, snapshot.quarantine, snapshot.files) if (finding := _finding(part))]


def _finding(part: Part) -> str:
    if not part.path.exists():
        return f"part {part.path}: got no file; expected {part.rows} rows. Restore it from a backup."
    with part.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == part.sha256:
        return ""
    return f"part {part.path}: got digest {found[:12]}; expected {part.sha256[:12]}. Restore it from a backup."


def _chosen(columns: Sequence[str] | None) -> list[str]:
    known = [*(column.name for column in COLUMNS), "is_twin"]
    for name in columns or ():
        if name not in known:
            raise StoreError(
                "columns of published rows",
                got=repr(name),
                expected=f"one of {', '.join(known)}",
                next_step="Choose columns of the telemetry contract.",
            )
    return known if columns is None else list(columns)


def _is_number(name: str) -> bool:
    return name in COLUMN_BY_NAME and COLUMN_BY_NAME[name].type in ("count", "bytes", "mib")


def _no_rows() -> str:
    types = {"text": "VARCHAR", "time": "TIMESTAMP"}
    columns = ", ".join(f"CAST(NULL AS {types.get(c.type, 'DOUBLE')}) AS {quoted(c.name)}" for c in COLUMNS)
    return f"SELECT {columns}, false AS is_twin WHERE false"


def _part(layout: Layout, entry: dict[str, Any]) -> Part:
    return Part(**{**entry, "path": layout.store / entry["path"]})


def _bytes(path: Path, got: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise StoreError(
            f"store file {path}",
            got=got,
            expected="telemetry that a run has published",
            next_step="Run `python flows/train.py` with this --store first.",
        ) from error


def _json(path: Path, content: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except (ValueError, TypeError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, got: str) -> StoreError:
    return StoreError(
        f"store file {path}",
        got=got,
        expected="the file as it was published",
        next_step="Restore it from a backup, or run again on an engine file that is whole.",
    )
