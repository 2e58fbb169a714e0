"""Scores of the newest judged models: each live score under the label delay that its model was made under."""

from __future__ import annotations

from pathlib import Path

import pytest

from resource_prediction.evaluation import evaluate
from resource_prediction.models import DeployableModel
from tasks.evaluate import evaluate_newest, judged_label_delays
from tasks.features import Features, build_features
from tasks.fit import Fitted, fit_judged
from tasks.score import load_scored_jobs
from tests.tasks.conftest import FAMILY, HOUR_US, Prepared
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout


def live_score(prepared: Prepared, features: Features, fitted: Fitted) -> float:
    model = DeployableModel.load(artifact_path(Layout(Path(prepared.store)), fitted.digest))
    jobs = load_scored_jobs(prepared.store, features, since_us=model.facts.trained_until_us)
    return evaluate(model, jobs, model.predict(jobs.rows), 5.0).live.score


def test_a_live_score_counts_with_what_was_known_by_the_models_own_label_delay(prepared: Prepared) -> None:
    fitted = fit_judged.fn(prepared.order(max_iter=50, n_bins=12))
    assert isinstance(fitted, Fitted)
    own = prepared.features
    asked = build_features.fn(prepared.store, 20 * HOUR_US, 1, reuse=False)
    assert judged_label_delays(prepared.store, (FAMILY,)) == {own.label_delay_us}
    evaluated = evaluate_newest.fn(prepared.store, asked, (FAMILY,), 5.0, {own.label_delay_us: own})
    scores = evaluated.families[0].values
    assert scores["live_score"] == pytest.approx(live_score(prepared, own, fitted))
    assert scores["live_score"] != pytest.approx(live_score(prepared, asked, fitted))
    assert scores["score"] == pytest.approx(fitted.metrics["score"])
