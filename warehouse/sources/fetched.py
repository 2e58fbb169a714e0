"""A table that was fetched from another system, as one file of a source. Not here: fetching it (a source each)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.contract_sql import quoted
from warehouse.sources import BrokenLine, OriginalRow
from warehouse.sources.header import contract_positions

RELATION = "fetched_table"


class FetchedTable:
    """Rows of another system under a name of their own, such as those of one day; see `SourceFile`.

    Args:
        name: What reports and the quarantine call it.
        fetch: Gives the rows, with a column for each contract column that is there, of any type, and is called at most
            once. An OSError means that the system does not answer.
        version: Changes whenever the rows do, such as an ETag: with it, rows that are known are not fetched. Without
            it, the rows themselves decide.
    """

    def __init__(self, name: str, fetch: Callable[[], pa.Table], version: str | None = None) -> None:
        self.name = name
        self.version = version
        self._fetch = fetch

    @cached_property
    def table(self) -> pa.Table:
        """The rows."""
        return self._fetch().combine_chunks()

    def digest(self) -> str:
        """SHA-256 of name and version, or of the rows as Arrow packs them.

        Equal rows that a library packs in another way are read again, and found to be known one by one.
        """
        if self.version is not None:
            return hashlib.sha256(f"{self.name}\0{self.version}".encode()).hexdigest()
        packed = pa.BufferOutputStream()
        with pa.ipc.new_stream(packed, self.table.schema) as stream:
            stream.write_table(self.table)
        return hashlib.sha256(packed.getvalue()).hexdigest()

    @contextmanager
    def open(self, connection: duckdb.DuckDBPyConnection, staging: Path) -> Iterator[FetchedRows]:
        """See `SourceFile.open`."""
        del staging  # nothing to unpack
        positions = contract_positions(self.table.column_names, self.name)
        connection.register(RELATION, self.table)
        try:
            names = {name: self.table.column_names[place] for name, place in positions.items()}
            yield FetchedRows(self.table, {name: f"CAST({quoted(own)} AS VARCHAR)" for name, own in names.items()})
        finally:
            connection.unregister(RELATION)
            self.__dict__.pop("table", None)  # a source lists all its tables at once, and has no room for all of them


@dataclass(frozen=True)
class FetchedRows:
    """The rows of an open `FetchedTable`; see `TextRows`."""

    table: pa.Table
    texts: dict[str, str]
    relation: str = RELATION

    def broken_lines(self, connection: duckdb.DuckDBPyConnection) -> list[BrokenLine]:
        """See `TextRows`; a table has no lines."""
        del connection
        return []

    def originals(self, connection: duckdb.DuckDBPyConnection, ordinals: Sequence[int]) -> list[OriginalRow]:
        """See `TextRows`; the row as JSON."""
        del connection
        rows = self.table.take(list(ordinals)).to_pylist()
        return [OriginalRow(place + 1, json.dumps(row, default=str)) for place, row in zip(ordinals, rows, strict=True)]
