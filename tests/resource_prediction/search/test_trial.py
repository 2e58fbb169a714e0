"""A trial is scored as served allocations are; what fits share changes no score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.models.shared_work import SharedWork
from resource_prediction.recipe import Recipe
from resource_prediction.search import FOLDS, score_folds, score_parameters
from resource_prediction.search.trial import BLOCKS
from resource_prediction.training import TrainingSet
from tests.resource_prediction.fits import HOUR_US
from tests.resource_prediction.search.searches import FAMILY, TypicalPeak, quick_recipe

CHANGES: dict[str, list[dict[str, Any]]] = {
    "xgboost_regression": [{"n_estimators": 60}, {"n_estimators": 50, "max_rows": 80_000}, {"max_depth": 2}],
    "lightgbm_regression": [{"n_estimators": 60}, {"n_estimators": 50}, {"min_data_in_leaf": 3, "num_leaves": 4}],
    "extra_trees_regression": [{"n_estimators": 60}, {"n_estimators": 50, "power": 2.0}, {"min_samples_leaf": 9}],
    "quantile_ensemble_regression": [{"n_estimators": 40}, {"n_estimators": 30}],
    "xgboost_classification": [{"n_estimators": 30}, {"n_estimators": 20}, {"n_estimators": 20, "n_bins": 12}],
    "lightgbm_classification": [{"n_estimators": 30}, {"n_estimators": 20}, {"n_estimators": 20, "n_bins": 12}],
    "random_forest_classification": [{"n_estimators": 40}, {"n_estimators": 30}, {"n_estimators": 30, "n_bins": 12}],
    "logistic_regression_classification": [{"C": 0.1}, {"C": 0.001, "strategy": "quantile"}],
}
"""Trials of each family, one after the other: cut ones, and ones that are grown anew on features that are shared."""


def scores(recipe: Recipe, parameters: dict[str, Any], data: TrainingSet, **shared: Any) -> list[float]:
    """After each fold."""
    return [each.score for each in score_folds(recipe, parameters, data, 1, **shared)]


@pytest.mark.slow
@pytest.mark.parametrize("family", CHANGES)
def test_shared_work_and_threads_change_no_score(data: TrainingSet, family: str) -> None:
    recipe = Recipe(family, default_parameters(family), AllocationRule(), HOUR_US)
    work = SharedWork()
    for place, changed in enumerate(CHANGES[family]):
        parameters = {**recipe.parameters, **changed}
        shared = scores(recipe, parameters, data, work=work, n_jobs=1 + place % 2)
        alone = scores(recipe, parameters, data)
        assert shared == pytest.approx(alone, rel=1e-6), changed


def test_scores_are_over_the_folds_so_far_and_blocks_are_parts_of_them(data: TrainingSet) -> None:
    recipe = quick_recipe()
    after = list(score_folds(recipe, recipe.parameters, data, 1))
    assert [len(each.blocks) for each in after] == [BLOCKS * (fold + 1) for fold in range(FOLDS)]
    assert min(after[0].blocks) <= after[0].score <= max(after[0].blocks)
    assert after[-1].blocks[:BLOCKS] == after[0].blocks
    assert after[-1].score == score_parameters(recipe, recipe.parameters, data, 1)


def test_a_first_look_comes_before_each_fold_and_changes_no_score(data: TrainingSet) -> None:
    recipe = quick_recipe()
    stages = list(score_folds(recipe, recipe.parameters, data, 1, looks=True))
    assert [each.stage for each in stages] == ["look 0", "fold 0", "look 1", "fold 1", "look 2", "fold 2"]
    assert stages[1::2] == list(score_folds(recipe, recipe.parameters, data, 1))
    assert stages[2].blocks[:BLOCKS] == stages[1].blocks, "a look has the folds before it as they are"


def test_a_first_look_takes_no_fit_but_the_one_that_is_scored(
    data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[int] = []
    true_fit = TypicalPeak.fit

    def counted(self: TypicalPeak, X: Any, y: Any, **fit_params: Any) -> TypicalPeak:
        fitted.append(len(X))
        return true_fit(self, X, y, **fit_params)

    monkeypatch.setattr(TypicalPeak, "fit", counted)
    recipe = quick_recipe()
    next(score_folds(recipe, recipe.parameters, data, 1, looks=True))
    assert len(fitted) == 1


@pytest.mark.parametrize("family", ["extra_trees_regression", "logistic_regression_classification"])
def test_a_family_that_needs_no_fits_for_its_spread_is_not_looked_at_twice(data: TrainingSet, family: str) -> None:
    recipe = Recipe(family, default_parameters(family), AllocationRule(), HOUR_US)
    assert not next(score_folds(recipe, recipe.parameters, data, 1, looks=True)).is_first_look


def test_trials_are_capped_by_the_requests_as_served_allocations_are(data: TrainingSet) -> None:
    generous = Recipe(FAMILY, default_parameters(FAMILY), AllocationRule(headroom_pct=100_000.0), HOUR_US)
    asked_their_peak = replace(data, memreq_gib=data.peak_gib)
    assert score_parameters(generous, generous.parameters, asked_their_peak, 1) == 0.0
    nobody_asked = replace(data, memreq_gib=np.full(len(data.peak_gib), np.nan))
    assert score_parameters(generous, generous.parameters, nobody_asked, 1) > 1_000
