"""The curve of a model on jobs it has not seen: its points are scores of what it predicts."""

from __future__ import annotations

import pandas as pd
import pytest

from resource_prediction.models import DeployableModel
from resource_prediction.scoring import business_score
from resource_prediction.unseen_curve import unseen_curve
from resource_prediction.unseen_jobs import unseen_jobs


def test_the_point_of_the_models_own_penalty_is_its_score(farm: pd.DataFrame, model: DeployableModel) -> None:
    jobs = unseen_jobs(farm, model)
    score = business_score(jobs.peak_gib, model.predict(jobs.rows))
    own = next(point for point in unseen_curve(model, farm).points if point.preset == "Balanced")
    assert own.under_cost == 5
    assert (own.score, own.under_pct, own.over_pct) == pytest.approx((score.score, score.under_pct, score.over_pct))


def test_a_bound_on_the_jobs_is_told(farm: pd.DataFrame, model: DeployableModel) -> None:
    everything, few = unseen_curve(model, farm), unseen_curve(model, farm, most_jobs=10)
    assert everything.rows == everything.unseen == few.unseen > 10
    assert few.rows == 10
    assert (few.since, few.until) == (everything.since, everything.until)
