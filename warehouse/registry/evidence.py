"""The evidence ledger in the registry: sums a block, recipe, fit and segment. Not here: what they prove (the gate)."""

from __future__ import annotations

import sqlite3

import pandas as pd

from resource_prediction.errors import StoreError
from resource_prediction.evidence import (
    ENTRY_COLUMNS,
    LEDGER_COLUMNS,
    SUM_COLUMNS,
    check_ledger,
    empty_ledger,
    new_entries,
)
from warehouse.registry.connection import write

KEY_COLUMNS = (*ENTRY_COLUMNS, "segment")


class Evidence:
    """The ledger of one registry: a block of a fit enters once, as a whole, and is not rewritten."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, entries: pd.DataFrame) -> int:
        """Enter the blocks that the ledger does not have yet.

        Args:
            entries: From `resource_prediction.evidence.ledger_entries`; several recipes may be put together.

        Returns:
            How many rows went in.

        Raises:
            GateError: A column is missing.
            StoreError: A value is missing, or a block has the same segment twice for one fit.
        """
        check_ledger(entries)
        _check_values(entries)
        if entries.empty:
            return 0
        with write(self._connection):
            fresh = new_entries(self.read(since=entries["block_start"].min()), entries)
            self._connection.executemany(
                "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                # Python's own numbers: SQLite knows no numpy types.
                zip(*(fresh[column].tolist() for column in LEDGER_COLUMNS), strict=True),
            )
        return len(fresh)

    def read(self, *, since: str = "") -> pd.DataFrame:
        """The ledger, ordered by block, recipe, fit and segment, with the columns that the gate takes.

        Args:
            since: Only blocks that start at this ISO time or later; the whole ledger by default.
        """
        cursor = self._connection.execute(
            """
            SELECT block_start, recipe, segment, fitted_until, "rows", under_rows, excess_gib, peak_gib
            FROM evidence WHERE block_start >= ? ORDER BY block_start, recipe, fitted_until, segment
            """,
            (since,),
        )
        types = empty_ledger().dtypes.to_dict()
        return pd.DataFrame([tuple(row) for row in cursor], columns=list(LEDGER_COLUMNS)).astype(types)


def _check_values(entries: pd.DataFrame) -> None:
    if entries[list(LEDGER_COLUMNS)].isna().any(axis=None):
        got = f"a missing value among {', '.join(SUM_COLUMNS)} or their keys"
    elif entries.duplicated(list(KEY_COLUMNS)).any():
        got = "the same block, recipe, fit and segment twice"
    else:
        return
    raise StoreError(
        "evidence",
        got=got,
        expected="every value there, and each segment of a block once",
        next_step="Build the entries with ledger_entries, once for each fit.",
    )
