"""What recipes cost by block, day and age of the fit: sums that can be checked by head."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resource_prediction.gate.losses import EXCESS, PEAK, ROWS, UNDER, BlockLosses, block_losses


def _jobs() -> pd.DataFrame:
    """Two jobs on Monday at 01:00, in two segments, and one on Tuesday at 13:00; peaks of 10, 20 and 40 GiB."""
    times = pd.to_datetime(["2025-01-06T01:00", "2025-01-06T01:00", "2025-01-07T13:00"])
    return pd.DataFrame({"time": times, "segment": ["a", "b", "a"], "peak_gib": [10.0, 20.0, 40.0], "censored": False})


def _table(job: list[int], age: list[int], allocation_gib: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"job": job, "age": age, "allocation_gib": allocation_gib})


def _losses() -> BlockLosses:
    plain = _table([0, 1, 2, 2], [0, 0, 1, 0], [9.0, 25.0, 60.0, 50.0])
    other = _table([0, 1, 2, 2], [0, 0, 1, 0], [20.0, 40.0, 40.0, 80.0])
    return block_losses(_jobs(), [plain, other], ("plain", "other"), oldest_age=1)


def test_a_job_counts_in_its_day_its_block_and_its_segment() -> None:
    losses = _losses()
    assert losses.segments == ("a", "b")
    assert losses.sums[0, 0, 0, 0, 0].tolist() == [1, 1, 0, 10]
    assert losses.sums[0, 0, 0, 0, 1].tolist() == [1, 0, 5, 20]
    assert losses.sums[0, 0, 1, 2, 0].tolist() == [1, 0, 10, 40]
    assert losses.sums[0, 0, ..., ROWS].sum() == 3


def test_a_day_without_a_fit_of_an_age_takes_its_oldest_one() -> None:
    losses = _losses()
    assert losses.sums[0, 1, 0].tolist() == losses.sums[0, 0, 0].tolist()
    assert losses.sums[0, 1, 1, 2, 0, EXCESS] == 20


def test_a_day_that_a_recipe_has_no_fresh_fit_for_is_left_out() -> None:
    every_day, monday_only = _table([0, 2], [0, 0], [11.0, 41.0]), _table([0, 2], [0, 1], [11.0, 41.0])
    losses = block_losses(_jobs(), [every_day, monday_only], ("a", "b"), oldest_age=1)
    assert losses.days.tolist() == [pd.Timestamp("2025-01-06").date()]


def test_a_score_is_that_of_all_days() -> None:
    # One of three jobs is under: 5 x 33.3; 15 GiB too much for 70 GiB of peaks: 21.4.
    assert _losses().scores(5.0)[0] == pytest.approx(500 / 3 + 1500 / 70)


def test_levelled_recipes_cost_the_same_in_the_long_run_and_differ_from_day_to_day() -> None:
    levelled = _losses().levelled(5.0)
    for age in (0, 1):
        assert levelled.scores(5.0, age)[1] == pytest.approx(levelled.scores(5.0, age)[0])
    assert levelled.sums[0, 0, 0, ..., UNDER].sum() != levelled.sums[1, 0, 0, ..., UNDER].sum()


def test_scaling_a_recipe_changes_what_it_costs_and_no_jobs() -> None:
    losses = _losses()
    dearer = losses.scaled(np.array([1.0, 1.5]))
    assert dearer.scores(5.0) == pytest.approx(losses.scores(5.0) * [1.0, 1.5])
    assert np.array_equal(dearer.sums[..., ROWS], losses.sums[..., ROWS])
    assert np.array_equal(dearer.sums[..., PEAK], losses.sums[..., PEAK])
