"""The served score: the champion's own artifact, on jobs that came after its fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from tasks.features import cut_training_set
from tasks.fit import fit_judged
from tasks.score import from_us, load_scored_jobs, score_served_champion
from tests.tasks.conftest import FAMILY, Prepared
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Champion, Conclusion, Registry, Scores, VersionContent


@pytest.fixture
def serve(prepared: Prepared) -> Callable[[str], Champion]:
    """Fits a model on all but the newest jobs, and makes it the champion."""

    def fit_and_promote(holdout: str) -> Champion:
        layout = Layout(Path(prepared.store))
        cut = cut_training_set.fn(prepared.store, prepared.features, "judged", holdout=holdout, train_window_us=None)
        fitted = fit_judged.fn(replace(prepared.order(max_iter=5, n_bins=12), cut=cut))
        content = VersionContent(
            family=FAMILY,
            task_type="classification",
            recipe=Recipe.of(fitted.recipe).digest,
            recipe_values=fitted.recipe,
            judged_digest=fitted.digest,
            served_digest=fitted.digest,
            trained_until=from_us(cut.until_us),
            rows=100,
            scores=Scores(80.0, None, 3.0, 65.0),
            run_id="run-1",
        )
        with Registry.open(layout) as registry:
            champion = registry.conclude(
                Conclusion("run-1", "first", "", {}, 0, content), at=datetime(2026, 1, 5, tzinfo=UTC)
            )
        assert champion is not None
        return champion

    return fit_and_promote


def test_without_a_champion_there_is_no_served_score(prepared: Prepared) -> None:
    assert score_served_champion.fn(prepared.store, prepared.features) is None


def test_the_served_score_is_of_the_champion_on_the_jobs_after_its_fit(
    prepared: Prepared, serve: Callable[[str], Champion]
) -> None:
    champion = serve("20%")
    served = score_served_champion.fn(prepared.store, prepared.features)
    assert served is not None
    model = DeployableModel.load(artifact_path(Layout(Path(prepared.store)), champion.served_digest))
    jobs = load_scored_jobs(prepared.store, prepared.features, since_us=model.facts.trained_until_us)
    score = jobs.score(model.predict(jobs.rows), 5.0)
    assert served["version"] == champion.version
    assert served["promised_pct"] == pytest.approx(100 * model.predict_with_risk(jobs.rows, [5.0])[1].mean())
    assert (served["rows"], served["score"]) == (score.rows, pytest.approx(score.score))
    # A fifth of six days is no time that an interval could be told of.
    assert served["low"] is served["high"] is None


def test_after_five_days_the_served_score_has_an_interval(prepared: Prepared, serve: Callable[[str], Champion]) -> None:
    serve("125h")
    served = score_served_champion.fn(prepared.store, prepared.features)
    assert served is not None
    assert served["low"] < served["score"] < served["high"]


def test_a_champion_whose_artifact_is_gone_has_no_served_score(
    prepared: Prepared, serve: Callable[[str], Champion], caplog: pytest.LogCaptureFixture
) -> None:
    champion = serve("20%")
    shutil.rmtree(artifact_path(Layout(Path(prepared.store)), champion.served_digest))
    assert score_served_champion.fn(prepared.store, prepared.features) is None
    assert "the champion as it is cannot be scored" in caplog.text
