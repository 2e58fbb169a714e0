"""A fit as a task: scored as users load it, filed, taken over where all it depends on is equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from prefect.client.schemas.objects import State

from resource_prediction.holdout_report import correction_from
from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from resource_prediction.risk_correction import RiskCorrection
from resource_prediction.scoring import business_score
from tasks.features import cut_training_set
from tasks.fit import SCORE_NAMES, Fitted, fit_judged, fit_served
from tasks.score import load_scored_jobs
from tests.tasks.conftest import Prepared
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Registry


def fit(prepared: Prepared, **order: object) -> Fitted:
    fitted = fit_judged.fn(prepared.order(max_iter=30, n_bins=12, **order))  # type: ignore[arg-type]
    assert isinstance(fitted, Fitted)
    return fitted


def test_the_score_is_of_what_the_loaded_artifact_predicts_for_the_raw_rows(prepared: Prepared) -> None:
    fitted = fit(prepared)
    model = DeployableModel.load(artifact_path(Layout(Path(prepared.store)), fitted.digest))
    jobs = load_scored_jobs(prepared.store, prepared.features, since_us=prepared.cut.until_us)
    again = business_score(jobs.peak_gib, model.predict(jobs.rows), 5.0, censored=jobs.is_censored)
    assert fitted.metrics["score"] == again.score
    assert fitted.metrics["rows"] == len(jobs.rows) > 100
    assert fitted.fit_seconds > 0
    assert fitted.taken_from is None


def test_an_equal_fit_is_taken_over_from_an_earlier_run(prepared: Prepared) -> None:
    first = fit(prepared)
    again = fit(prepared, run_id="run-2")
    assert again == replace(first, fit_seconds=0.0, taken_from="run-1")


@pytest.mark.parametrize("change", [{"seed": 2}, {"C": 0.5}, {"under_cost": 20.0}])
def test_another_seed_parameter_or_penalty_is_fitted_anew(prepared: Prepared, change: dict[str, object]) -> None:
    fit(prepared)
    assert fit(prepared, run_id="run-2", **change).fit_seconds > 0


def test_a_damaged_artifact_is_not_taken_over(prepared: Prepared) -> None:
    first = fit(prepared)
    path = artifact_path(Layout(Path(prepared.store)), first.digest) / "encoder.json"
    path.write_text("{}", encoding="utf-8")
    again = fit(prepared, run_id="run-2")
    assert again.fit_seconds > 0
    assert again.digest == first.digest
    assert path.read_text(encoding="utf-8") != "{}"


def test_a_family_that_cannot_be_fitted_ends_as_one_line(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    order = prepared.order()
    broken = replace(order, recipe={**order.recipe, "parameters": {"no_such": 1}})
    state = fit_judged.fn(broken)
    assert isinstance(state, State)
    assert state.is_failed()
    assert state.message is not None
    assert "got no_such; expected some of" in state.message
    assert "\n" not in state.message


def fit_both(prepared: Prepared) -> tuple[Fitted, DeployableModel, DeployableModel, int]:
    """A judged fit, its model, that of its served twin, and until when the twin knows the past, microseconds."""
    judged = fit(prepared)
    cut = cut_training_set.fn(prepared.store, prepared.features, "served", holdout=None, train_window_us=None)
    served = fit_served.fn(replace(prepared.order(max_iter=30, n_bins=12), cut=cut), judged)
    layout = Layout(Path(prepared.store))
    one, other = (DeployableModel.load(artifact_path(layout, each.digest)) for each in (judged, served))
    return judged, one, other, cut.until_us


def test_a_served_fit_knows_all_rows_and_carries_its_judged_twins_score(prepared: Prepared) -> None:
    judged, one, other, _ = fit_both(prepared)
    assert one.get_model_info()["score"] is None
    assert other.get_model_info()["score"] == {name: judged.metrics[name] for name in SCORE_NAMES}
    assert other.facts.rows > one.facts.rows
    assert one.recipe == other.recipe


def test_a_served_fit_shows_risks_as_its_judged_twins_hold_out_corrects_them(prepared: Prepared) -> None:
    _, one, other, until_us = fit_both(prepared)
    jobs = load_scored_jobs(prepared.store, prepared.features, since_us=prepared.cut.until_us)
    assert one.risk_correction == RiskCorrection()
    assert other.risk_correction == correction_from(one, jobs, known_before_us=until_us)
    # Of the newest jobs no peak is known within the label delay.
    assert 0 < other.risk_correction.jobs < len(jobs.rows)


def test_a_familys_link_names_its_newest_fit(prepared: Prepared) -> None:
    fitted = fit(prepared)
    link = Layout(Path(prepared.store)).models / "logistic_regression_classification"
    assert DeployableModel.load(link).digest == fitted.digest


def test_complete_blocks_enter_the_ledger_once(prepared: Prepared) -> None:
    fit(prepared)
    with Registry.read(Layout(Path(prepared.store))) as registry:
        first = registry.evidence.read()
    assert len(first) > 0
    assert set(first["recipe"]) == {fitted_recipe(prepared)}
    assert np.isfinite(first[["rows", "peak_gib"]].to_numpy(dtype=float)).all()
    fit(prepared, run_id="run-2")
    with Registry.read(Layout(Path(prepared.store))) as registry:
        assert len(registry.evidence.read()) == len(first)


def fitted_recipe(prepared: Prepared) -> str:
    """Id of the recipe that `fit` fits."""
    return Recipe.of(prepared.order(max_iter=30, n_bins=12).recipe).digest
