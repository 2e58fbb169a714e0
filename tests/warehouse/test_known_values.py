"""Values for a form: what is published, the most frequent first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.warehouse.exports import build, export
from warehouse.ingest import IngestReport
from warehouse.known_values import known_values, newest_submission
from warehouse.layout import Layout
from warehouse.published import read_snapshot

Night = Callable[..., IngestReport]
Write = Callable[[str, bytes], Path]


def test_the_most_frequent_comes_first_and_missing_values_are_none(night: Night, layout: Layout, write: Write) -> None:
    lines = [build(0, component="b"), build(1, component="a"), build(2, component="c"), build(3, component="c")]
    night(write("a.csv", export(*lines, build(4, component=""), build(5, component="c", memreq=2048))))
    known = known_values(read_snapshot(layout))
    assert known["component"] == ("c", "a", "b")
    assert known["memreq"] == (150_000.0, 2_048.0)
    assert known["localJobs"] == ()
    assert "max_rss" not in known


def test_there_are_no_more_than_asked_for(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(*(build(number, branch=f"branch_{number}") for number in range(5)))))
    assert known_values(read_snapshot(layout), most=2)["branch"] == ("branch_0", "branch_1")


def test_the_newest_submission_has_what_was_known_then_and_nothing_else(
    night: Night, layout: Layout, write: Write
) -> None:
    night(write("a.csv", export(build(7, component=""), build(3))))
    newest = newest_submission(read_snapshot(layout))
    assert newest["time"] == datetime(2025, 4, 26, 10, 7, 0, 500_000)  # noqa: DTZ001 - times of the contract are naive
    assert newest["component"] is None
    assert newest["memreq"] == 150_000
    assert not {"max_rss", "ts_status"} & newest.keys()


def test_a_store_without_rows_has_no_values(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, max_rss=-1))))
    snapshot = read_snapshot(layout)
    assert set(known_values(snapshot).values()) == {()}
    assert newest_submission(snapshot) == {}
