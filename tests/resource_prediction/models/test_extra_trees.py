"""What the forest learns after its fit, and that it never learns too early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resource_prediction.features.matrix import as_frame, assemble
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.table import describe_table
from resource_prediction.models import DeployableModel
from resource_prediction.models.implementations.extra_trees import ExtraTreesModel
from resource_prediction.models.observation import Ends
from resource_prediction.outcomes import Outcomes, read_outcomes
from resource_prediction.telemetry import TWIN_COLUMNS
from resource_prediction.testing import sample
from resource_prediction.training import fit_recipe
from tests.resource_prediction.fits import HOUR_US, cut, recipe, submitted_us

FIRST_SERVED = 400


@pytest.fixture(scope="module")
def farm(make_rows_once: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    rows = make_rows_once(700, seed=3, minutes=4.0)
    rows = rows[~rows.duplicated([name for name in TWIN_COLUMNS if name in rows])].reset_index(drop=True)
    ends = rows["time"] + pd.to_timedelta(np.resize([5, 90, 30, 300], len(rows)), unit="min")
    return rows.assign(is_twin=False, finished_at=ends.astype("datetime64[us]"))


@pytest.fixture(scope="module")
def outcomes(farm: pd.DataFrame) -> Outcomes:
    return read_outcomes(farm, HOUR_US)


@pytest.fixture(scope="module")
def point_in_time(farm: pd.DataFrame, outcomes: Outcomes) -> np.ndarray:
    return describe_table(farm, outcomes, workers=1)[1]


@pytest.fixture
def model(farm: pd.DataFrame) -> DeployableModel:
    forest = recipe("extra_trees_regression", n_estimators=10)
    return fit_recipe(forest, cut(farm, int(submitted_us(farm)[FIRST_SERVED])), seed=7)


def served_ends(outcomes: Outcomes, peak_gib: np.ndarray) -> Ends:
    served = slice(FIRST_SERVED, None)
    return Ends(outcomes.known_us[served], peak_gib[served], outcomes.is_final[served])


def test_observed_jobs_change_what_is_predicted_for_jobs_like_them() -> None:
    X, peak = sample()
    model = ExtraTreesModel(n_estimators=20, min_samples_leaf=5).fit_distribution(X, peak)
    before = model.predict(X[:20])
    model.observe(pd.concat([X[:20]] * 40, ignore_index=True), np.full(800, 200.0))
    assert (model.predict(X[:20]) > 150).all()
    assert before.max() < 80


def test_a_copy_learns_alone() -> None:
    X, peak = sample()
    model = ExtraTreesModel(n_estimators=5, min_samples_leaf=5).fit_distribution(X, peak)
    before = model.predict(X[:20])
    copy = model.copy()
    copy.observe(X, peak * 3)
    np.testing.assert_array_equal(model.predict(X[:20]), before)
    assert (copy.predict(X[:20]) > before).all()


def test_smoothing_adds_its_spread_to_that_of_the_leaves() -> None:
    X, peak = sample()
    variances = []
    for spread in (0.0, 0.2):
        model = ExtraTreesModel(n_estimators=10, min_samples_leaf=5, smoothing=spread).fit_distribution(X, peak)
        atoms = model.predict_distribution(X).as_atoms()
        np.testing.assert_allclose(atoms.weights.sum(axis=1), 1.0)
        log_gib = np.log(atoms.values_gib)
        mean = (atoms.weights * log_gib).sum(axis=1)
        variances.append((atoms.weights * log_gib**2).sum(axis=1) - mean**2)
    assert np.median(variances[1] - variances[0]) == pytest.approx(0.2**2, rel=0.1)


def test_on_its_way_a_job_never_sees_a_peak_before_it_was_known(
    farm: pd.DataFrame, model: DeployableModel, outcomes: Outcomes, point_in_time: np.ndarray
) -> None:
    """Peaks that were known only from an instant on are noise: no allocation before that instant may change."""
    rows, features = farm.iloc[FIRST_SERVED:], point_in_time[FIRST_SERVED:]
    instant_us = int(submitted_us(rows)[100])
    noise = np.where(outcomes.known_us >= instant_us, outcomes.peak_gib * 50, outcomes.peak_gib)
    found = [
        model.predict_with_history(rows, features, ends=served_ends(outcomes, peaks))
        for peaks in (outcomes.peak_gib, noise)
    ]
    before = submitted_us(rows) <= instant_us
    np.testing.assert_array_equal(found[0][before], found[1][before])
    assert (found[0] != found[1]).any()


def test_the_walk_leaves_the_model_as_it_was(
    farm: pd.DataFrame, model: DeployableModel, outcomes: Outcomes, point_in_time: np.ndarray
) -> None:
    rows, features = farm.iloc[FIRST_SERVED:], point_in_time[FIRST_SERVED:]
    frozen = model.predict_with_history(rows, features)
    live = model.predict_with_history(rows, features, ends=served_ends(outcomes, outcomes.peak_gib))
    assert (live != frozen).any()
    np.testing.assert_array_equal(model.predict_with_history(rows, features), frozen)


def test_served_jobs_reach_the_leaves_with_the_features_of_their_submission_bit_for_bit(
    farm: pd.DataFrame,
    model: DeployableModel,
    outcomes: Outcomes,
    point_in_time: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each job is told of when its peak is known; by then history has moved on."""
    told: list[tuple[pd.DataFrame, np.ndarray]] = []
    observe = model.predictor.observe

    def remember(X: pd.DataFrame, peak_gib: np.ndarray) -> None:
        told.append((X, peak_gib))
        observe(X, peak_gib)

    monkeypatch.setattr(model.predictor, "observe", remember)
    order = np.argsort(outcomes.known_us, kind="stable")
    news = order[outcomes.is_final[order] & (outcomes.known_us[order] >= submitted_us(farm)[FIRST_SERVED])]
    for place in range(0, len(news), 3):
        assert model.observe(farm.iloc[news[place : place + 3]]) == len(news[place : place + 3])
    described = as_frame(assemble(model.encoder, read_submissions(farm), point_in_time))
    expected = news[news >= FIRST_SERVED]
    X = pd.concat([X for X, _ in told])
    assert len(expected) > 100
    assert X.to_numpy().tobytes() == described.iloc[expected].to_numpy().tobytes()
    np.testing.assert_array_equal(np.concatenate([peak for _, peak in told]), outcomes.peak_gib[expected])


def test_a_job_that_was_observed_raises_the_next_allocation(model: DeployableModel, farm: pd.DataFrame) -> None:
    job: dict[str, Any] = farm.iloc[-1].drop(["is_twin", "finished_at"]).to_dict()
    later = {**job, "time": job["time"] + pd.Timedelta(days=1), "memreq": None}
    before = float(model.predictor.predict(model.features([later]))[0])
    news = [
        {**job, "atom_id": f"n{n}", "time": job["time"] + pd.Timedelta(minutes=n), "max_rss": 900 * 1024**3}
        for n in range(60)
    ]
    frozen_forest = model.predictor.copy()
    model.observe(pd.DataFrame(news))
    features = model.features([later])
    assert model.predictor.predict(features)[0] > frozen_forest.predict(features)[0]
    assert model.predictor.predict(features)[0] > before
