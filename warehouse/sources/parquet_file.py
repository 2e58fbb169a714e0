"""One Parquet file as text rows, so that it meets the same rules as a CSV file. Not here: finding files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from resource_prediction.errors import UnsettledFileError
from warehouse.contract_sql import literal, quoted
from warehouse.sources import BrokenLine, OriginalRow
from warehouse.sources.header import contract_positions
from warehouse.sources.settled import SettledFile


class ParquetFile(SettledFile):
    """A Parquet file with a column for each contract column, of any type; see `SourceFile`."""

    @contextmanager
    def open(self, connection: duckdb.DuckDBPyConnection, staging: Path) -> Iterator[ParquetRows | None]:
        """See `SourceFile.open`. A file that is still being written has no footer yet."""
        del staging  # nothing to unpack
        if self.path.stat().st_size == 0:
            yield None
            return
        relation = f"read_parquet({literal(str(self.path))}, binary_as_string = true, hive_partitioning = false)"
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608
        except (duckdb.InvalidInputException, duckdb.IOException) as error:
            reason = str(error).splitlines()[0]
            raise UnsettledFileError(self.name, f"a Parquet file without a footer ({reason})") from error
        header = [str(row[0]) for row in described]
        yield ParquetRows(
            self, relation, {name: header[place] for name, place in contract_positions(header, self.name).items()}
        )


@dataclass(frozen=True)
class ParquetRows:
    """The rows of an open Parquet file; see `TextRows`."""

    file: ParquetFile
    relation: str
    names: Mapping[str, str]

    @property
    def texts(self) -> dict[str, str]:
        """See `TextRows`."""
        return {name: f"CAST({quoted(own)} AS VARCHAR)" for name, own in self.names.items()}

    def broken_lines(self, connection: duckdb.DuckDBPyConnection) -> list[BrokenLine]:
        """See `TextRows`; a Parquet file has no lines."""
        del connection
        self.file.check_settled()
        return []

    def originals(self, connection: duckdb.DuckDBPyConnection, ordinals: Sequence[int]) -> list[OriginalRow]:
        """See `TextRows`; the row as JSON."""
        rows = connection.execute(
            f"SELECT file_row_number + 1, CAST(to_json(t) AS VARCHAR) FROM {self.relation} AS t"  # noqa: S608
            " WHERE file_row_number IN (SELECT unnest(?)) ORDER BY 1",
            [list(ordinals)],
        ).fetchall()
        return [OriginalRow(int(line), str(text)) for line, text in rows]
