"""Ingest: files to typed rows in the engine, every row accounted for. Not here: the statements (sql/), publishing."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

import duckdb
import pyarrow as pa

from resource_prediction.date_range import EVERYTHING, DateRange
from resource_prediction.errors import (
    EmptySourceError,
    MissingColumnError,
    NoUsableRowError,
    SourceError,
    StoreFullError,
    UnreachableSourceError,
    UnsettledFileError,
)
from resource_prediction.telemetry import TWIN_COLUMNS
from warehouse import contract_sql
from warehouse.contract_sql import naive_utc, quoted
from warehouse.engine import transaction
from warehouse.faults import fault_in_words
from warehouse.layout import Layout
from warehouse.sources import Source, SourceFile, TextRows
from warehouse.sql import render

logger = logging.getLogger(__name__)

Rejected = tuple[int, list[str], str]
"""Line, reasons, and the row itself."""

FileState = Literal["read", "known", "empty", "left", "refused"]


@dataclass(frozen=True)
class RowCounts:
    """What became of rows; ``read`` is always the sum of the others.

    Attributes:
        read: Rows in the source.
        accepted: New rows that are no twins.
        updated: Rows that made an earlier one's status or peak final.
        known: Rows that brought nothing new.
        twins: New rows that are the twin of another; kept and flagged.
        quarantined: Rows that break the contract.
    """

    read: int = 0
    accepted: int = 0
    updated: int = 0
    known: int = 0
    twins: int = 0
    quarantined: int = 0

    def __add__(self, other: RowCounts) -> RowCounts:
        return RowCounts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(RowCounts)))


@dataclass(frozen=True)
class FileReport:
    """What became of one file.

    Attributes:
        name: As the source calls it.
        state: ``read``; ``known``: its content was read before; ``empty``: no rows; ``left`` for the next run, as it is
            still being written or does not answer; ``refused``: not telemetry.
        counts: Of its rows.
        note: Why it was not read, or which days of it; else empty.
    """

    name: str
    state: FileState
    counts: RowCounts = RowCounts()
    note: str = ""


@dataclass(frozen=True)
class IngestReport:
    """What became of a source.

    Attributes:
        source: As the user called it.
        counts: Of all rows.
        files: Each file, in the order of reading.
        stored: Rows in the store afterwards.
    """

    source: str
    counts: RowCounts
    files: tuple[FileReport, ...]
    stored: int

    @property
    def has_news(self) -> bool:
        """Whether any row was added or updated."""
        return self.counts.accepted + self.counts.updated + self.counts.twins > 0

    def require_rows(self) -> None:
        """Refuse to go on with a store that has no row at all.

        Raises:
            NoUsableRowError: Where the source gave none and the store had none.
        """
        if self.stored == 0:
            notes = [f"{file.name} {file.state}, {file.note}" for file in self.files if file.note]
            raise NoUsableRowError(self.source, self.counts.read, self.counts.quarantined, notes)


def ingest(
    engine: duckdb.DuckDBPyConnection, layout: Layout, source: Source, *, now: datetime, dates: DateRange = EVERYTHING
) -> IngestReport:
    """Read what is new in a source, file by file; a file and its digest go in together or not at all.

    A file that is still being written, does not answer or is no telemetry is reported and does not stop the others.
    A source that holds nothing today is no error for a store that has rows.

    Args:
        engine: From `open_engine`, outside a transaction.
        layout: The same store.
        source: Where the rows come from.
        now: Time of ingest; UTC where it has no zone.
        dates: Rows of other days are not read; a row whose time cannot be read belongs to every day.

    Raises:
        EmptySourceError: Where the source holds nothing, and the store has no row.
        UnreachableSourceError: Where it does not answer, or none of its files does and none was read.
        SourceError: Where the source cannot hold anything, or every file of it was refused.
        MissingColumnError: Where its only file lacks a column that training needs.
    """
    reports: list[FileReport] = []
    refusals: list[SourceError | MissingColumnError | UnreachableSourceError] = []
    for file in _files(engine, source):
        try:
            report = _ingest_file(engine, layout, file, naive_utc(now), dates)
        except UnsettledFileError as error:
            report = FileReport(file.name, "left", note=str(error))
        except UnreachableSourceError as error:
            refusals.append(error)
            report = FileReport(file.name, "left", note=str(error))
        except (SourceError, MissingColumnError) as error:
            refusals.append(error)
            report = FileReport(file.name, "refused", note=str(error))
        logger.info("%s: %s, %d rows %s", report.name, report.state, report.counts.read, report.note)
        reports.append(report)
    if refusals and len(refusals) == len(reports):
        raise refusals[0]
    counts = sum((report.counts for report in reports), RowCounts())
    return IngestReport(source.name, counts, tuple(reports), stored_rows(engine))


def read_statement(relation: str, texts: Mapping[str, str], now: datetime, dates: DateRange = EVERYTHING) -> str:
    """The statement that makes typed rows with their faults, the table ``incoming``, of the texts of a relation.

    Args:
        relation: What stands behind FROM.
        texts: SQL expression of each contract column that is there.
        now: Time of ingest.
        dates: Rows of other days are marked.
    """
    return render(
        "read",
        relation=relation,
        texts=contract_sql.texts(texts),
        typed_values=contract_sql.typed_values(),
        columns=contract_sql.column_names(),
        suspect=contract_sql.suspect(now),
        faults=contract_sql.faults(now),
        in_range=contract_sql.in_range(dates),
    )


def stored_rows(engine: duckdb.DuckDBPyConnection) -> int:
    """Rows of telemetry in the engine, twins included."""
    return int(engine.execute("SELECT count(*) FROM telemetry").fetchall()[0][0])


def _files(engine: duckdb.DuckDBPyConnection, source: Source) -> Sequence[SourceFile]:
    """What the source holds; nothing is an error only for a store that has no row."""
    try:
        return _listed(source)
    except EmptySourceError as error:
        if not stored_rows(engine):
            raise
        logger.warning("nothing to read: %s", error)
        return ()


def _listed(source: Source) -> Sequence[SourceFile]:
    with _reaching(source.name):
        found = source.files()
    if not found:
        raise EmptySourceError(source.name, "a source without a single file", "at least one")
    return found


@contextmanager
def _reaching(name: str) -> Iterator[None]:
    """Name what does not answer; a full disk is the store's, and passes."""
    try:
        yield
    except PermissionError as error:
        raise SourceError(
            f"source {name}",
            got=error.strerror or str(error),
            expected="a place that this user may read",
            next_step="Grant the right to read it, or leave it out.",
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
            raise
        raise UnreachableSourceError(name, error.strerror or str(error) or type(error).__name__) from error


def _ingest_file(
    engine: duckdb.DuckDBPyConnection, layout: Layout, file: SourceFile, now: datetime, dates: DateRange
) -> FileReport:
    with ExitStack() as opened:
        with _reaching(file.name):
            digest = file.digest()
        known_as = digest if dates.is_everything else f"{digest} {dates}"
        before = engine.execute("SELECT max(read) FROM files WHERE digest = ?", [known_as]).fetchall()[0][0]
        if before is not None:
            return FileReport(file.name, "known", RowCounts(read=before, known=before), "read before")
        with _reaching(file.name):
            rows = opened.enter_context(file.open(engine, layout.staging))
        if rows is None:
            return FileReport(file.name, "empty", note="no header")
        # Before the transaction: inside it, DuckDB numbers the rows of a new table from elsewhere than 0.
        _read(engine, rows, file.name, now, dates)
        rejected = list(_rejected(engine, rows))
        if engine.execute("SELECT 1 FROM files WHERE digest = ?", [digest]).fetchall():
            return FileReport(file.name, "known", _all_known(engine, rejected), f"read before, rows {dates}")
        with transaction(engine):
            number = int(engine.execute("SELECT coalesce(max(number), 0) + 1 FROM files").fetchall()[0][0])
            fresh = _quarantine(engine, rejected, file.name, digest, now)
            again = len(rejected) - fresh
            counts = _merge(engine, number) + RowCounts(read=len(rejected), known=again, quarantined=fresh)
            values = [getattr(counts, field.name) for field in fields(RowCounts)]
            engine.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [number, known_as, file.name, now, *values]
            )
    which = "rows" if dates.is_everything else f"rows {dates}"
    if not counts.read:
        return FileReport(file.name, "empty", counts, f"no {which}")
    return FileReport(file.name, "read", counts, "" if dates.is_everything else f"only {which}")


def _all_known(engine: duckdb.DuckDBPyConnection, rejected: list[Rejected]) -> RowCounts:
    """Counts of ``incoming`` where its file was read as a whole: only how many rows lie in the range is news."""
    good = engine.execute("SELECT count(*) FROM incoming WHERE reasons IS NULL AND in_range").fetchall()[0][0]
    return RowCounts(read=good + len(rejected), known=good + len(rejected))


def _read(engine: duckdb.DuckDBPyConnection, rows: TextRows, name: str, now: datetime, dates: DateRange) -> None:
    try:
        engine.execute(read_statement(rows.relation, rows.texts, now, dates))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        if fault_in_words(str(error)) is StoreFullError:
            raise
        raise SourceError(
            f"file {name}",
            got=str(error).splitlines()[0],
            expected="a table that DuckDB can read",
            next_step="Export the file again, or leave it out.",
        ) from error


def _quarantine(
    engine: duckdb.DuckDBPyConnection, rejected: list[Rejected], name: str, digest: str, now: datetime
) -> int:
    """Put rejected rows aside; returns how many do not lie there already."""
    if not rejected:
        return 0
    lines, reasons, texts = (list(column) for column in zip(*rejected, strict=True))
    engine.register("rejected", pa.table({"line": lines, "reasons": reasons, "row_text": texts}))
    added = engine.execute(render("quarantine"), {"file": name, "digest": digest, "now": now}).fetchall()[0][0]
    engine.unregister("rejected")
    return int(added)


def _rejected(engine: duckdb.DuckDBPyConnection, rows: TextRows) -> Iterator[Rejected]:
    for broken in rows.broken_lines(engine):
        yield broken.row.line, [f"line:{broken.code}"], broken.row.text
    faulty = engine.execute(
        "SELECT rowid, reasons FROM incoming WHERE reasons IS NOT NULL AND in_range ORDER BY rowid"
    ).fetchall()
    originals = rows.originals(engine, [ordinal for ordinal, _ in faulty]) if faulty else []
    for (_, reasons), original in zip(faulty, originals, strict=True):
        yield original.line, reasons, original.text


def _merge(engine: duckdb.DuckDBPyConnection, number: int) -> RowCounts:
    """Bring the good rows of ``incoming`` in; counts without the quarantined ones."""
    columns = contract_sql.column_names()
    if _is_all_new(engine):
        engine.execute(render("append", columns=columns, number=str(number)))
        states = {"new": engine.execute("SELECT count(*) FROM telemetry").fetchall()[0][0]}
        near = "telemetry"
    else:
        engine.execute(render("outcome"))
        engine.execute(render("merge", columns=columns, updates=contract_sql.updates(), number=str(number)))
        states = dict(engine.execute("SELECT state, count(*) FROM outcome GROUP BY state").fetchall())
        near = "telemetry SEMI JOIN touched USING (time, max_rss)"
    twin_columns = ", ".join(map(quoted, TWIN_COLUMNS))
    engine.execute(render("twins", near=near, twin_columns=twin_columns, number=str(number)))
    twins = engine.execute("SELECT count(*) FROM telemetry WHERE first_seen = ? AND is_twin", [number]).fetchall()[0][0]
    return RowCounts(
        read=sum(states.values()),
        accepted=states.get("new", 0) - twins,
        updated=states.get("updated", 0),
        known=states.get("known", 0),
        twins=twins,
    )


def _is_all_new(engine: duckdb.DuckDBPyConnection) -> bool:
    """Whether the store is empty and no id comes twice, as in a first export: then nothing has to be joined.

    Two ids of one hash only cost time: the rows are merged.
    """
    return bool(engine.execute(render("all_new")).fetchall()[0][0])
