"""Promises of the evidence ledger."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.errors import GateError
from resource_prediction.evidence import (
    LEDGER_COLUMNS,
    complete_until,
    empty_ledger,
    ledger_entries,
    ledger_score,
    new_entries,
    segments,
    served_recipe,
)
from resource_prediction.scoring import business_score

MIDNIGHT = pd.Timestamp("2025-04-28")
HOUR = timedelta(hours=1)


def _scored(
    hours: list[float], peak_gib: list[float], allocation_gib: list[float], **columns: list[object]
) -> pd.DataFrame:
    times = pd.Series(MIDNIGHT + pd.to_timedelta(hours, unit="h")).astype("datetime64[us]")
    segment = columns.pop("segment", ["core"] * len(hours))
    jobs = {"time": times, "segment": segment, "peak_gib": peak_gib, "allocation_gib": allocation_gib, **columns}
    return pd.DataFrame(jobs)


def _entries(scored: pd.DataFrame, recipe: str = "r", fitted_hour: float = 0, newest_hour: float = 100) -> pd.DataFrame:
    return ledger_entries(
        scored,
        recipe=recipe,
        fitted_until=MIDNIGHT + fitted_hour * HOUR,
        newest_known=MIDNIGHT + newest_hour * HOUR,
        label_delay=HOUR,
    )


def test_jobs_are_summed_by_six_hour_block_and_segment() -> None:
    scored = _scored([0, 5.9, 6, 1], [4, 2, 8, 1], [3, 3, 9, 2], segment=["core", "core", "core", "docs"])
    ledger = _entries(scored)
    assert tuple(ledger.columns) == LEDGER_COLUMNS
    midnight, six = "2025-04-28T00:00:00.000000", "2025-04-28T06:00:00.000000"
    assert ledger.drop(columns=["recipe", "fitted_until"]).values.tolist() == [
        [midnight, "core", 2, 1, 1.0, 6.0],
        [midnight, "docs", 1, 0, 1.0, 1.0],
        [six, "core", 1, 0, 1.0, 8.0],
    ]
    assert set(ledger["fitted_until"]) == {midnight}


def test_a_block_enters_a_day_and_the_label_delay_after_its_end() -> None:
    scored = _scored([0, 6], [1, 1], [1, 1])
    assert len(_entries(scored, newest_hour=6 + 25 - 0.01)) == 0
    assert len(_entries(scored, newest_hour=6 + 25)) == 1
    assert len(_entries(scored, newest_hour=12 + 25)) == 2
    assert complete_until(MIDNIGHT, HOUR) == MIDNIGHT - 25 * HOUR


def test_a_block_that_the_fit_saw_the_beginning_of_is_left_out() -> None:
    ledger = _entries(_scored([5, 6, 12], [1, 1, 1], [1, 1, 1]), fitted_hour=4)
    assert ledger["block_start"].str[11:13].tolist() == ["06", "12"]


def test_a_censored_job_counts_as_under_for_an_allocation_up_to_its_peak() -> None:
    ledger = _entries(_scored([0, 1], [3, 3], [3, 3], censored=[True, False]))
    assert ledger["under_rows"].tolist() == [1]


def test_a_block_enters_once_even_where_a_late_job_brings_a_new_segment() -> None:
    first = _entries(_scored([0, 1], [1, 1], [1, 1]))
    later = _entries(_scored([0, 1, 2, 7], [1, 1, 9, 1], [1, 1, 1, 1], segment=["core", "core", "docs", "core"]))
    added = new_entries(first, later)
    assert added["block_start"].str[11:13].tolist() == ["06"]
    assert len(new_entries(pd.concat([first, added]), later)) == 0


def test_the_same_block_enters_for_each_recipe() -> None:
    scored = _scored([0], [1], [1])
    held = _entries(scored, recipe="r")
    assert len(new_entries(held, _entries(scored, recipe=served_recipe("r")))) == 1


def test_the_same_block_enters_for_each_fit_of_a_recipe() -> None:
    held = _entries(_scored([6], [1], [1]), fitted_hour=0)
    other = _entries(_scored([6], [1], [1]), fitted_hour=1)
    assert len(new_entries(held, other)) == 1
    assert len(new_entries(pd.concat([held, other]), other)) == 0


def test_a_score_takes_each_block_once_from_its_newest_fit() -> None:
    older = _entries(_scored([6, 12], [10, 10], [20, 20]), fitted_hour=0)
    newer = _entries(_scored([12], [10], [10]), fitted_hour=7)
    score = ledger_score(pd.concat([newer, older]), "r")
    assert (score.rows, score.under_pct, score.over_pct) == (2, 0.0, 50.0)


def test_everything_is_new_to_an_empty_ledger() -> None:
    entries = _entries(_scored([0], [1], [1]))
    pd.testing.assert_frame_equal(new_entries(empty_ledger(), entries), entries)


def test_no_jobs_give_no_entries() -> None:
    pd.testing.assert_frame_equal(_entries(_scored([], [], [])), empty_ledger())


def test_a_ledger_without_a_column_is_refused_by_name() -> None:
    with pytest.raises(GateError, match="a table without fitted_until"):
        new_entries(empty_ledger().drop(columns="fitted_until"), empty_ledger())


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_every_component_is_a_segment_however_small_and_a_missing_one_is_other(dtype: str) -> None:
    component = pd.Series(["core", "core", "docs", None], dtype=dtype)
    assert segments(component).tolist() == ["core", "core", "docs", "other"]


def test_rows_without_a_component_are_all_other() -> None:
    assert segments(pd.Series([None, None])).tolist() == ["other", "other"]


SEGMENTS = st.sampled_from(["core", "docs", "other"])
JOB = st.tuples(st.integers(0, 71), SEGMENTS, st.floats(0.01, 99), st.floats(0, 99), st.booleans())
JOBS = st.lists(JOB, min_size=1, max_size=50)


@settings(max_examples=40)
@given(JOBS)
def test_the_ledger_of_all_blocks_gives_the_score_of_all_jobs(jobs: list[tuple[int, str, float, float, bool]]) -> None:
    hours, segment, peak_gib, allocation_gib, censored = (list(column) for column in zip(*jobs, strict=True))
    scored = _scored(hours, peak_gib, allocation_gib, segment=segment, censored=censored)
    expected = business_score(peak_gib, allocation_gib, censored=censored)
    score = ledger_score(_entries(scored, newest_hour=200), "r")
    np.testing.assert_allclose(
        [score.score, score.under_pct, score.over_pct, score.rows],
        [expected.score, expected.under_pct, expected.over_pct, expected.rows],
        rtol=1e-9,
        atol=1e-9,
    )
