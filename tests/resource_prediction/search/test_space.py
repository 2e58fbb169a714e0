"""Spaces are drawn as the table says; variants follow from a trial without growing trees again."""

from __future__ import annotations

import optuna
import pytest

from resource_prediction.config import default_parameters, families_of, hyperparameters
from resource_prediction.search import suggest
from resource_prediction.search.space import variants


@pytest.mark.parametrize("family", families_of())
def test_every_family_draws_each_of_its_parameters_within_its_bounds(family: str) -> None:
    space = hyperparameters(family)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
    for _ in range(20):
        drawn = suggest(study.ask(), family)
        assert drawn.keys() == space.keys()
        for name, value in drawn.items():
            entry = space[name]
            if "choices" in entry:
                assert value in entry["choices"]
            else:
                assert entry["min"] <= value <= entry["max"]
                assert isinstance(value, int) == (entry["type"] == "int")


@pytest.mark.parametrize("family", families_of())
def test_every_default_lies_within_its_own_space(family: str) -> None:
    for name, entry in hyperparameters(family).items():
        if "choices" in entry:
            assert entry["default"] in entry["choices"], name
        else:
            assert entry["min"] <= entry["default"] <= entry["max"], name


def test_variants_of_boosted_trees_keep_everything_but_half_of_the_trees() -> None:
    parameters = {**default_parameters("xgboost_classification"), "n_estimators": 60}
    assert variants("xgboost_classification", parameters)[0] == {**parameters, "n_estimators": 30}


def test_variants_have_no_fewer_trees_than_the_space() -> None:
    fewest = hyperparameters("xgboost_classification")["n_estimators"]["min"]
    assert variants("xgboost_classification", {"n_estimators": fewest}) == []
    assert [each["n_estimators"] for each in variants("xgboost_classification", {"n_estimators": fewest + 1})] == [
        fewest
    ]


def test_variants_of_the_forest_draw_what_only_weighs_its_leaves() -> None:
    drawn = variants("extra_trees_regression", default_parameters("extra_trees_regression"))[0]
    assert not {"power", "smoothing"} & drawn.keys()
    assert {"min_samples_leaf", "max_features"} <= drawn.keys()


def test_a_family_that_cannot_be_cut_has_no_variants() -> None:
    family = "logistic_regression_classification"
    assert variants(family, default_parameters(family)) == []
