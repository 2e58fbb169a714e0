"""Raw rows as typed arrays: the same whether they come as a frame or as dicts, few or many; faults by column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.errors import MissingColumnError, TelemetryError
from resource_prediction.features.raw_rows import RawRows, Submissions, read_instants, read_submissions

NOON_US = 1_767_268_800_000_000
"""2026-01-01 12:00 UTC."""

ROW: dict[str, Any] = {"time": "2026-01-01 12:00:00", "buildProfile": "p", "jobs": 8, "memreq": 1024}


def words(submissions: Submissions, name: str) -> list[str | None]:
    column = submissions.text[name]
    return [column.values[code] for code in column.codes]


def many(**changes: Any) -> list[dict[str, Any]]:
    """More rows than are read one by one, the first one changed."""
    return [{**ROW, **changes}, *([ROW] * 99)]


@pytest.mark.parametrize(
    "instant",
    [
        "2026-01-01 12:00:00",
        "2026-01-01T12:00",
        "2026-01-01T12:00:00Z",
        "2026-01-01T14:00:00+02:00",
        "2026-01-01 07:00:00.000000-05:00",
        datetime(2026, 1, 1, 12),  # noqa: DTZ001 - naive is UTC
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))),
        pd.Timestamp("2026-01-01 12:00"),
        pd.Timestamp("2026-01-01 13:00", tz="Europe/Berlin"),
        np.datetime64("2026-01-01T12:00"),
    ],
)
def test_an_instant_is_the_same_in_every_form_and_utc_where_it_has_no_zone(instant: object) -> None:
    frame = pd.DataFrame({"time": [instant], "buildProfile": ["p"]})
    forms: list[RawRows] = [[{**ROW, "time": instant}], many(time=instant), frame, pd.concat([frame] * 100)]
    for rows in forms:
        assert read_submissions(rows).submitted_us[0] == NOON_US


def test_microseconds_are_kept_and_nanoseconds_are_not() -> None:
    for time in ("2026-01-01T12:00:00.000001", pd.Timestamp("2026-01-01T12:00:00.000001999")):
        for rows in ([{**ROW, "time": time}], many(time=time)):
            assert read_submissions(rows).submitted_us[0] == NOON_US + 1


@pytest.mark.parametrize("time", ["yesterday", "", None, float("nan"), pd.NaT, 1_767_268_800, "12:00"])
@pytest.mark.parametrize("count", [1, 100])
def test_what_is_no_instant_is_an_error_that_names_the_column(time: object, count: int) -> None:
    with pytest.raises(TelemetryError, match=r"column 'time': got .*expected .*(time stamp|ISO)"):
        read_submissions(many(time=time)[:count])


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, ""])
@pytest.mark.parametrize("count", [1, 100])
def test_a_missing_word_or_number_is_missing_in_every_form(nothing: object, count: int) -> None:
    found = read_submissions(many(branch=nothing, jobs=nothing)[:count])
    assert words(found, "branch")[0] is None
    assert np.isnan(found.numbers["jobs"][0])


@pytest.mark.parametrize("number", [8, 8.0, "8", "8.0", np.int64(8), np.float32(8)])
def test_a_number_may_come_as_text(number: object) -> None:
    for rows in ([{**ROW, "jobs": number}], many(jobs=number), pd.DataFrame([{**ROW, "jobs": number}])):
        assert read_submissions(rows).numbers["jobs"][0] == 8.0


@pytest.mark.parametrize("column", ["jobs", "localJobs", "memreq"])
@pytest.mark.parametrize("number", ["many", -1, float("inf"), "-inf", [8]])
@pytest.mark.parametrize("count", [1, 100])
def test_what_is_no_number_is_an_error_that_names_the_column(column: str, number: object, count: int) -> None:
    with pytest.raises(TelemetryError, match=f"column '{column}': got"):
        read_submissions(many(**{column: number})[:count])


@pytest.mark.parametrize("column", ["component", "buildProfile"])
@pytest.mark.parametrize("count", [1, 100])
def test_a_number_where_a_word_belongs_is_an_error_that_names_the_column(column: str, count: int) -> None:
    with pytest.raises(TelemetryError, match=f"column '{column}': got 7; expected text"):
        read_submissions(many(**{column: 7})[:count])


@pytest.mark.parametrize("nothing", [None, float("nan"), ""])
@pytest.mark.parametrize("count", [1, 100])
def test_a_missing_build_profile_is_an_error_however_many_rows_there_are(nothing: object, count: int) -> None:
    with pytest.raises(TelemetryError, match=r"column 'buildProfile': got .*expected text"):
        read_submissions(many(buildProfile=nothing)[:count])


def test_a_missing_column_is_told_from_a_missing_value() -> None:
    with pytest.raises(MissingColumnError, match="column 'time': got columns buildProfile; expected"):
        read_submissions([{"buildProfile": "p"}])
    with pytest.raises(MissingColumnError, match="column 'buildProfile': got columns time; expected"):
        read_submissions(pd.DataFrame({"time": ["2026-01-01"]}))


def test_dicts_with_different_keys_are_one_table() -> None:
    found = read_submissions([{**ROW, "branch": "b"}, ROW, {**ROW, "component": "c"}])
    assert words(found, "branch") == ["b", None, None]
    assert words(found, "component") == [None, None, "c"]


def test_columns_without_a_value_are_told() -> None:
    found = read_submissions([{**ROW, "branch": "b"}])
    assert found.empty_columns() == ["location", "makeType", "targets", "component", "localJobs"]
    assert read_submissions([]).empty_columns() == []


def test_missing_and_present_ends_of_jobs_are_read() -> None:
    found = read_instants("finished_at", pd.Series(["2026-01-01T12:00:00Z", None], dtype=object))
    assert found.isna().tolist() == [False, True]
    assert found[0] == pd.Timestamp("2026-01-01 12:00", tz="UTC")
    assert read_instants("finished_at", pd.Series([np.nan, np.nan])).isna().all()
    with pytest.raises(TelemetryError, match="column 'finished_at': got"):
        read_instants("finished_at", pd.Series([17, 18]))


@given(
    st.lists(
        st.fixed_dictionaries(
            {"time": st.datetimes(datetime(2001, 1, 1), datetime(2030, 1, 1)), "buildProfile": st.text(min_size=1)},  # noqa: DTZ001
            optional={"branch": st.none() | st.text(), "jobs": st.none() | st.integers(0, 10**9)},
        ),
        min_size=1,
        max_size=8,
    )
)
def test_few_dicts_many_dicts_and_a_frame_read_the_same(rows: list[dict[str, Any]]) -> None:
    few = read_submissions(rows)
    repeated = read_submissions(rows * (1 + 64 // len(rows)))
    frame = read_submissions(pd.DataFrame(rows, columns=["time", "buildProfile", "branch", "jobs"]))
    for found in (repeated, frame):
        np.testing.assert_array_equal(found.submitted_us[: len(rows)], few.submitted_us)
        np.testing.assert_array_equal(found.numbers["jobs"][: len(rows)], few.numbers["jobs"])
        for name in ("buildProfile", "branch"):
            assert words(found, name)[: len(rows)] == words(few, name)


@pytest.mark.parametrize("rows", [{"time": "2026-01-05", "buildProfile": "p"}, "job", None, 5, [None], [1, 2]])
def test_anything_but_a_frame_or_a_list_of_dicts_is_refused_in_words(rows: Any) -> None:
    with pytest.raises(TelemetryError, match="expected a data frame, or a list of dicts"):
        read_submissions(rows)
