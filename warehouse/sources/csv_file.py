"""One CSV file, plain or compressed, as text rows for DuckDB. Not here: finding files, judging values."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa

from resource_prediction.errors import SourceError, StoreFullError, UnsettledFileError
from resource_prediction.telemetry import COLUMN_BY_NAME
from warehouse.contract_sql import literal
from warehouse.faults import fault_in_words
from warehouse.sources import BrokenLine, OriginalRow
from warehouse.sources.csv_lines import LineFaults, find_faults, good_lines, numbered_blocks, write_repaired
from warehouse.sources.header import contract_positions
from warehouse.sources.settled import SettledFile

SEPARATORS = (";", ",", "\t")
CODECS: dict[str, Literal["gzip", "zstd"]] = {".gz": "gzip", ".zst": "zstd"}
LONGEST_HEADER = 1_000_000
LONGEST_ROW_TEXT = 10_000
"""What the quarantine keeps of a rejected line, bytes."""

SETTLE_SECONDS = 30.0
"""A file that was changed within this time of `now` may still be growing."""

CODE_OF_REJECT = {
    "MISSING COLUMNS": "field_count",
    "TOO MANY COLUMNS": "field_count",
    "UNQUOTED VALUE": "unclosed_quote",
    "INVALID ENCODING": "encoding",
    "LINE SIZE OVER MAXIMUM": "too_long",
}
"""DuckDB's words for a line it could not split; any other is ``malformed``."""


@dataclass(frozen=True)
class CsvShape:
    """How the lines of a file are split.

    Attributes:
        separator: Between fields, one character.
        has_quotes: Whether a quote character has a meaning.
        names: Fields of the header.
    """

    separator: str
    has_quotes: bool
    names: tuple[str, ...]


def csv_shape(header: str) -> CsvShape:
    """Find out from its header how a file is split: by what gives the most columns of the contract."""
    separator = max(SEPARATORS, key=lambda candidate: _contract_names(header, candidate))
    # A semicolon export has no quotes; one whose very header is quoted does.
    return CsvShape(separator, separator != ";" or '"' in header, tuple(_fields(header, separator)))


class CsvFile(SettledFile):
    """A file of comma, semicolon or tab separated lines with a header.

    Args:
        path: The file; the last suffix says whether and how it is compressed.
        name: What reports call it.
        now: Time of ingest, seconds since the epoch; a file that was changed just then and ends inside a line is still
            being written.
    """

    def __init__(self, path: Path, name: str, now: float) -> None:
        super().__init__(path, name)
        self.now = now

    @contextmanager
    def open(self, connection: duckdb.DuckDBPyConnection, staging: Path) -> Iterator[CsvRows | None]:
        """See `SourceFile.open`."""
        scratch = staging / f"csv-{uuid4().hex}"
        scratch.mkdir(parents=True)
        try:
            plain = self._unpacked(scratch)
            header = _header_line(plain, self.name)
            if not header:
                yield None
                return
            yield self._rows(plain, header, scratch)
        finally:
            shutil.rmtree(scratch)

    def _unpacked(self, scratch: Path) -> Path:
        codec = CODECS.get(self.path.suffix.lower())
        if codec is None:
            return self.path
        plain = scratch / "plain.csv"
        try:
            with pa.input_stream(str(self.path), compression=codec) as packed, plain.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
        except OSError as error:
            if fault_in_words(str(error)) is StoreFullError:
                raise
            raise UnsettledFileError(self.name, f"a {codec} stream that ends early or is damaged ({error})") from error
        return plain

    def _rows(self, plain: Path, header: str, scratch: Path) -> CsvRows:
        shape = csv_shape(header)
        positions = contract_positions(shape.names, self.name)
        faults = find_faults(plain, shape.separator, has_quotes=shape.has_quotes)
        if faults.ends_open and self._is_fresh():
            raise UnsettledFileError(self.name, "a last line without a line break, changed a moment ago")
        readable = plain
        if not faults.readable:
            readable = scratch / "repaired.csv"
            write_repaired(plain, readable, faults)
        return CsvRows(self, plain, faults, _read_csv(readable, shape), positions)

    def _is_fresh(self) -> bool:
        # A file from the far future of `now` is a replay of the past, not a file being written.
        return abs(self.path.stat().st_mtime - self.now) < SETTLE_SECONDS


@dataclass
class CsvRows:
    """The rows of an open CSV file; see `TextRows`."""

    file: CsvFile
    plain: Path
    faults: LineFaults
    relation: str
    positions: Mapping[str, int]

    @property
    def texts(self) -> dict[str, str]:
        """See `TextRows`."""
        return {name: f"field_{place}" for name, place in self.positions.items()}

    def broken_lines(self, connection: duckdb.DuckDBPyConnection) -> list[BrokenLine]:
        """See `TextRows`."""
        rejected = connection.execute("SELECT line, any_value(error_type) FROM broken_line GROUP BY line").fetchall()
        for table in ("broken_line", "broken_scan"):
            connection.execute(f"DROP TABLE {table}")
        self.file.check_settled()
        codes = {line: CODE_OF_REJECT.get(error, "malformed") for line, error in rejected} | self.faults.codes
        self._broken = set(codes)
        return [BrokenLine(row, codes[row.line]) for row in self._lines(self._broken)] if codes else []

    def originals(self, connection: duckdb.DuckDBPyConnection, ordinals: Sequence[int]) -> list[OriginalRow]:
        """See `TextRows`."""
        del connection  # the text of a CSV row lies in its file
        wanted, found, place = np.array(ordinals, dtype=np.intp), list[OriginalRow](), 0
        for first, block in numbered_blocks(self.plain):
            numbers = good_lines(first, block, self._broken)
            here = wanted[(wanted >= place) & (wanted < place + len(numbers))] - place
            found += _taken(first, block, numbers[here].tolist())
            place += len(numbers)
            if len(found) == len(wanted):
                break
        return found

    def _lines(self, numbers: set[int]) -> Iterator[OriginalRow]:
        for first, block in numbered_blocks(self.plain):
            behind = first + block.count(b"\n") + (not block.endswith(b"\n"))
            yield from _taken(first, block, sorted(numbers.intersection(range(first, behind))))


def _taken(first: int, block: bytes, numbers: Sequence[int]) -> list[OriginalRow]:
    """Lines of a block, whose first line has the number ``first``; blocks without any are not cut up."""
    if not numbers:
        return []
    lines = block.split(b"\n")
    return [_original(number, lines[number - first]) for number in numbers]


def _original(number: int, line: bytes) -> OriginalRow:
    return OriginalRow(
        number, line.rstrip(b"\r\n")[:LONGEST_ROW_TEXT].decode("utf-8", errors="replace").replace("\0", "\\0")
    )


def _header_line(path: Path, name: str) -> str:
    with path.open("rb") as file:
        line = file.readline(LONGEST_HEADER)
    try:
        return line.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"header of {name}",
            got=repr(line[:40]),
            expected="UTF-8 text",
            next_step="Export the file as UTF-8 CSV, or leave it out.",
        ) from error


def _fields(header: str, separator: str) -> list[str]:
    return next(csv.reader([header], delimiter=separator))


def _contract_names(header: str, separator: str) -> int:
    return len({name.strip() for name in _fields(header, separator)} & COLUMN_BY_NAME.keys())


def _read_csv(path: Path, shape: CsvShape) -> str:
    # Fields by place, not by name: DuckDB's names ignore case, and with types it matches columns by place anyway.
    columns = ", ".join(f"'field_{place}': 'VARCHAR'" for place in range(len(shape.names)))
    quote = literal('"' if shape.has_quotes else "")
    return (
        f"read_csv({literal(str(path))}, delim = {literal(shape.separator)}, quote = {quote}, escape = {quote},"
        f" header = false, skip = 1, auto_detect = false, columns = {{{columns}}},"
        " store_rejects = true, rejects_limit = 0, rejects_table = 'broken_line', rejects_scan = 'broken_scan')"
    )
