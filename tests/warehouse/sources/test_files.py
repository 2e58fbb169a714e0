"""How files are read: formats, rubbish, unfinished files. Not here: the account of good rows (test_ingest.py)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from resource_prediction.errors import MissingColumnError, SourceError, UnsettledFileError
from tests.warehouse.exports import HEADER, build, export
from warehouse.ingest import IngestReport, RowCounts
from warehouse.layout import Layout
from warehouse.publish import read_rows, read_snapshot
from warehouse.quarantine import read_quarantine
from warehouse.sources import csv_lines
from warehouse.sources.csv_file import CsvFile

Night = Callable[..., IngestReport]
Write = Callable[[str, bytes], Path]


def commas(*lines: str) -> bytes:
    """The same export with commas, and quotes around what holds one."""
    quoted = [",".join(f'"{field}"' if "," in field else field for field in line.split(";")) for line in lines]
    return export(*quoted, header=HEADER.replace(";", ","))


def zstd(content: bytes) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    return packed.getvalue().to_pybytes()


def test_a_reordered_header_is_read_by_name(night: Night, layout: Layout, write: Write) -> None:
    backwards = [";".join(line.split(";")[::-1]) for line in (HEADER, build(0))]
    night(write("a.csv", export(backwards[1], header=backwards[0])))
    row = read_rows(read_snapshot(layout)).iloc[0]
    assert (row["atom_id"], row["max_rss"], row["memreq"]) == ("job-0", 1e9, 150_000)


def test_a_missing_optional_column_is_empty(night: Night, layout: Layout, write: Write) -> None:
    lines = [line.rpartition(";")[0] for line in (HEADER, build(0))]
    assert night(write("a.csv", export(lines[1], header=lines[0]))).counts.accepted == 1
    assert read_rows(read_snapshot(layout))["memreq"].isna().all()


def test_a_missing_needed_column_is_named_with_its_file(night: Night, write: Write) -> None:
    path = write("a.csv", export(header=HEADER.replace("max_rss", "peak")))
    with pytest.raises(MissingColumnError, match=r"column 'max_rss' in .*a\.csv: got columns atom_id, .*peak"):
        night(path)


def test_a_column_that_is_there_twice_is_refused(night: Night, write: Write) -> None:
    path = write("a.csv", export(header=HEADER + ";memreq"))
    with pytest.raises(SourceError, match="got column 'memreq' 2 times"):
        night(path)


def test_columns_that_the_contract_does_not_know_are_ignored(night: Night, write: Write) -> None:
    content = export(build(0) + ";x;y", header=HEADER + ";JOBS;note")
    assert night(write("a.csv", content)).counts.accepted == 1


PAIR = export(build(0), build(1))
FORMS = {
    "semicolon": PAIR,
    "comma": commas(build(0), build(1)),
    "tab": PAIR.replace(b";", b"\t"),
    "crlf": export(build(0), build(1), line_break="\r\n"),
    "comma_and_crlf": commas(build(0), build(1)).replace(b"\n", b"\r\n"),
    "lf_then_crlf": export(build(0)) + (build(1) + "\r\n").encode(),
    "crlf_then_lf": PAIR.replace(b"\n", b"\r\n", 1),
    "byte_order_mark": b"\xef\xbb\xbf" + PAIR,
    "blank_lines": export(build(0), "", build(1), "", ""),
    "no_last_line_break": PAIR[:-1],
    "semicolon_and_quotes": b"".join(b'"' + line.replace(b";", b'";"') + b'"\n' for line in PAIR.splitlines()),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_an_export_gives_the_same_rows(
    night: Night, layout: Layout, write: Write, content: bytes
) -> None:
    assert night(write("a.csv", content)).counts == RowCounts(read=2, accepted=2)
    frame = read_rows(read_snapshot(layout), ["atom_id", "targets", "max_rss", "memreq"])
    assert frame.to_numpy().tolist() == [["job-0", "all,dist", 1e9, 150_000], ["job-1", "all,dist", 2e9, 150_000]]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst", "A.CSV.GZ"])
def test_compressed_files_are_read(night: Night, write: Write, name: str) -> None:
    pack = gzip.compress if name.lower().endswith("gz") else zstd
    assert night(write(name, pack(export(build(0), build(1))))).counts == RowCounts(read=2, accepted=2)


def test_a_gzip_file_of_several_members_is_read_to_its_end(night: Night, write: Write) -> None:
    content = gzip.compress(export(build(0))) + gzip.compress((build(1) + "\n").encode())
    assert night(write("a.csv.gz", content)).counts.accepted == 2


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst"])
def test_a_truncated_file_is_left_and_read_once_it_is_whole(night: Night, write: Write, name: str) -> None:
    lines = [build(number, branch=f"branch_{number**7}") for number in range(50)]
    packed = (gzip.compress if name.endswith("gz") else zstd)(export(*lines))
    report = night(write(name, packed[: len(packed) // 2]))
    assert report.counts == RowCounts()
    assert report.files[0].state == "left"
    assert "ends early or is damaged" in report.files[0].note
    assert night(write(name, packed)).counts.accepted == 50


def test_a_parquet_file_of_any_types_is_read(night: Night, layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "day=1" / "a.parquet"
    path.parent.mkdir()
    duckdb.sql(
        "SELECT 'job-' || n AS atom_id, TIMESTAMPTZ '2025-04-26 12:00:00+02' AS time, 'linux' AS buildProfile,"
        " CAST(n AS DOUBLE) * 1e10 AS max_rss, 8.0 AS jobs, NULL AS memreq FROM range(3) AS rows(n)"
    ).write_parquet(str(path))
    assert night(path).counts == RowCounts(read=3, accepted=2, quarantined=1)
    frame = read_rows(read_snapshot(layout), ["atom_id", "time", "max_rss", "jobs"])
    assert frame["max_rss"].tolist() == [1e10, 2e10]
    assert frame["jobs"].tolist() == [8, 8]
    assert frame["time"][0] == datetime(2025, 4, 26, 10)  # noqa: DTZ001 - published times are naive UTC
    (row,) = read_quarantine(layout)
    assert (row.line, row.reasons) == (1, ("max_rss:zero",))
    assert '"atom_id":"job-0"' in row.row_text


def test_a_parquet_file_without_its_end_is_left(night: Night, write: Write, tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    duckdb.sql("SELECT TIMESTAMP '2025-04-26' AS time, 'linux' AS buildProfile, 5 AS max_rss").write_parquet(str(whole))
    report = night(write("a.parquet", whole.read_bytes()[:-10]))
    assert report.files[0].state == "left"
    assert "\n" not in report.files[0].note
    assert night(write("a.parquet", whole.read_bytes())).counts.accepted == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('a,"b', "unclosed_quote"),
        ('x"y,"z', "unclosed_quote"),
        ('"a"b,c', "unclosed_quote"),
        ("too,few", "field_count"),
        ("too,many" * 12, "field_count"),
        ("nul\0,byte", "encoding"),
        ("carriage\rreturn", "line_break"),
    ],
)
def test_a_broken_line_is_quarantined_alone(night: Night, layout: Layout, write: Write, line: str, code: str) -> None:
    lines = commas(build(0), build(1), build(2)).split(b"\n")
    content = b"\n".join([*lines[:2], line.encode(), *lines[2:]])
    assert night(write("a.csv", content)).counts == RowCounts(read=4, accepted=3, quarantined=1)
    (row,) = read_quarantine(layout)
    assert (row.line, row.reasons) == (3, (f"line:{code}",))
    assert row.row_text == line.replace("\0", "\\0")


@pytest.mark.parametrize("line_break", ["\n", ""], ids=["closed", "open"])
def test_a_broken_line_that_begins_a_block_is_counted_once(
    night: Night, layout: Layout, write: Write, monkeypatch: pytest.MonkeyPatch, line_break: str
) -> None:
    monkeypatch.setattr(csv_lines, "BLOCK_BYTES", 1)  # each line is a block of its own
    content = export(build(0), "too;few", build(1)) + f"cut;off{line_break}".encode()
    assert night(write("a.csv", content)).counts == RowCounts(read=4, accepted=2, quarantined=2)
    assert [(row.line, row.row_text) for row in read_quarantine(layout)] == [(3, "too;few"), (5, "cut;off")]


def test_text_that_is_not_utf_8_is_quarantined_alone(night: Night, layout: Layout, write: Write) -> None:
    content = export(build(0), build(1), build(2)).replace(b"branch_1", b"br\xffnch", 2).replace(b"br\xffnch", b"b", 1)
    assert night(write("a.csv", content)).counts == RowCounts(read=3, accepted=2, quarantined=1)
    assert read_quarantine(layout)[0].reasons == ("line:encoding",)


def test_a_semicolon_file_has_no_quotes(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0, branch='say "hi'), build(1))))
    assert read_rows(read_snapshot(layout))["branch"].tolist() == ['say "hi', "branch_1"]


def test_a_line_of_megabytes_is_quarantined_alone(night: Night, layout: Layout, write: Write) -> None:
    content = export(build(0), build(1, branch="x" * 3_000_000), build(2))
    assert night(write("a.csv", content)).counts == RowCounts(read=3, accepted=2, quarantined=1)
    assert read_quarantine(layout)[0].reasons == ("line:too_long",)


def test_line_numbers_count_broken_and_blank_lines(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv", export(build(0), "", "broken", build(1, max_rss=-1), "", build(2, max_rss=-2))))
    assert [row.line for row in read_quarantine(layout)] == [4, 5, 7]


@pytest.mark.parametrize(("content", "note"), [(b"", "no header"), (HEADER.encode() + b"\n", "no rows")])
def test_a_file_without_rows_is_no_error(night: Night, write: Write, content: bytes, note: str) -> None:
    report = night(write("a.csv", content))
    assert report.counts == RowCounts()
    assert (report.files[0].state, report.files[0].note) == ("empty", note)


def test_a_file_that_grew_is_read_again_and_only_its_new_rows_count(night: Night, write: Write) -> None:
    night(write("a.csv", export(build(0))))
    assert night(write("a.csv", export(build(0), build(1)))).counts == RowCounts(read=2, accepted=1, known=1)


def test_a_fresh_file_that_ends_inside_a_line_is_left(night: Night, write: Write) -> None:
    path = write("a.csv", export(build(0), build(1))[:-4])
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    report = night(path, now=written)
    assert (report.files[0].state, report.counts) == ("left", RowCounts())
    assert "last line without a line break" in report.files[0].note
    write("a.csv", export(build(0), build(1)))
    assert night(path, now=written).counts.accepted == 2


def test_a_file_that_changes_while_it_is_read_is_left(tmp_path: Path, write: Write) -> None:
    path = write("a.csv", export(build(0)))
    file = CsvFile(path, "a.csv", now=0)
    file.digest()
    with duckdb.connect() as memory, file.open(memory, tmp_path) as rows:
        assert rows is not None
        with path.open("ab") as growing:
            growing.write(build(1).encode())
        memory.execute(f"SELECT * FROM {rows.relation}").fetchall()  # noqa: S608
        with pytest.raises(UnsettledFileError, match="changed while it was read"):
            rows.broken_lines(memory)


def test_a_folder_is_read_with_all_below_it(night: Night, write: Write) -> None:
    write("2025/b.csv", export(build(1)))
    write("README.txt", b"no telemetry")
    write(".unfinished.csv", export(build(2)))
    write("_temporary/c.csv", export(build(3)))
    folder = write("a.csv", export(build(0))).parent
    report = night(folder)
    assert [Path(file.name).name for file in report.files] == ["b.csv", "a.csv"]
    assert report.counts.accepted == 2


def test_a_glob_is_read(night: Night, write: Write) -> None:
    write("b.csv", export(build(1)))
    folder = write("a.csv.gz", gzip.compress(export(build(0)))).parent
    assert night(folder / "a*").counts.accepted == 1
    assert night(folder / "*.csv", folder / "b.csv").counts.accepted == 1


def test_one_file_that_is_no_telemetry_does_not_stop_the_others(night: Night, write: Write) -> None:
    write("a.csv", b"name;age\nAda;36\n")
    folder = write("b.csv", export(build(0))).parent
    report = night(folder)
    assert [file.state for file in report.files] == ["refused", "read"]
    assert "column 'time'" in report.files[0].note
    assert report.counts == RowCounts(read=1, accepted=1)


@pytest.mark.parametrize(
    ("place", "got"),
    [
        ("missing.csv", "a path that does not exist"),
        ("*.csv", "a pattern that matches no such file"),
        ("", "a folder without such a file"),
        ("notes.txt", r"a file that ends with \.txt"),
    ],
)
def test_a_place_without_telemetry_says_so(night: Night, write: Write, place: str, got: str) -> None:
    folder = write("notes.txt", b"hello").parent
    with pytest.raises(SourceError, match=f"got {got}; expected a file, folder or glob with .csv"):
        night(folder / place)


def test_a_folder_of_other_tables_says_which_column_is_missing(night: Night, write: Write) -> None:
    folder = write("people.csv", b"name;age\nAda;36\n").parent
    with pytest.raises(MissingColumnError, match=r"column 'time' in .*people\.csv"):
        night(folder)


def test_a_header_that_is_not_text_is_refused(night: Night, write: Write) -> None:
    path = write("a.csv", HEADER.encode("utf-16"))
    with pytest.raises(SourceError, match="expected UTF-8 text"):
        night(path)


def test_unpacked_files_are_removed_again(night: Night, layout: Layout, write: Write) -> None:
    night(write("a.csv.gz", gzip.compress(export(build(0)))))
    assert list(layout.staging.iterdir()) == []
