"""Promises of an evaluation. Not here: the score and the savings themselves."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from resource_prediction.evaluation import ScoredJobs, evaluate
from resource_prediction.models import DeployableModel
from resource_prediction.models.observation import Ends


class AsGiven:
    """Stands in for a model: history that moves on changes nothing of what it allocates."""

    def predict_with_history(self, rows: pd.DataFrame, point_in_time: np.ndarray, **_: object) -> np.ndarray:
        return np.full(len(rows), 4.0)


def jobs_of(peak_gib: np.ndarray, run_hours: np.ndarray, is_censored: np.ndarray) -> ScoredJobs:
    """Two jobs that asked for 6 GiB more than they needed."""
    known_us = np.zeros(2, np.int64)
    no_features = np.empty((2, 0), np.float32)
    rows = pd.DataFrame(index=range(2))
    return ScoredJobs(rows, no_features, peak_gib, peak_gib + 6, run_hours, is_censored, known_us)


def test_score_and_savings_agree_on_a_job_that_its_limit_killed() -> None:
    two = np.array([4.0, 4.0])
    jobs = jobs_of(two, two / 8, np.array([True, False]))
    found = evaluate(cast("DeployableModel", AsGiven()), jobs, two, under_cost=5.0)
    assert found.frozen.under_pct == 50.0
    assert found.saved.gib == -4.0 + (10 - 4)


def test_what_a_fit_keeps_of_its_savings_is_enough_for_money_at_any_price() -> None:
    two = np.array([4.0, 4.0])
    jobs = jobs_of(two, np.array([0.5, np.nan]), np.array([False, False]))
    kept = evaluate(cast("DeployableModel", AsGiven()), jobs, two + 1, under_cost=5.0).values["saved_by_end"]
    assert kept == {"timed_gib_hours": 5 * 0.5, "timed_rows": 1, "untimed_gib": 5.0, "untimed_rows": 1}


def test_a_learner_on_its_way_is_never_told_a_peak_that_a_limit_cut_off() -> None:
    told: list[Ends] = []

    class Listening(AsGiven):
        def predict_with_history(self, rows: pd.DataFrame, point_in_time: np.ndarray, **options: Ends) -> np.ndarray:
            told.append(options["ends"])
            return super().predict_with_history(rows, point_in_time)

    two = np.array([4.0, 5.0])
    evaluate(cast("DeployableModel", Listening()), jobs_of(two, two, np.array([True, False])), two, under_cost=5.0)
    (ends,) = told
    assert ends.since(None, before_us=1).tolist() == [1]
    assert ends.since(None, before_us=0).tolist() == []
