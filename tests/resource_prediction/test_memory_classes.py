"""Memory classes: which job is in which, what a class costs before and after."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.memory_classes import ALL, Side, by_memory_class
from resource_prediction.scoring import business_score

NOBODY = np.nan


def test_a_class_tells_the_same_jobs_before_and_after() -> None:
    classes = by_memory_class(
        peak_gib=np.array([1.0, 3.0, 6.0]),
        allocation_gib=np.array([2.0, 4.0, 4.0]),
        request_gib=np.array([4.0, 5.0, 8.0]),
    )
    assert [(each.name, each.rows) for each in classes] == [("1.5 to 2 GiB", 1), ("3 to 4 GiB", 2), (ALL, 3)]
    small, middle, total = classes
    assert (small.before, small.after) == (Side(1, 0.0, 300.0, 3.0), Side(1, 0.0, 100.0, 1.0))
    assert small.gib_saved == 2.0
    # Of the two, one has 1 GiB too much, and one got 4 of the 6 it needs and runs again at its request.
    assert middle.after == Side(2, 50.0, 100 / 9, 1.0)
    assert middle.before == Side(2, 0.0, 400 / 9, 4.0)
    assert middle.gib_saved == 1.0 - 4.0
    assert total.gib_saved == -1.0


def test_both_sides_are_of_the_jobs_with_a_request_and_the_others_are_counted() -> None:
    one, total = by_memory_class(
        peak_gib=np.array([1.0, 1.0, 9.0]),
        allocation_gib=np.array([1.5, 1.5, 4.0]),
        request_gib=np.array([NOBODY, 3.0, NOBODY]),
    )
    assert (one.name, one.rows, one.left_out_rows) == ("1 to 1.5 GiB", 1, 1)
    assert (total.name, total.rows, total.left_out_rows) == (ALL, 1, 2)  # the class 3 to 4 GiB has nobody who asked
    assert (one.before, one.after, one.gib_saved) == (Side(1, 0.0, 200.0, 2.0), Side(1, 0.0, 50.0, 0.5), 1.5)
    assert (one.before, one.after, one.gib_saved) == (total.before, total.after, total.gib_saved)


def test_where_nobody_asked_there_is_no_before_and_nobody_is_left_out() -> None:
    (alone, total) = by_memory_class(np.array([1.0]), np.array([1.5]), np.array([NOBODY]))
    assert (alone.before, alone.after, alone.gib_saved) == (None, Side(1, 0.0, 50.0, 0.5), None)
    assert (total.rows, total.left_out_rows) == (1, 0)


def test_a_class_holds_its_end_and_a_small_one_has_a_name_too() -> None:
    allocation_gib = np.array([8.0, 6.0, 6.1, 0.5, 0.3])
    names = [(each.name, each.rows) for each in by_memory_class(np.ones(5), allocation_gib, np.ones(5))]
    assert names == [("0.25 to 0.375 GiB", 1), ("0.375 to 0.5 GiB", 1), ("4 to 6 GiB", 1), ("6 to 8 GiB", 2), (ALL, 5)]


def test_a_killed_job_counts_as_under_in_its_class() -> None:
    one, _ = by_memory_class(np.array([2.0]), np.array([2.0]), np.array([2.0]), is_censored=np.array([True]))
    assert one.after.under_pct == 100.0


@given(st.integers(0, 2**32 - 1), st.integers(1, 200))
@settings(max_examples=50, deadline=None)
def test_classes_add_up_to_all_jobs(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    peak_gib, allocation_gib = np.exp(random.normal(1, 2, (2, rows)))
    request_gib = np.where(random.random(rows) < 0.3, np.nan, 2 * peak_gib)
    *classes, total = by_memory_class(peak_gib, allocation_gib, request_gib)
    assert sum(each.rows for each in classes) == total.rows
    assert total.rows + total.left_out_rows == rows
    assert np.isclose(sum(each.after.wasted_gib for each in classes), total.after.wasted_gib)
    assert np.isclose(sum(each.gib_saved or 0.0 for each in classes), total.gib_saved or 0.0)
    asked = ~np.isnan(request_gib) if total.before else np.ones(rows, dtype=bool)
    assert total.after.under_pct == business_score(peak_gib[asked], allocation_gib[asked]).under_pct
