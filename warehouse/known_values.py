"""Which values the columns of a submission have in published rows, for forms. Not here: rows, forms."""

from __future__ import annotations

from typing import Any

import duckdb

from resource_prediction.features.raw_rows import NUMBER_COLUMNS, TEXT_COLUMNS
from warehouse.contract_sql import quoted
from warehouse.published import PARQUET_FILES, Snapshot

MOST_VALUES = 200
"""Values of a column that a form offers at most: the most frequent; whoever wants another one types it."""


def known_values(snapshot: Snapshot, most: int = MOST_VALUES) -> dict[str, tuple[Any, ...]]:
    """Distinct values of each column that features are made of, the most frequent first, and of equals the smaller.

    Args:
        snapshot: What `read_snapshot` gave.
        most: Values of a column at most.

    Returns:
        Text as str, counts and MiB as float; missing values are none of them. Without rows, no value.
    """
    names = (*TEXT_COLUMNS, *NUMBER_COLUMNS)
    if not snapshot.parts:
        return dict.fromkeys(names, ())
    with duckdb.connect() as memory:
        return {name: _values(memory, snapshot, name, most) for name in names}


def newest_submission(snapshot: Snapshot) -> dict[str, Any]:
    """What was known of the newest job at its submission: columns as in `known_values`, and ``time``.

    Missing values are None; the time is naive UTC. Without rows it is empty.
    """
    if not snapshot.parts:
        return {}
    names = ("time", *TEXT_COLUMNS, *NUMBER_COLUMNS)
    chosen = ", ".join(map(quoted, names))
    query = f"SELECT {chosen} FROM {PARQUET_FILES} ORDER BY time DESC, atom_id LIMIT 1"  # noqa: S608 - our own names
    with duckdb.connect() as memory:
        (row,) = memory.execute(query, [snapshot.paths]).fetchall()
    return dict(zip(names, row, strict=True))


def _values(memory: duckdb.DuckDBPyConnection, snapshot: Snapshot, name: str, most: int) -> tuple[Any, ...]:
    value = quoted(name) if name in TEXT_COLUMNS else f"CAST({quoted(name)} AS DOUBLE)"
    query = (
        f"SELECT {value} AS value FROM {PARQUET_FILES} "  # noqa: S608 - our own names
        "WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value LIMIT ?"
    )
    return tuple(value for (value,) in memory.execute(query, [snapshot.paths, most]).fetchall())
