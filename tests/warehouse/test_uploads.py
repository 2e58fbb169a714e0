"""A file that somebody hands over: good rows typed, bad lines named, nothing raises but what says what to do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.errors import MissingColumnError, ResourcePredictionError, SourceError
from resource_prediction.features.raw_rows import read_submissions
from warehouse.uploads import UploadedJobs, read_upload

HEADER = "time;buildProfile;targets;jobs;memreq;note"


def upload(*lines: str, header: str = HEADER, **options: int) -> UploadedJobs:
    return read_upload("\n".join([header, *lines]).encode(), "jobs.csv", **options)


def test_good_rows_are_typed_and_know_their_line() -> None:
    jobs = upload("2025-04-26 10:00:00;x86-gcc;all,dist;8;150000;hello", "", "2025-04-26T12:00+02:00;arm;;;;")
    assert jobs.bad == ()
    assert jobs.rows["line"].tolist() == [2, 4]
    assert jobs.rows["time"].astype(str).tolist() == ["2025-04-26 10:00:00"] * 2
    assert jobs.rows["targets"].tolist()[0] == "all,dist"
    assert jobs.rows["targets"].isna().tolist() == [False, True]
    assert jobs.rows["memreq"].tolist()[0] == 150_000.0
    assert "note" not in jobs.rows
    assert len(read_submissions(jobs.rows)) == 2


def test_a_file_of_telemetry_is_read_although_its_peaks_are_no_peaks() -> None:
    jobs = upload("2025-04-26;x86;-7;nonsense", header="time;buildProfile;max_rss;ts_status")
    assert jobs.bad == ()
    assert list(jobs.rows.columns) == ["line", "time", "buildProfile"]


def test_a_job_of_a_day_to_come_is_no_fault() -> None:
    assert upload("2100-01-01;x86;;;;").bad == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("yesterday;x86;;;;", "time: got 'yesterday'; expected ISO 8601 date and time; UTC where no zone is given"),
        (";x86;;;;", "time: got nothing; expected a value, which every prediction needs"),
        ("now;x86;;;;", "time: got 'now'; expected ISO 8601 date and time; UTC where no zone is given"),
        ("1970-01-01;x86;;;;", "time: got '1970-01-01'; expected the year 2000 or later"),
        ("2025-04-26; ;;;;", "buildProfile: got nothing; expected a value, which every prediction needs"),
        ("2025-04-26;x86;;many;;", "jobs: got 'many'; expected digits, with a zero fraction or an exponent at most"),
        ("2025-04-26;x86;;-1;;", "jobs: got '-1'; expected zero or more"),
        ("2025-04-26;x86;;3.7;;", "jobs: got '3.7'; expected a whole number; 12.0 is one, 3.7 is not"),
        ("2025-04-26;x86;;1e999;;", "jobs: got '1e999'; expected neither NaN nor infinite"),
        (
            "2025-04-26;x86;;;0;",
            "memreq: got '0'; expected more than zero, for peaks, requests and allocations",
        ),
        ("2025-04-26;x86", "line: expected as many fields as the header has"),
    ],
)
def test_a_bad_line_is_named_with_its_rule_and_the_others_are_read(line: str, reason: str) -> None:
    jobs = upload("2025-04-26;x86;;12.0;;", line, "2025-04-27;x86;;;;")
    assert [(bad.line, bad.reason) for bad in jobs.bad] == [(3, reason)]
    assert jobs.rows["line"].tolist() == [2, 4]


def test_a_line_that_is_no_text_is_named() -> None:
    content = HEADER.encode() + b"\n2025-04-26;\xff;;;;\n2025-04-26;x\0;;;;\n"
    rule = "line: expected UTF-8 text without NUL characters"
    assert [bad.reason for bad in read_upload(content, "jobs.csv").bad] == [rule, rule]


def test_commas_quotes_a_byte_order_mark_and_windows_line_breaks_are_read() -> None:
    content = b'\xef\xbb\xbftime,buildProfile,targets\r\n2025-04-26,x86,"all,dist"\r\n2025-04-26,x86,"all\r\n'
    jobs = read_upload(content, "jobs.csv")
    assert jobs.rows["targets"].tolist() == ["all,dist"]
    assert [(bad.line, bad.reason.split(":")[0]) for bad in jobs.bad] == [(3, "line")]


def test_a_header_without_rows_is_a_file_without_rows() -> None:
    jobs = upload()
    assert len(jobs.rows) == 0
    assert jobs.bad == ()


def test_what_is_no_table_of_jobs_is_refused_with_what_is_missing() -> None:
    with pytest.raises(MissingColumnError, match=r"column 'time' in jobs\.csv: got columns a, b"):
        upload(header="a;b")
    with pytest.raises(SourceError, match="column 'jobs' 2 times"):
        upload(header="time;buildProfile;jobs;jobs")
    with pytest.raises(SourceError, match="bytes that are not UTF-8"):
        read_upload(b"\xff\xfe\x00", "jobs.csv")
    with pytest.raises(SourceError, match="characters that is no header"):
        read_upload(b"x" * 200_000, "jobs.csv")


def test_more_rows_than_can_be_answered_are_refused() -> None:
    lines = ["2025-04-26;x86;;;;"] * 3
    assert len(upload(*lines, most_rows=3).rows) == 3
    with pytest.raises(SourceError, match=r"more than 2 rows; expected at most 2\. Split it"):
        upload(*lines, most_rows=2)


@settings(max_examples=25)
@given(st.binary(max_size=300))
def test_no_bytes_whatsoever_bring_another_error_than_ours(rest: bytes) -> None:
    for content in (rest, HEADER.encode() + b"\n" + rest, b"time,buildProfile,targets\n" + rest):
        try:
            jobs = read_upload(content, "jobs.csv")
        except ResourcePredictionError as error:
            assert error.next_step  # noqa: PT017 - both ends are legal, each with its promise
            continue
        assert len(read_submissions(jobs.rows)) == len(jobs.rows)


@settings(max_examples=25)
@given(st.lists(st.text(max_size=12), min_size=6, max_size=6))
def test_no_text_in_a_field_brings_an_error(fields: list[str]) -> None:
    jobs = upload(";".join(fields))
    assert len(read_submissions(jobs.rows)) == len(jobs.rows)
