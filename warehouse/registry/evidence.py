"""The evidence ledger in the registry: sums a block, recipe and segment. Not here: what they prove (the gate)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pandas as pd

from resource_prediction.errors import StoreError
from warehouse.registry.connection import write
from warehouse.registry.values import time_text

EVIDENCE_COLUMNS: tuple[str, ...] = (
    "block_start",
    "recipe",
    "segment",
    "rows",
    "under_rows",
    "excess_gib",
    "peak_gib",
)


class Evidence:
    """The ledger of one registry: a block of a recipe enters once and is not rewritten."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, entries: pd.DataFrame) -> int:
        """Enter blocks that the ledger does not have yet.

        A block that a recipe has in the ledger is left alone as a whole, also where the entries bring another segment
        of it: a block of two halves, seen at different times, would be no fair pair of anything.

        Args:
            entries: ``EVIDENCE_COLUMNS``, a row for each block, recipe and segment; times without a zone are UTC.

        Returns:
            How many rows went in.

        Raises:
            StoreError: A column or a value is missing, or a block has the same segment twice.
        """
        _check(entries)
        rows = [
            (time_text(start), recipe, segment, int(count), int(under_rows), float(excess_gib), float(peak_gib))
            for start, recipe, segment, count, under_rows, excess_gib, peak_gib in entries[
                list(EVIDENCE_COLUMNS)
            ].itertuples(index=False)
        ]
        with write(self._connection):
            known = set(map(tuple, self._connection.execute("SELECT DISTINCT block_start, recipe FROM evidence")))
            fresh = [row for row in rows if row[:2] not in known]
            self._connection.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?)", fresh)
        return len(fresh)

    def read(self, *, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
        """The ledger, ordered by block, recipe and segment.

        Args:
            since: First block start, inclusive.
            until: Block starts before this one.

        Returns:
            ``EVIDENCE_COLUMNS``; ``block_start`` is UTC without a zone, as in telemetry.
        """
        cursor = self._connection.execute(
            """
            SELECT * FROM evidence WHERE block_start >= ? AND block_start < ? ORDER BY block_start, recipe, segment
            """,
            (time_text(since) if since else "", time_text(until) if until else "~"),
        )
        frame = pd.DataFrame([tuple(row) for row in cursor], columns=list(EVIDENCE_COLUMNS))
        starts = pd.to_datetime(frame["block_start"], utc=True, format="ISO8601").dt.tz_convert(UTC)
        frame["block_start"] = starts.dt.tz_localize(None).astype("datetime64[us]")
        types = {"rows": "int64", "under_rows": "int64", "excess_gib": "float64", "peak_gib": "float64"}
        return frame.astype(types)


def _check(entries: pd.DataFrame) -> None:
    missing = [column for column in EVIDENCE_COLUMNS if column not in entries.columns]
    key = ["block_start", "recipe", "segment"]
    if missing:
        got = f"no column {', '.join(missing)}"
    elif entries[list(EVIDENCE_COLUMNS)].isna().any(axis=None):
        got = "a missing value"
    elif entries.duplicated(key).any():
        got = "the same block, recipe and segment twice"
    else:
        return
    raise StoreError(
        "evidence",
        got=got,
        expected=f"the columns {', '.join(EVIDENCE_COLUMNS)}, each value there, and each block and segment once",
        next_step="Build the entries with the library's evidence functions.",
    )
