from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.models.leaf_jobs import MOST_JOBS, LeafJobs


def two_trees(peaks: list[float], leaves: list[list[int]]) -> LeafJobs:
    """Jobs in the leaves of two trees: leaves 0 and 1 are of the first, 2 and 3 of the second."""
    held = LeafJobs.empty(4)
    held.add(np.array(leaves), np.array(peaks))
    return held


def weight_of(held: LeafJobs, leaves: list[int], power: float) -> dict[float, float]:
    """Weight of each peak for a row in the given leaves; every peak of few jobs is a point of its own."""
    points, weights = held.weigh(np.array([leaves]), power)
    return {round(float(point), 6): float(weight) for point, weight in zip(points, weights[0], strict=True) if weight}


def test_a_job_in_both_leaves_of_a_row_weighs_more_than_one_in_one() -> None:
    held = two_trees([1.0, 2.0, 4.0], [[0, 2], [0, 3], [1, 3]])
    assert weight_of(held, [0, 2], power=1.0) == pytest.approx({1.0: 0.75, 2.0: 0.25})


def test_a_power_above_one_favours_the_job_that_shares_more_leaves() -> None:
    held = two_trees([1.0, 2.0, 4.0], [[0, 2], [0, 3], [1, 3]])
    assert weight_of(held, [0, 2], power=2.0) == pytest.approx({1.0: 0.9, 2.0: 0.1})


def test_a_job_dropped_in_later_counts_like_one_of_the_fit() -> None:
    held = two_trees([1.0, 2.0], [[0, 2], [0, 3]])
    held.add(np.array([[1, 3]]), np.array([4.0]))
    assert weight_of(held, [1, 3], power=1.0) == pytest.approx({4.0: 0.75, 2.0: 0.25})


def test_a_leaf_holds_the_newest_jobs_only() -> None:
    held = LeafJobs.empty(1)
    held.add(np.zeros((MOST_JOBS, 1), dtype=np.int64), np.full(MOST_JOBS, 1.0))
    held.add(np.zeros((MOST_JOBS - 1, 1), dtype=np.int64), np.full(MOST_JOBS - 1, 2.0))
    assert weight_of(held, [0], power=1.0) == pytest.approx({1.0: 1 / MOST_JOBS, 2.0: 1 - 1 / MOST_JOBS})
    held.add(np.zeros((3 * MOST_JOBS, 1), dtype=np.int64), np.array([4.0] * 2 * MOST_JOBS + [8.0] * MOST_JOBS))
    assert weight_of(held, [0], power=1.0) == {8.0: 1.0}


def test_leaves_take_no_more_memory_however_many_jobs_fall_into_them() -> None:
    held = two_trees([1.0, 2.0], [[0, 2], [0, 3]])
    before = held.jobs.nbytes
    held.add(np.tile([[0, 2]], (10_000, 1)), np.arange(1.0, 10_001.0))
    assert held.jobs.nbytes == before
    assert held.to_arrays()["jobs"].size == 2 * MOST_JOBS + 1


def test_a_peak_above_all_of_the_fit_raises_the_highest_point() -> None:
    held = two_trees([1.0, 2.0], [[0, 2], [0, 3]])
    held.add(np.array([[0, 2]]), np.array([10.0]))
    assert held.weigh(np.array([[0, 2]]), 1.0)[0][-1] == pytest.approx(10.5)


def test_a_copy_stays_as_it_is_when_a_job_is_dropped_into_the_first() -> None:
    held = two_trees([1.0, 2.0], [[0, 2], [0, 3]])
    copy = held.copy()
    held.add(np.array([[1, 3]]), np.array([4.0]))
    assert weight_of(copy, [0, 3], power=1.0) == pytest.approx({1.0: 0.25, 2.0: 0.75})


def test_arrays_give_the_same_leaves_back_and_the_oldest_job_still_goes_first() -> None:
    held = LeafJobs.empty(2)
    jobs = MOST_JOBS + 5
    held.add(np.zeros((jobs, 1), dtype=np.int64), np.arange(1.0, jobs + 1))
    again = LeafJobs.from_arrays(held.to_arrays())
    for one in (held, again):
        one.add(np.array([[0]]), np.array([100.0]))
    assert weight_of(again, [0], power=1.0) == weight_of(held, [0], power=1.0)
    assert min(weight_of(again, [0], power=1.0)) == 7.0


def test_many_rows_weigh_what_each_of_them_weighs_alone() -> None:
    generator = np.random.default_rng(3)
    held = LeafJobs.empty(30)
    trees = np.arange(3) * 10
    held.add(generator.integers(0, 10, (4_000, 3)) + trees, generator.lognormal(size=4_000))
    rows = np.stack([np.arange(10)] * 3, axis=1).repeat(80, axis=0) + trees
    together = held.weigh(rows, 1.25)[1]
    alone = np.concatenate([held.weigh(rows[[place]], 1.25)[1] for place in range(0, 800, 40)])
    np.testing.assert_array_equal(together[::40], alone)
    np.testing.assert_allclose(together.sum(axis=1), 1.0)


@st.composite
def forests(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Jobs and one row in the leaves of up to four trees of three leaves each, and peaks of the jobs."""
    trees, jobs = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    numbers = st.integers(0, 2)
    inside = draw(st.lists(st.lists(numbers, min_size=trees, max_size=trees), min_size=jobs, max_size=jobs))
    peaks = draw(st.lists(st.sampled_from([1.0, 2.0, 4.0, 8.0]), min_size=jobs, max_size=jobs))
    first = 3 * np.arange(trees)
    return np.array(inside) + first, np.array(inside[-1])[None, :] + first, np.array(peaks)


@given(forests(), st.sampled_from([1.0, 1.25, 2.0]))
def test_weights_are_those_of_the_definition(forest: tuple[np.ndarray, np.ndarray, np.ndarray], power: float) -> None:
    jobs, row, peaks = forest
    held = LeafJobs.empty(12)
    held.add(jobs, peaks)
    each = []
    for job in jobs:
        shared = [1 / (jobs[:, tree] == leaf).sum() * (job[tree] == leaf) for tree, leaf in enumerate(row[0])]
        each.append(np.mean(shared) ** power)
    expected = {peak: sum(np.array(each)[peaks == peak]) / sum(each) for peak in set(peaks.tolist())}
    points, weights = held.weigh(row, power)
    for peak, weight in expected.items():
        assert weights[0][np.searchsorted(points, peak)] == pytest.approx(weight, abs=1e-12)
