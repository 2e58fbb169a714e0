"""Promises of savings by group and of the list of jobs at risk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.replay.groups import job_table, jobs_at_risk, savings_by
from resource_prediction.replay.sums import PolicySums
from tests.resource_prediction.replay.jobs import scored_jobs

JOBS = scored_jobs([4, 6, 2, 9], component=["editor", "editor", "kernel", "kernel"])
SIZES = st.floats(0.1, 50)
TABLE = job_table(JOBS, np.array([5.0, 5.0, 4.0, 7.0]))  # requests of 10 each


def test_savings_of_each_component_by_head() -> None:
    editor, kernel = savings_by(TABLE, "component")
    assert {each["name"]: (each["rows"], each["under_rows"], each["gib_saved"]) for each in (editor, kernel)} == {
        "editor": (2, 1, 0.0),
        "kernel": (2, 1, -1.0),
    }
    assert editor["share_pct"] is None  # there is nothing to have a share of


def test_jobs_at_risk_are_those_below_their_peak_the_worst_first() -> None:
    risky = jobs_at_risk(TABLE)
    assert risky["missing_gib"].tolist() == [2.0, 1.0]
    assert risky["component"].tolist() == ["kernel", "editor"]


def test_a_job_without_a_component_is_in_a_group_of_its_own() -> None:
    jobs = scored_jobs([4, 4], component=["editor", None])  # type: ignore[list-item]
    groups = savings_by(job_table(jobs, np.array([5.0, 6.0])), "component")
    assert [(each["name"], each["gib_saved"]) for each in groups] == [("editor", 5.0), ("(none)", 4.0)]
    assert [each["share_pct"] for each in groups] == pytest.approx([500 / 9, 400 / 9])


def test_a_column_that_the_telemetry_lacks_has_no_groups() -> None:
    assert savings_by(TABLE, "makeType") == []


def test_a_job_without_a_request_saves_nothing_whether_it_fits_or_not() -> None:
    jobs = scored_jobs([4, 4, 4], request_gib=[10, np.nan, np.nan])
    table = job_table(jobs, np.array([5.0, 5.0, 3.0]))
    assert table["saved_gib"].tolist() == pytest.approx([5.0, np.nan, np.nan], nan_ok=True)
    assert [(each["rows"], each["under_rows"], each["gib_saved"]) for each in savings_by(table, "component")] == [
        (3, 1, 5.0)
    ]


@given(st.lists(st.tuples(SIZES, SIZES, SIZES | st.just(np.nan), st.sampled_from("abc")), min_size=1, max_size=20))
def test_the_groups_add_up_to_what_is_saved_on_all_jobs(drawn: list[tuple[float, float, float, str]]) -> None:
    peak, allocation, request, component = zip(*drawn, strict=True)
    jobs = scored_jobs(peak, request, component=component)
    groups = savings_by(job_table(jobs, np.array(allocation)), "component")
    whole = PolicySums.of(jobs, np.array(allocation))
    assert sum(group["gib_saved"] for group in groups) == pytest.approx(whole.saved_gib)
    assert sum(group["under_rows"] for group in groups) == whole.under_rows
    assert sum(group["rows"] for group in groups) == len(drawn)
