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
    jobs = ScoredJobs(pd.DataFrame(index=range(2)), np.empty((2, 0), np.float32), two, two + 6, np.array([True, False]))
    found = evaluate(cast("DeployableModel", AsGiven()), jobs, two, under_cost=5.0)
    assert found.frozen.under_pct == 50.0
    assert found.gib_saved == -4.0 + (10 - 4)
