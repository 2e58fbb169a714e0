"""What a model answers for jobs: the same as it predicts, and tables that add up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resource_prediction.allocation import CAP_RISK
from resource_prediction.distribution import Atoms
from resource_prediction.errors import AllocationError, DistributionError, MissingColumnError
from resource_prediction.job_answers import (
    answer_jobs,
    answer_table,
    bin_probabilities,
    predicted_spans,
    probability_below,
)
from resource_prediction.models import DeployableModel
from resource_prediction.training import fit_recipe
from tests.resource_prediction.fits import cut, recipe, submitted_us

HALVES = Atoms(np.array([[10.0, 20.0, 40.0]]), np.array([0.5, 0.25, 0.25]))


def test_the_allocation_is_what_the_model_predicts_at_that_penalty(farm: pd.DataFrame, model: DeployableModel) -> None:
    jobs = farm.tail(20)
    assert answer_jobs(model, jobs).allocation_gib.tolist() == model.predict(jobs).tolist()
    safer = answer_jobs(model, jobs, "Tiny Under-allocation")
    assert safer.allocation_gib.tolist() == model.predict(jobs, under_cost=20).tolist()
    assert (safer.risk <= answer_jobs(model, jobs).risk).all()


def test_saved_is_the_request_less_the_allocation_and_unknown_without_a_request(
    farm: pd.DataFrame, model: DeployableModel
) -> None:
    jobs = farm.tail(3).assign(memreq=[102_400.0, np.nan, 0.0])
    answers = answer_jobs(model, jobs)
    assert answers.request_gib.tolist() == pytest.approx([100.0, np.nan, np.nan], nan_ok=True)
    assert answers.saved_gib[0] == 100.0 - answers.allocation_gib[0]
    assert np.isnan(answers.saved_gib[1:]).all()


def test_an_allocation_at_its_cap_is_known_as_such(farm: pd.DataFrame, model: DeployableModel) -> None:
    answers = answer_jobs(model, farm.tail(3).assign(memreq=[1_024.0, 1_024_000.0, np.nan]))
    assert answers.is_capped.tolist() == [True, False, False]
    assert answers.allocation_gib[0] == model.facts.cap_ratio
    assert answers.risk[0] <= CAP_RISK


def test_an_unknown_preset_and_a_missing_column_are_named(farm: pd.DataFrame, model: DeployableModel) -> None:
    with pytest.raises(AllocationError, match="'Huge'; expected one of Balanced"):
        answer_jobs(model, farm.tail(1), "Huge")
    with pytest.raises(MissingColumnError, match="column 'buildProfile'"):
        answer_jobs(model, [{"time": "2025-04-26"}])


def test_the_table_keeps_the_rows_and_their_order(farm: pd.DataFrame, model: DeployableModel) -> None:
    jobs = farm.tail(3).iloc[::-1]
    table = answer_table(jobs, answer_jobs(model, jobs))
    assert table["atom_id"].tolist() == jobs["atom_id"].tolist()
    assert (table["risk_pct"] <= 30).all()


def test_probability_below_adds_up_at_each_atom() -> None:
    below = probability_below(HALVES)
    assert below["peak_gib"].tolist() == [10.0, 20.0, 40.0]
    assert below["below_pct"].tolist() == [50.0, 75.0, 100.0]


def test_spans_are_between_percentiles() -> None:
    spans = predicted_spans(HALVES)
    assert spans["share_pct"].tolist() == [90, 50]
    assert spans["low_gib"].tolist() == [10.0, 10.0]
    assert spans["high_gib"].tolist() == [40.0, 20.0]


@given(
    arrays(np.float64, 7, elements=st.floats(0.1, 500)),
    arrays(np.float64, 7, elements=st.floats(0.01, 1)),
)
def test_any_distribution_rises_to_a_hundred_percent_and_holds_its_spans(
    values_gib: np.ndarray, weights: np.ndarray
) -> None:
    distribution = Atoms.of(values_gib[None, :], weights)
    below = probability_below(distribution)
    assert below["below_pct"].is_monotonic_increasing
    assert below["below_pct"].iloc[-1] == pytest.approx(100)
    wide, narrow = predicted_spans(distribution).itertuples(index=False)
    assert wide.low_gib <= narrow.low_gib <= narrow.high_gib <= wide.high_gib


def test_bins_adjoin_and_their_probabilities_add_up(farm: pd.DataFrame, model: DeployableModel) -> None:
    bins = bin_probabilities(model, model.predict_distribution(farm.tail(1)))
    assert bins["low_gib"].tolist()[1:] == bins["high_gib"].tolist()[:-1]
    assert (bins["low_gib"] < bins["high_gib"]).all()
    assert bins["probability_pct"].sum() == pytest.approx(100)


def test_a_regression_has_no_bins(farm: pd.DataFrame) -> None:
    few = {"n_estimators": 10, "max_rows": 20_000}
    regression = fit_recipe(recipe("xgboost_regression", **few), cut(farm, int(submitted_us(farm)[300])), seed=1)
    with pytest.raises(DistributionError, match="family xgboost_regression; expected a classification family"):
        bin_probabilities(regression, regression.predict_distribution(farm.tail(1)))


@pytest.mark.parametrize("describe", [probability_below, predicted_spans])
def test_two_jobs_at_once_are_refused(describe: Callable[[Atoms], pd.DataFrame]) -> None:
    with pytest.raises(DistributionError, match="one of 2 jobs; expected one of a single job"):
        describe(Atoms(np.array([[1.0], [2.0]]), np.ones(1)))


def test_jobs_from_before_the_fit_are_known_as_such(farm: pd.DataFrame, model: DeployableModel) -> None:
    assert model.is_older(farm.iloc[[10, -1]]).tolist() == [True, False]
