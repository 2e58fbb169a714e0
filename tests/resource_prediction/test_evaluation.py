"""Promises of an evaluation. Not here: the score and the savings themselves."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from resource_prediction.evaluation import ScoredJobs, evaluate
from resource_prediction.models import DeployableModel


class AsGiven:
    """Stands in for a model: history that moves on changes nothing of what it allocates."""

    def predict_with_history(self, rows: pd.DataFrame, point_in_time: np.ndarray) -> np.ndarray:
        return np.full(len(rows), 4.0)


def test_score_and_savings_agree_on_a_job_that_its_limit_killed() -> None:
    two = np.array([4.0, 4.0])
    no_features, killed = np.empty((2, 0), np.float32), np.array([True, False])
    jobs = ScoredJobs(pd.DataFrame(index=range(2)), no_features, two, two + 6, run_hours=two / 8, is_censored=killed)
    found = evaluate(cast("DeployableModel", AsGiven()), jobs, two, under_cost=5.0)
    assert found.frozen.under_pct == 50.0
    assert found.saved.gib == -4.0 + (10 - 4)


def test_what_a_fit_keeps_of_its_savings_is_enough_for_money_at_any_price() -> None:
    two = np.array([4.0, 4.0])
    hours, nobody = np.array([0.5, np.nan]), np.array([False, False])
    jobs = ScoredJobs(pd.DataFrame(index=range(2)), np.empty((2, 0), np.float32), two, two + 6, hours, nobody)
    kept = evaluate(cast("DeployableModel", AsGiven()), jobs, two + 1, under_cost=5.0).values["saved_by_end"]
    assert kept == {"timed_gib_hours": 5 * 0.5, "timed_rows": 1, "untimed_gib": 5.0, "untimed_rows": 1}
