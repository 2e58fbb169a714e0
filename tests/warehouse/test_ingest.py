"""Ingest's account: what becomes of every row. Not here: how files are read (sources/)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from resource_prediction.errors import EmptySourceError, NoUsableRowError, UnreachableSourceError
from tests.warehouse.exports import HEADER, NOW, build, export
from warehouse.engine import open_engine
from warehouse.ingest import IngestReport, RowCounts, ingest
from warehouse.layout import Layout
from warehouse.publish import publish, read_rows, read_snapshot
from warehouse.quarantine import read_quarantine
from warehouse.sources import SourceFile
from warehouse.sources.csv_file import CsvFile
from warehouse.sources.files import FilesSource

Night = Callable[..., IngestReport]
Write = Callable[[str, bytes], Path]


def stored(layout: Layout) -> pd.DataFrame:
    return read_rows(read_snapshot(layout)).set_index("atom_id")


def test_good_rows_are_accepted_with_the_contracts_types(night: Night, layout: Layout, write: Write) -> None:
    report = night(write("a.csv", export(build(0), build(1))))
    assert report.counts == RowCounts(read=2, accepted=2)
    frame = read_rows(read_snapshot(layout))
    assert list(frame["atom_id"]) == ["job-0", "job-1"]
    assert frame["time"].dtype == "datetime64[us]"
    assert str(frame["time"][0]) == "2025-04-26 10:00:00.500000"
    assert frame["max_rss"].tolist() == [1e9, 2e9]
    assert frame["max_rss"].dtype == "float64"
    assert frame["max_cache"].isna().all()
    assert frame["is_twin"].dtype == "bool"


def test_the_same_file_twice_changes_nothing(night: Night, layout: Layout, write: Write) -> None:
    path = write("a.csv", export(build(0), build(1), build(2, max_rss=-1)))
    night(path)
    before = read_snapshot(layout)
    report = night(path)
    assert report.counts == RowCounts(read=3, known=3)
    assert report.files[0].state == "known"
    assert not report.has_news
    assert read_snapshot(layout) == before


def test_equal_content_under_another_name_is_known(night: Night, write: Write) -> None:
    content = export(build(0))
    assert night(write("a.csv", content)).counts.accepted == 1
    assert night(write("b.csv", content)).counts == RowCounts(read=1, known=1)


def test_an_overlapping_second_export_adds_only_what_is_new(night: Night, layout: Layout, write: Write) -> None:
    night(write("monday.csv", export(build(0), build(1))))
    report = night(write("tuesday.csv", export(build(1), build(2))))
    assert report.counts == RowCounts(read=2, accepted=1, known=1)
    assert sorted(stored(layout).index) == ["job-0", "job-1", "job-2"]


def test_a_running_row_that_comes_back_ok_is_updated(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, ts_status="running", max_rss=5))))
    report = night(write("b.csv", export(build(0, ts_status="ok", max_rss=7))))
    assert report.counts == RowCounts(read=1, updated=1)
    assert stored(layout).loc["job-0", ["ts_status", "max_rss"]].tolist() == ["ok", 7]


def test_a_finished_row_never_goes_back_to_running(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, max_rss=7))))
    assert night(write("b.csv", export(build(0, ts_status="running", max_rss=5)))).counts.known == 1
    assert stored(layout).loc["job-0", ["ts_status", "max_rss"]].tolist() == ["ok", 7]


def test_running_and_ok_in_one_file_count_as_accepted_and_updated(night: Night, layout: Layout, write: Write) -> None:
    lines = [build(0, ts_status=status, max_rss=peak) for status, peak in (("running", 5), ("ok", 7), ("error", 9))]
    report = night(write("a.csv", export(*lines)))
    assert report.counts == RowCounts(read=3, accepted=1, updated=1, known=1)
    assert stored(layout).loc["job-0", "max_rss"] == 7


def test_an_update_keeps_what_only_the_first_export_knew(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, ts_status="running", branch="branch_7"))))
    night(write("b.csv", export(build(0, branch=""))))
    assert stored(layout).loc["job-0", ["branch", "ts_status"]].tolist() == ["branch_7", "ok"]


def test_an_update_may_move_a_row_to_another_month(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, ts_status="running", time="2025-03-31 23:59:59"), build(1))))
    night(write("b.csv", export(build(0, time="2025-04-01 00:00:01"))))
    assert len(stored(layout)) == 2
    assert [part.month for part in read_snapshot(layout).parts] == ["2025-04"]


def test_a_late_row_from_an_old_month_comes_in(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    report = night(write("b.csv", export(build(1, time="2024-12-31 10:00:00"))))
    assert report.counts.accepted == 1
    assert [part.month for part in read_snapshot(layout).parts] == ["2024-12", "2025-04"]


def test_a_twin_is_kept_and_flagged_and_the_first_row_is_the_original(
    night: Night, layout: Layout, write: Write
) -> None:
    night(write("a.csv", export(build(0, atom_id="z"))))
    report = night(write("b.csv", export(build(0, atom_id="a", branch="branch_2"))))
    assert report.counts == RowCounts(read=1, twins=1)
    assert stored(layout)["is_twin"].to_dict() == {"a": True, "z": False}


def test_of_twins_in_one_file_the_smallest_id_is_the_original(night: Night, layout: Layout, write: Write) -> None:
    report = night(write("a.csv", export(build(0, atom_id="b"), build(0, atom_id="a"), build(0, atom_id="c"))))
    assert report.counts == RowCounts(read=3, accepted=1, twins=2)
    assert stored(layout)["is_twin"].to_dict() == {"a": False, "b": True, "c": True}


def test_rows_without_a_value_in_a_twin_column_can_be_twins(night: Night, write: Write) -> None:
    lines = [build(0, atom_id=name, location="", memreq="") for name in "ab"]
    assert night(write("a.csv", export(*lines))).counts == RowCounts(read=2, accepted=1, twins=1)


def test_equal_time_and_peak_with_another_request_is_no_twin(night: Night, write: Write) -> None:
    lines = [build(0, atom_id="a"), build(0, atom_id="b", memreq=1)]
    assert night(write("a.csv", export(*lines))).counts.twins == 0


def test_a_twin_stands_alone_once_its_original_changes(night: Night, layout: Layout, write: Write) -> None:
    pair = [build(0, atom_id=name, ts_status="running", max_rss=5) for name in "ab"]
    night(write("a.csv", export(*pair)))
    assert stored(layout)["is_twin"].to_dict() == {"a": False, "b": True}
    night(write("b.csv", export(build(0, atom_id="a", max_rss=7))))
    assert stored(layout)["is_twin"].to_dict() == {"a": False, "b": False}


def test_an_original_never_becomes_the_twin_of_a_row_that_changed_later(
    night: Night, layout: Layout, write: Write
) -> None:
    night(write("a.csv", export(build(0, atom_id="a", ts_status="running", max_rss=5))))
    night(write("b.csv", export(build(0, atom_id="b", max_rss=7))))
    report = night(write("c.csv", export(build(0, atom_id="a", max_rss=7))))
    assert report.counts == RowCounts(read=1, updated=1)
    assert stored(layout)["is_twin"].to_dict() == {"a": True, "b": False}


def test_rows_without_an_id_are_known_by_their_content(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, atom_id=""), build(1, atom_id=""))))
    report = night(write("b.csv", export(build(0, atom_id="", jobs="8.0"), build(2, atom_id=""))))
    assert report.counts == RowCounts(read=2, accepted=1, known=1)
    assert all(name.startswith("digest-") for name in stored(layout).index)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"max_rss": "NaN"}, "max_rss:not_finite"),
        ({"memreq": "inf"}, "memreq:not_finite"),
        ({"max_rss": "-1"}, "max_rss:negative"),
        ({"jobs": "3.7"}, "jobs:fraction"),
        ({"jobs": "0x1F"}, "jobs:not_a_number"),
        ({"jobs": "many"}, "jobs:not_a_number"),
        ({"max_rss": "9" * 20}, "max_rss:too_large"),
        ({"max_rss": ""}, "max_rss:missing"),
        ({"max_rss": "0"}, "max_rss:zero"),
        ({"buildProfile": "  "}, "buildProfile:missing"),
        ({"time": ""}, "time:missing"),
        ({"time": "yesterday"}, "time:not_a_time"),
        ({"time": "epoch"}, "time:not_a_time"),
        ({"time": "2025-02-30 10:00:00"}, "time:not_a_time"),
        ({"time": "1970-01-01 00:00:00"}, "time:too_early"),
        ({"time": "2099-01-01 00:00:00"}, "time:in_future"),
        ({"ts_status": "exploded"}, "ts_status:unknown_status"),
    ],
)
def test_a_row_that_breaks_the_contract_is_quarantined_with_its_reason(
    night: Night, layout: Layout, write: Write, changes: dict[str, object], reason: str
) -> None:
    path = write("a.csv", export(build(0), build(1, **changes), build(2)))
    assert night(path).counts == RowCounts(read=3, accepted=2, quarantined=1)
    (row,) = read_quarantine(layout)
    assert (row.file, row.line, row.row_text) == (str(path), 3, build(1, **changes))
    assert row.reasons == (reason,)


def test_a_row_with_two_faults_gives_both(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, jobs="3.7", memreq="-1"))))
    assert read_quarantine(layout)[0].reasons == ("jobs:fraction", "memreq:negative")


@pytest.mark.parametrize("jobs", ["12", "12.0", "12.", "1.2e1", "+12", " 12 "])
def test_a_whole_number_may_be_written_in_other_ways(night: Night, layout: Layout, write: Write, jobs: str) -> None:
    night(write("a.csv", export(build(0, jobs=jobs))))
    assert stored(layout).loc["job-0", "jobs"] == 12


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-04-26 18:14:51", "2025-04-26 18:14:51"),
        ("2025-04-26T18:14:51Z", "2025-04-26 18:14:51"),
        ("2025-04-26T18:14:51.608+02:00", "2025-04-26 16:14:51.608"),
        ("2025-04-26 18:14:51.123456-0130", "2025-04-26 19:44:51.123456"),
        ("2025-04-26 18:14:51+02", "2025-04-26 16:14:51"),
    ],
)
def test_times_of_every_iso_form_are_utc(night: Night, layout: Layout, write: Write, text: str, utc: str) -> None:
    night(write("a.csv", export(build(0, time=text))))
    assert stored(layout).loc["job-0", "time"] == datetime.fromisoformat(utc)


def test_a_time_is_legal_up_to_24_hours_after_ingest(night: Night, write: Write) -> None:
    lines = [build(0, time="2025-05-02 00:00:00"), build(1, time="2025-05-02 00:00:00.000001")]
    counts = night(write("a.csv", export(*lines)), now=datetime(2025, 5, 1, tzinfo=UTC)).counts
    assert (counts.accepted, counts.quarantined) == (1, 1)


def test_a_job_cannot_end_before_it_was_submitted(night: Night, layout: Layout, write: Write) -> None:
    header = HEADER + ";finished_at"
    lines = [build(0) + ";2025-04-26 09:00:00", build(1) + ";2025-04-26 11:00:00", build(2) + ";"]
    assert night(write("a.csv", export(*lines, header=header))).counts.accepted == 2
    assert read_quarantine(layout)[0].reasons == ("finished_at:before_submission",)


def test_a_newer_version_of_a_file_does_not_fill_the_quarantine_again(
    night: Night, layout: Layout, write: Write
) -> None:
    night(write("a.csv", export(build(0), build(1, max_rss=-1))))
    report = night(write("a.csv", export(build(1, max_rss=-1), build(2), build(3, max_rss=-1))))
    assert report.counts == RowCounts(read=3, accepted=1, known=1, quarantined=1)
    assert [row.row_text for row in read_quarantine(layout)] == [build(1, max_rss=-1), build(3, max_rss=-1)]


def test_a_run_that_leaves_the_store_empty_is_bad_input(night: Night, write: Write) -> None:
    report = night(write("a.csv", export(build(0, max_rss=-1))))
    with pytest.raises(NoUsableRowError, match="1 rows read, 1 of them quarantined"):
        report.require_rows()


def test_a_file_that_was_left_is_why_the_store_is_empty(night: Night, write: Write) -> None:
    report = night(write("a.csv.gz", b"\x1f\x8b"))
    with pytest.raises(NoUsableRowError, match=r"0 rows read.*a\.csv\.gz left, .*a gzip stream that ends early"):
        report.require_rows()


class Outside:
    """A source of one file that answers or does not."""

    name = "//net/exports"

    def __init__(self, path: Path, listed: OSError | None = None, read: OSError | None = None) -> None:
        self.path, self.listed, self.read = path, listed, read

    def files(self) -> list[SourceFile]:
        if self.listed:
            raise self.listed
        file, (other,) = CsvFile(self.path, "away.csv", 0), FilesSource([self.path.parent / "b.csv"], NOW).files()
        if self.read:
            file.digest = self._fail
        return [file, other]

    def _fail(self) -> str:
        assert self.read
        raise self.read


def test_a_source_that_does_not_answer_is_told_from_bad_input(layout: Layout, write: Write) -> None:
    path = write("a.csv", export(build(0)))
    with (
        open_engine(layout) as engine,
        pytest.raises(UnreachableSourceError, match=r"source //net/exports: got Host is down; expected a source that"),
    ):
        ingest(engine, layout, Outside(path, listed=OSError(112, "Host is down")), now=NOW)


def test_a_file_that_does_not_answer_is_left_and_the_others_are_read(layout: Layout, write: Write) -> None:
    path = write("a.csv", export(build(0)))
    write("b.csv", export(build(1)))
    with open_engine(layout) as engine:
        report = ingest(engine, layout, Outside(path, read=FileNotFoundError(2, "No such file")), now=NOW)
        assert [file.state for file in report.files] == ["left", "read"]
        assert report.files[0].note.startswith("source away.csv: got No such file")
        assert report.counts == RowCounts(read=1, accepted=1)
        assert ingest(engine, layout, Outside(path), now=NOW).counts == RowCounts(read=2, accepted=1, known=1)


def test_a_file_that_may_not_be_read_is_refused_and_the_others_are_read(layout: Layout, write: Write) -> None:
    path = write("a.csv", export(build(0)))
    write("b.csv", export(build(1)))
    with open_engine(layout) as engine:
        report = ingest(engine, layout, Outside(path, read=PermissionError(13, "Permission denied")), now=NOW)
    assert [file.state for file in report.files] == ["refused", "read"]
    assert "got Permission denied; expected a place that this user may read" in report.files[0].note


def test_a_full_disk_is_not_taken_for_the_source(layout: Layout, write: Write) -> None:
    path = write("a.csv", export(build(0)))
    with open_engine(layout) as engine, pytest.raises(OSError, match="No space left"):
        ingest(engine, layout, Outside(path, listed=OSError(28, "No space left")), now=NOW)


def test_a_source_that_lists_nothing_is_an_error_only_for_an_empty_store(layout: Layout, write: Write) -> None:
    class Nothing:
        name = "farm://"

        def files(self) -> list[SourceFile]:
            return []

    with open_engine(layout) as engine:
        with pytest.raises(EmptySourceError, match="source farm://: got a source without a single file"):
            ingest(engine, layout, Nothing(), now=NOW)
        ingest(engine, layout, FilesSource([write("a.csv", export(build(0)))], NOW), now=NOW)
        report = ingest(engine, layout, Nothing(), now=NOW)
    assert (report.counts, report.stored, report.has_news) == (RowCounts(), 1, False)


def test_a_store_with_rows_needs_no_new_ones(night: Night, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    night(write("b.csv", export())).require_rows()


def test_a_file_and_its_digest_go_in_together_or_not_at_all(
    layout: Layout, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.csv", export(build(0)))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with open_engine(layout) as engine:
        with monkeypatch.context() as patch:
            patch.setattr("warehouse.ingest.TWIN_COLUMNS", map(killed, ["time"]))
            with pytest.raises(KeyboardInterrupt):
                ingest(engine, layout, FilesSource([path], NOW), now=NOW)
        assert engine.execute("SELECT count(*) FROM telemetry").fetchall() == [(0,)]
        assert ingest(engine, layout, FilesSource([path], NOW), now=NOW).counts.accepted == 1
        assert publish(engine, layout).rows == 1


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000 "])
def test_blanks_around_a_text_are_no_part_of_it(night: Night, layout: Layout, write: Write, blank: str) -> None:
    fields = build(0).split(";")
    place = HEADER.split(";").index("branch")
    fields[place] = f"{blank}feature/\u00e9 x{blank}"
    night(write("a.csv", export(";".join(fields))))
    assert read_rows(read_snapshot(layout))["branch"].tolist() == ["feature/\u00e9 x"]
