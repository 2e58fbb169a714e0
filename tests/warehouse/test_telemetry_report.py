"""Published telemetry in counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from tests.warehouse.exports import build, export
from warehouse.ingest import IngestReport
from warehouse.layout import Layout
from warehouse.published import read_snapshot
from warehouse.quarantine import read_quarantine
from warehouse.telemetry_report import newest_submission, quarantine_reasons, quarantine_rows, rows_a_day

Ingest = Callable[..., IngestReport]


def test_rows_are_counted_by_day_and_twins_among_them(
    layout: Layout, night: Ingest, write: Callable[[str, bytes], Path]
) -> None:
    twin = {"time": "2025-04-26 10:01:00.500", "max_rss": 2_000_000_000}
    next_day = {"time": "2025-04-27 09:00:00", "max_rss": 3 * 1024**3, "memreq": 4 * 1024}
    larger = {"max_rss": 4_000_000_000}
    night(write("a.csv", export(build(1), build(2, **twin), build(5, **larger), build(3, **next_day))))
    days = rows_a_day(layout, read_snapshot(layout))
    assert days["day"].dt.date.tolist() == [date(2025, 4, 26), date(2025, 4, 27)]
    assert days["rows"].tolist() == [3, 1]
    assert days["twins"].tolist() == [1, 0]
    assert days.loc[0, "mean_peak_gib"] == 3e9 / 1024**3  # of 2 and 4 GB, without the twin's 2
    assert days.loc[1, ["mean_peak_gib", "mean_request_gib"]].tolist() == [3.0, 4.0]
    assert newest_submission(layout, read_snapshot(layout)) == datetime(2025, 4, 27, 9)  # noqa: DTZ001 - naive UTC


def test_rejected_rows_are_told_by_reason_and_newest_first(
    layout: Layout, night: Ingest, write: Callable[[str, bytes], Path]
) -> None:
    night(
        write(
            "a.csv",
            export(build(1), build(2, max_rss=-1), build(3, max_rss=-1), build(4, memreq=""), build(5, time="never")),
        )
    )
    rejected = read_quarantine(layout)
    reasons = quarantine_reasons(rejected)
    assert (reasons.loc[0, "reason"], reasons.loc[0, "rows"], reasons.loc[0, "rule"]) == (
        "max_rss:negative",
        2,
        "max_rss: expected zero or more",
    )
    newest = quarantine_rows(rejected, 2)
    assert newest["line"].tolist() == [rejected[-1].line, rejected[-2].line]
    assert newest["file"].str.endswith("a.csv").all()


def test_nothing_accepted_is_no_day_and_no_newest_job(
    layout: Layout, night: Ingest, write: Callable[[str, bytes], Path]
) -> None:
    night(write("a.csv", export(build(1, max_rss=-1))))
    snapshot = read_snapshot(layout)
    assert rows_a_day(layout, snapshot).empty
    assert newest_submission(layout, snapshot) is None
    assert len(quarantine_rows(read_quarantine(layout), 10)) == 1
