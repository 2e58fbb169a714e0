"""Publishing: readers see all of a publish or none, and only changed months are written. Not here: ingest."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resource_prediction.errors import StoreError
from tests.warehouse.exports import NOW, build, export
from warehouse.engine import open_engine, rebuild
from warehouse.ingest import IngestReport, ingest
from warehouse.layout import Layout
from warehouse.publish import publish, read_rows, read_snapshot, verify_parts
from warehouse.published import newest_time, read_job
from warehouse.quarantine import read_quarantine
from warehouse.sources.files import FilesSource

Night = Callable[..., IngestReport]
Write = Callable[[str, bytes], Path]


def test_reading_before_anything_is_published_says_what_to_do(layout: Layout) -> None:
    with pytest.raises(StoreError, match=r"no published telemetry.*Run `python flows/train.py`"):
        read_snapshot(layout)


def test_only_changed_months_are_written(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, time="2025-03-10 10:00:00"), build(1))))
    march, april = read_snapshot(layout).parts
    night(write("b.csv", export(build(2))))
    march_again, april_again = read_snapshot(layout).parts
    assert march_again == march
    assert april_again.path != april.path
    assert april_again.rows == 2


def test_an_old_snapshot_can_still_be_read_after_a_publish(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    old = read_snapshot(layout)
    night(write("b.csv", export(build(1))))
    assert len(read_rows(old)) == 1
    assert len(read_rows(read_snapshot(layout))) == 2


def test_the_digest_changes_exactly_when_the_rows_do(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    one = read_snapshot(layout).digest
    night(write("b.csv", export(build(0), build(1, max_rss=-1))))
    assert read_snapshot(layout).digest == one
    night(write("c.csv", export(build(1))))
    assert read_snapshot(layout).digest != one


def test_the_digest_does_not_depend_on_the_order_of_ingest(tmp_path: Path, write: Write) -> None:
    digests = []
    paths = [write("a.csv", export(build(1), build(0))), write("b.csv", export(build(2)))]
    for name, order in (("one", paths), ("two", paths[::-1])):
        layout = Layout(tmp_path / name)
        with open_engine(layout) as engine:
            for path in order:
                ingest(engine, layout, FilesSource([path], NOW), now=NOW)
            digests.append(publish(engine, layout).digest)
    assert digests[0] == digests[1]


def test_rows_come_ordered_by_time_and_id_and_can_be_cut(night: Night, layout: Layout, write: Write) -> None:
    lines = [build(2), build(1, atom_id="b"), build(1, atom_id="a", memreq=1), build(0)]
    night(write("a.csv", export(*lines)))
    snapshot = read_snapshot(layout)
    assert read_rows(snapshot)["atom_id"].tolist() == ["job-0", "a", "b", "job-2"]
    cut = read_rows(
        snapshot,
        columns=["atom_id", "max_rss"],
        since=datetime(2025, 4, 26, 10, 1, 0, 500_000, tzinfo=UTC),
        until=datetime(2025, 4, 26, 10, 2, 0, 500_000, tzinfo=UTC),
    )
    assert cut.to_dict("list") == {"atom_id": ["a", "b"], "max_rss": [2e9, 2e9]}


def test_a_job_is_found_by_its_id_alone(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(1), build(2, component="wanted"), build(3))))
    snapshot = read_snapshot(layout)
    atom_id = read_rows(snapshot).set_index("component")["atom_id"]["wanted"]
    assert read_job(snapshot, atom_id)["component"].tolist() == ["wanted"]
    assert read_job(snapshot, "' OR true --").empty


def test_a_column_outside_the_contract_is_refused(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    with pytest.raises(StoreError, match="got 'peak'; expected one of atom_id"):
        read_rows(read_snapshot(layout), columns=["peak"])


def test_a_store_whose_rows_were_all_rejected_reads_as_empty(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, max_rss=-1))))
    frame = read_rows(read_snapshot(layout))
    assert frame.empty
    assert frame["max_rss"].dtype == "float64"
    assert frame["is_twin"].dtype == "bool"
    assert len(read_quarantine(layout)) == 1


def test_the_newest_time_is_that_of_the_newest_row_and_none_without_rows(
    night: Night, layout: Layout, write: Write
) -> None:
    night(write("a.csv", export(build(0, max_rss=-1))))
    assert newest_time(read_snapshot(layout)) is pd.NaT
    night(write("b.csv", export(build(0, time="2025-04-28 10:00:00"), build(1, time="2025-03-10 10:00:00"))))
    assert newest_time(read_snapshot(layout)) == pd.Timestamp("2025-04-28 10:00:00")


def test_a_row_ahead_of_its_ingest_is_not_the_newest_time(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0), build(1, time="2025-05-01 20:00:00"))), now=NOW)
    assert len(read_rows(read_snapshot(layout))) == 2
    assert newest_time(read_snapshot(layout)) == pd.Timestamp("2025-05-01 00:00:00")
    night(write("b.csv", export(build(2))), now=NOW + timedelta(days=1))
    assert newest_time(read_snapshot(layout)) == pd.Timestamp("2025-05-01 20:00:00")


def test_the_engine_file_can_be_rebuilt_from_the_published_parts(night: Night, layout: Layout, write: Write) -> None:
    path = write("a.csv", export(build(0), build(0, atom_id="twin"), build(1, max_rss=-1)))
    night(path)
    before = read_snapshot(layout)
    assert rebuild(layout) == 2
    assert night(path).counts.known == 3
    assert read_snapshot(layout) == before
    assert len(read_quarantine(layout)) == 1


def test_a_lost_engine_file_loses_no_month(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, time="2025-03-10 10:00:00"), build(1))))
    layout.engine_file.unlink()
    night(write("b.csv", export(build(2))))
    assert len(read_rows(read_snapshot(layout))) == 3


def test_verify_names_a_changed_and_a_missing_part(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, time="2025-03-10 10:00:00"), build(1))))
    assert verify_parts(layout) == []
    march, april = read_snapshot(layout).parts
    march.path.write_bytes(march.path.read_bytes()[:-1] + b"x")
    april.path.unlink()
    changed, missing = verify_parts(layout)
    assert str(march.path) in changed
    assert "got no file" in missing


def test_a_changed_manifest_is_refused(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    (manifest,) = layout.manifests.iterdir()
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(StoreError, match="another content than CURRENT"):
        read_snapshot(layout)


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def publish_until_killed(layout: Layout, monkeypatch: pytest.MonkeyPatch, step: int) -> bool:
    """Publishes with a kill at the `step`-th flush or rename; whether it was reached."""
    calls = iter(range(1000))

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> Any:
            if next(calls) == step:
                raise Killed
            return real(*arguments, **named)

        return call

    with open_engine(layout) as engine, monkeypatch.context() as patch:
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr("pathlib.Path.replace", counted(os.replace))
        try:
            publish(engine, layout)
        except Killed:
            return True
    return False


@pytest.mark.slow
def test_killed_while_publishing_readers_see_the_old_rows_or_the_new(
    night: Night, layout: Layout, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(write("a.csv", export(build(0, time="2025-03-10 10:00:00"), build(1))))
    seen = []
    for step in range(100):
        before = len(read_rows(read_snapshot(layout)))
        with open_engine(layout) as engine:
            path = write(f"{step}.csv", export(build(1, atom_id=f"new-{step}", jobs=step)))
            ingest(engine, layout, FilesSource([path], NOW), now=NOW)
            stored = engine.execute("SELECT count(*) FROM telemetry").fetchall()[0][0]
        killed = publish_until_killed(layout, monkeypatch, step)
        seen.append(len(read_rows(read_snapshot(layout))))
        assert seen[-1] in (before, stored)
        assert verify_parts(layout) == []
        if not killed:
            break
    assert step > 10, "publish flushes and renames more often than that"
    assert not killed
    assert seen[-1] == 2 + step + 1
