"""A CSV of submissions that somebody hands over, as raw rows: its bad lines with reasons. Not here: ingest, files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from resource_prediction.errors import SourceError
from resource_prediction.features.raw_rows import NUMBER_COLUMNS, REQUIRED_COLUMNS, TEXT_COLUMNS
from resource_prediction.quarantine_reasons import REASON_BY_CODE
from warehouse.contract_sql import quoted
from warehouse.engine import load_macros
from warehouse.ingest import read_statement
from warehouse.sources.csv_file import CsvShape, csv_shape
from warehouse.sources.header import contract_positions

MOST_ROWS = 50_000
"""Rows that are answered at once: a few seconds of one core."""

_ANY_TIME = datetime(9000, 1, 1)  # noqa: DTZ001 - times of the contract are naive UTC
"""A prediction may be asked for any day to come; for ingest such a time is a fault."""

_LONGEST_HEADER = 100_000
"""Characters; a longer first line is no header."""

_LONGEST_VALUE = 60
"""Characters of a faulty value that a reason repeats."""


@dataclass(frozen=True)
class BadLine:
    """A line that no answer is given for.

    Attributes:
        line: Its number; the header is 1.
        reason: The rule that it breaks, as ingest would say it.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class UploadedJobs:
    """What a file holds.

    Attributes:
        rows: The good rows in contract columns, in the file's order: ``line``, times as datetime64[us] (naive UTC),
            text as str or None, counts and MiB as float64.
        bad: The other lines, in the file's order.
    """

    rows: pd.DataFrame
    bad: tuple[BadLine, ...]


def read_upload(content: bytes, name: str, most_rows: int = MOST_ROWS) -> UploadedJobs:
    """Read a CSV of jobs to be submitted: comma, semicolon or tab, UTF-8, with a header.

    Args:
        content: The file.
        name: What messages call it.
        most_rows: More rows are refused.

    Raises:
        MissingColumnError: The header lacks ``time`` or ``buildProfile``.
        SourceError: It is not UTF-8 text with a header, a column is there twice, or there are too many rows.
    """
    lines = content.split(b"\n")
    header = _header(lines[0], name)
    shape = csv_shape(header)
    positions = contract_positions(shape.names, name, REQUIRED_COLUMNS)
    used = {column: positions[column] for column in _USED if column in positions}
    bad: dict[int, str] = {}
    numbers, rows = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not (text := line.rstrip(b"\r")).strip():
            continue
        found = _fields(text, shape)
        if isinstance(found, str):
            bad[number] = f"line: expected {REASON_BY_CODE[found].rule}"
            continue
        numbers.append(number)
        rows.append(found)
        if len(rows) > most_rows:
            raise _too_long(name, most_rows)
    fields = {column: [row[place] for row in rows] for column, place in used.items()}
    return _typed(numbers, fields, bad)


_USED = ("time", *TEXT_COLUMNS, *NUMBER_COLUMNS)


def _header(line: bytes, name: str) -> str:
    try:
        header = line.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise _no_table(name, "bytes that are not UTF-8") from error
    if len(header) > _LONGEST_HEADER or "\0" in header:
        raise _no_table(name, f"a first line of {len(header):,} characters that is no header")
    return header


def _fields(line: bytes, shape: CsvShape) -> list[str] | str:
    """The fields of a line, or the code of what is wrong with it."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if shape.has_quotes else csv.QUOTE_NONE
    try:
        text = line.decode("utf-8")
        (fields,) = csv.reader([text], delimiter=shape.separator, quoting=quoting, strict=True)
    except UnicodeDecodeError:
        return "encoding"
    except (csv.Error, ValueError):
        return "unclosed_quote" if shape.has_quotes and line.count(b'"') % 2 else "malformed"
    if "\0" in text:
        return "encoding"
    return fields if len(fields) == len(shape.names) else "field_count"


def _typed(numbers: list[int], fields: Mapping[str, list[str]], bad: Mapping[int, str]) -> UploadedJobs:
    """Texts to values; a row is as bad as the first fault in it."""
    rows = _values(fields)
    rows.insert(0, "line", np.array(numbers, dtype=np.int64))
    reasons = dict(bad)
    for place, faults in enumerate(rows.pop("reasons")):
        parts = [fault.partition(":") for fault in (() if faults is None else faults)]
        # Columns that only training needs are no fault of a submission.
        own = [(column, code) for column, _, code in parts if column in fields]
        if own:
            column, code = own[0]
            reasons[numbers[place]] = _reason(column, fields[column][place], code)
    good = rows[~rows["line"].isin(list(reasons))].reset_index(drop=True)
    return UploadedJobs(good, tuple(BadLine(line, reasons[line]) for line in sorted(reasons)))


def _values(fields: Mapping[str, list[str]]) -> pd.DataFrame:
    """Texts as values by the rules of ingest, and ``reasons``: the faults of each row, None where it has none."""
    columns = ", ".join(
        f"CAST({quoted(name)} AS DOUBLE) AS {quoted(name)}" if name in NUMBER_COLUMNS else quoted(name)
        for name in fields
    )
    texts = pa.table({name: pa.array(column, pa.string()) for name, column in fields.items()})
    with duckdb.connect() as memory:
        load_macros(memory)
        memory.register("uploaded", texts)
        memory.execute(read_statement("uploaded", {name: quoted(name) for name in fields}, _ANY_TIME))
        query = f"SELECT {columns}, reasons FROM incoming ORDER BY rowid"  # noqa: S608 - our own names
        rows: pd.DataFrame = memory.sql(query).to_arrow_table().to_pandas()
    return rows


def _reason(column: str, text: str, code: str) -> str:
    if code == "missing":
        return f"{column}: got nothing; expected a value, which every prediction needs"
    return f"{column}: got {text[:_LONGEST_VALUE]!r}; expected {REASON_BY_CODE[code].rule}"


def _no_table(name: str, got: str) -> SourceError:
    return SourceError(
        f"file {name}", got=got, expected="UTF-8 text with a header", next_step="Save it as UTF-8 CSV, and try again."
    )


def _too_long(name: str, most_rows: int) -> SourceError:
    return SourceError(
        f"file {name}",
        got=f"more than {most_rows:,} rows",
        expected=f"at most {most_rows:,}",
        next_step="Split it, or use DeployableModel.predict in Python.",
    )
