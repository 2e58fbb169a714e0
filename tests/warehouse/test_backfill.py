"""Rows of some days only: what is read, what a file is known by afterwards. Not here: the account of rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.date_range import DateRange
from resource_prediction.errors import NoUsableRowError
from tests.warehouse.exports import HEADER, build, export
from warehouse.engine import open_engine
from warehouse.ingest import IngestReport, RowCounts, ingest
from warehouse.layout import Layout
from warehouse.publish import publish, read_rows, read_snapshot
from warehouse.quarantine import read_quarantine
from warehouse.sources.files import FilesSource

Night = Callable[..., IngestReport]
Write = Callable[[str, bytes], Path]

FIRST = date(2025, 4, 26)


def day(number: int) -> date:
    """A day of the test's week, from 0."""
    return FIRST + timedelta(days=number)


def days(first: int, end: int) -> DateRange:
    """From one day of the week to another, which is not in it."""
    return DateRange(day(first), day(end))


def job(number: int, time: str = "10:00:00", **changes: object) -> str:
    """Job `number`, of that day of the week."""
    return build(number, **{"time": f"{day(number)} {time}", **changes})


def stored(layout: Layout) -> set[str]:
    return set(read_rows(read_snapshot(layout))["atom_id"])


WEEK = export(*(job(number) for number in range(5)))


def test_rows_of_other_days_are_not_read(night: Night, layout: Layout, write: Write) -> None:
    report = night(write("a.csv", WEEK), dates=days(1, 3))
    assert report.counts == RowCounts(read=2, accepted=2)
    assert stored(layout) == {"job-1", "job-2"}
    assert report.files[0].note == "only rows from 2025-04-27 until 2025-04-29"


def test_a_day_begins_at_midnight_utc_and_the_last_one_is_not_in_the_range(
    night: Night, layout: Layout, write: Write
) -> None:
    times = ["2025-04-26 23:59:59.999999", "2025-04-27", "2025-04-28T01:59:59+02:00", "2025-04-28T00:00:00Z"]
    night(write("a.csv", export(*(build(n, time=time) for n, time in enumerate(times)))), dates=days(1, 2))
    assert stored(layout) == {"job-1", "job-2"}


@pytest.mark.parametrize(
    ("dates", "names"), [(DateRange(since=day(3)), {"job-3", "job-4"}), (DateRange(until=day(1)), {"job-0"})]
)
def test_a_range_may_be_open_on_one_side(
    night: Night, layout: Layout, write: Write, dates: DateRange, names: set[str]
) -> None:
    night(write("a.csv", WEEK), dates=dates)
    assert stored(layout) == names


def test_a_parquet_file_is_ranged_too_and_a_rejected_row_keeps_its_place(
    night: Night, layout: Layout, tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "SELECT 'job-' || n AS atom_id, TIMESTAMP '2025-04-26' + to_days(CAST(n AS INTEGER)) AS time,"
        " 'linux' AS buildProfile, n - 3 AS max_rss FROM range(5) AS rows(n)"
    ).write_parquet(str(path))
    assert night(path, dates=days(3, 5)).counts == RowCounts(read=2, accepted=1, quarantined=1)
    (row,) = read_quarantine(layout)
    assert (row.line, row.reasons) == (4, ("max_rss:zero",))


def test_the_same_range_twice_is_known(night: Night, layout: Layout, write: Write) -> None:
    path = write("a.csv", WEEK)
    night(path, dates=days(1, 3))
    before = read_snapshot(layout)
    assert night(path, dates=days(1, 3)).counts == RowCounts(read=2, known=2)
    assert read_snapshot(layout) == before


def test_a_file_of_which_some_days_are_known_is_read_for_others_and_as_a_whole(
    night: Night, layout: Layout, write: Write
) -> None:
    path = write("a.csv", WEEK)
    night(path, dates=days(1, 3))
    assert night(path, dates=days(2, 4)).counts == RowCounts(read=2, accepted=1, known=1)
    assert night(path).counts == RowCounts(read=5, accepted=2, known=3)
    assert len(stored(layout)) == 5


def test_a_file_that_is_known_as_a_whole_is_known_for_every_range(night: Night, layout: Layout, write: Write) -> None:
    path = write("a.csv", export(job(0), job(1), job(2, max_rss=-1)))
    night(path)
    before = read_snapshot(layout)
    report = night(path, dates=days(1, 3))
    assert (report.files[0].state, report.counts) == ("known", RowCounts(read=2, known=2))
    assert report.files[0].note == "read before, rows from 2025-04-27 until 2025-04-29"
    assert read_snapshot(layout) == before


def test_a_row_without_a_readable_time_is_quarantined_whatever_the_range(
    night: Night, layout: Layout, write: Write
) -> None:
    lines = [job(0), job(1, time="", max_rss=-1), build(2, time="never"), "broken", job(4, max_rss=-1)]
    counts = night(write("a.csv", export(*lines)), dates=days(0, 1)).counts
    assert counts == RowCounts(read=3, accepted=1, quarantined=2)
    assert [(row.line, row.reasons) for row in read_quarantine(layout)] == [
        (4, ("time:not_a_time",)),
        (5, ("line:field_count",)),
    ]


@pytest.mark.parametrize("name", ["a.csv", "again.csv"])
def test_the_same_broken_line_is_kept_once_whatever_the_ranges(
    night: Night, layout: Layout, write: Write, name: str
) -> None:
    content = export(job(0), build(1, time="never"), job(2, max_rss=-1), "broken")
    night(write("a.csv", content), dates=days(0, 1))
    assert night(write(name, content), dates=days(1, 4)).counts == RowCounts(read=3, known=2, quarantined=1)
    night(write(name, content))
    assert sorted(row.line for row in read_quarantine(layout)) == [3, 4, 5]


def test_a_range_without_a_row_is_bad_input_for_an_empty_store(night: Night, write: Write) -> None:
    report = night(write("a.csv", WEEK), dates=DateRange(since=day(20)))
    assert (report.files[0].state, report.counts) == ("empty", RowCounts())
    with pytest.raises(NoUsableRowError, match=r"a\.csv empty, no rows from 2025-05-16"):
        report.require_rows()


JOBS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "running", "ok"])), max_size=8)
RANGES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), max_size=3)


@pytest.mark.slow
@settings(max_examples=25)
@given(jobs=JOBS, ranges=RANGES)
def test_after_any_ranges_the_whole_file_brings_exactly_what_is_missing(
    jobs: list[tuple[int, str]], ranges: list[tuple[int, int]]
) -> None:
    lines = [job(number, ts_status=status, max_rss=place + 1) for place, (number, status) in enumerate(jobs)]
    now = datetime(2025, 5, 10, tzinfo=UTC)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(export(*lines, header=HEADER))
        digests = []
        for name, asked in (("pieces", ranges), ("whole", [])):
            layout = Layout(Path(folder) / name)
            with open_engine(layout) as engine:
                source = FilesSource([path], now)
                for first, length in asked:
                    inside = [number for number, _ in jobs if first <= number < first + length]
                    counts = ingest(engine, layout, source, now=now, dates=days(first, first + length)).counts
                    assert counts.read == len(inside)
                assert ingest(engine, layout, source, now=now).counts.read == len(jobs)
                digests.append(publish(engine, layout).digest)
        assert digests[0] == digests[1]
