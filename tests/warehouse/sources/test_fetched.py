"""Tables of other systems: same rules as files, and what they are known by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

import pyarrow as pa
import pytest

from resource_prediction.errors import MissingColumnError
from tests.warehouse.exports import NOW
from warehouse.engine import open_engine
from warehouse.ingest import IngestReport, RowCounts, ingest
from warehouse.layout import Layout
from warehouse.publish import publish, read_rows, read_snapshot
from warehouse.quarantine import read_quarantine
from warehouse.sources import SourceFile
from warehouse.sources.fetched import FetchedTable


class Fixed:
    """A source over given files."""

    name = "fixed://"

    def __init__(self, *files: SourceFile) -> None:
        self._files = files

    def files(self) -> tuple[SourceFile, ...]:
        return self._files


def read(layout: Layout, *files: SourceFile) -> IngestReport:
    with open_engine(layout) as engine:
        report = ingest(engine, layout, Fixed(*files), now=NOW)
        publish(engine, layout)
    return report


def row(number: int, **changes: Any) -> dict[str, Any]:
    """One row with the types that a database gives."""
    own = {"atom_id": number, "time": datetime(2025, 4, 26, 10, number, tzinfo=UTC), "buildProfile": "p"}
    return {**own, "max_rss": (number + 1) * 1e9, **changes}


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows))


def refuse() -> NoReturn:
    raise AssertionError("a table that is known is not fetched")


def test_rows_of_any_types_meet_the_contract(layout: Layout) -> None:
    report = read(layout, FetchedTable("day", lambda: table(row(0), row(1, max_rss=-1.0), row(2))))
    assert report.counts == RowCounts(read=3, accepted=2, quarantined=1)
    assert read_rows(read_snapshot(layout), ["atom_id", "max_rss"]).to_numpy().tolist() == [["0", 1e9], ["2", 3e9]]
    (rejected,) = read_quarantine(layout)
    assert (rejected.file, rejected.line, rejected.reasons) == ("day", 2, ("max_rss:negative",))
    assert '"atom_id": 1' in rejected.row_text


def test_equal_rows_are_known_whatever_their_chunks(layout: Layout) -> None:
    read(layout, FetchedTable("day", lambda: table(row(0), row(1))))
    chunked = pa.concat_tables([table(row(0)), table(row(1))])
    assert read(layout, FetchedTable("day", lambda: chunked)).files[0].state == "known"


def test_a_known_version_is_not_fetched_and_a_new_one_is(layout: Layout) -> None:
    read(layout, FetchedTable("day", lambda: table(row(0)), version="1"))
    assert read(layout, FetchedTable("day", refuse, version="1")).counts == RowCounts(read=1, known=1)
    report = read(layout, FetchedTable("day", lambda: table(row(0), row(1)), version="2"))
    assert report.counts == RowCounts(read=2, accepted=1, known=1)
    assert read(layout, FetchedTable("other day", lambda: table(row(2)), version="1")).counts.accepted == 1


def test_a_table_without_a_needed_column_is_named(layout: Layout) -> None:
    with pytest.raises(MissingColumnError, match="column 'max_rss' in day"):
        read(layout, FetchedTable("day", lambda: table(row(0)).drop_columns("max_rss")))


def test_tables_are_read_one_after_the_other(layout: Layout) -> None:
    tables = [FetchedTable(f"day {n}", lambda n=n: table(row(n))) for n in range(3)]
    assert read(layout, *tables).counts == RowCounts(read=3, accepted=3)
