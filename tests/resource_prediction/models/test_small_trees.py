from __future__ import annotations

import lightgbm
import numpy as np
import pytest
import treelite
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models import trees
from resource_prediction.models.small_trees import SmallTrees

CLASSES, ROUNDS = 3, 8


def _rows(count: int) -> Matrix:
    """Four features: one with missing values, one of whole numbers with equal values, one that is often zero."""
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(count, 4)).astype(np.float32)
    rows[:, 0] = np.where(draws.random(count) < 0.3, np.nan, rows[:, 0])
    rows[:, 1] = np.round(rows[:, 1] * 3)
    rows[:, 2] = np.maximum(rows[:, 2], 0)
    return rows


X = _rows(2_500)
Y = np.nan_to_num(X[:, 0]) + X[:, 1] * (X[:, 2] > 0.5) + 3
BINS = np.digitize(Y, [2.5, 3.5]).astype(np.float64)


def _lightgbm(objective: str, target: FloatArray, **parameters: object) -> lightgbm.Booster:
    settled = {"objective": objective, "verbosity": -1, "num_threads": 1, "deterministic": True, **parameters}
    return lightgbm.train(settled, lightgbm.Dataset(X, target), num_boost_round=ROUNDS)


def _xgboost(objective: str, target: FloatArray, **parameters: object) -> xgboost.Booster:
    settled = {"objective": objective, "nthread": 1, **parameters}
    return xgboost.train(settled, xgboost.DMatrix(X, target), num_boost_round=ROUNDS)


@pytest.mark.parametrize("leaves", [2, 7, 16])
def test_lightgbm_gives_equal_bits(leaves: int) -> None:
    one = _lightgbm("regression", Y, num_leaves=leaves)
    many = _lightgbm("multiclass", BINS, num_leaves=leaves, num_class=CLASSES)
    for booster in (one, many):
        small = SmallTrees.of([treelite.frontend.from_lightgbm(booster)], ROUNDS)
        assert small is not None
        expected = booster.predict(X, raw_score=True).reshape(len(X), -1)
        np.testing.assert_array_equal(small.score(X), expected)


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_xgboost_gives_equal_bits(depth: int) -> None:
    one = _xgboost("reg:squarederror", Y, max_depth=depth)
    many = _xgboost("multi:softprob", BINS, max_depth=depth, num_class=CLASSES)
    levels = _xgboost("reg:quantileerror", Y, max_depth=depth, quantile_alpha=[0.1, 0.5, 0.9])
    for booster in (one, many, levels):
        small = SmallTrees.of([treelite.frontend.from_xgboost(booster)], ROUNDS)
        assert small is not None
        expected = booster.inplace_predict(X, predict_type="margin").reshape(len(X), -1)
        np.testing.assert_array_equal(small.score(X), expected)
        assert small.score(X).dtype == np.float32


def test_several_models_of_one_output_are_asked_at_once() -> None:
    models = []
    for level in (0.2, 0.8):
        learner = HistGradientBoostingRegressor(loss="quantile", quantile=level, max_iter=ROUNDS, max_depth=3)
        models.append(treelite.sklearn.import_model(learner.fit(X, Y)))
    small = SmallTrees.of(models, ROUNDS)
    assert small is not None
    expected = np.stack([trees.predict(model, X) for model in models], axis=1)
    np.testing.assert_allclose(small.score(X), expected, rtol=1e-14)


def test_a_row_scores_the_same_alone_among_few_and_among_many() -> None:
    small = SmallTrees.of([treelite.frontend.from_xgboost(_xgboost("reg:squarederror", Y, max_depth=3))], ROUNDS)
    assert small is not None
    together = small.score(X)
    np.testing.assert_array_equal(small.score(X[:16]), together[:16])
    np.testing.assert_array_equal(small.score(X[7:8]), together[7:8])
    assert small.score(X[:0]).shape == (0, 1)


def test_rounds_beyond_those_asked_for_are_left_out() -> None:
    booster = _xgboost("multi:softprob", BINS, max_depth=2, num_class=CLASSES)
    small = SmallTrees.of([treelite.frontend.from_xgboost(booster)], 5)
    assert small is not None
    expected = booster.inplace_predict(X, predict_type="margin", iteration_range=(0, 5))
    np.testing.assert_array_equal(small.score(X), expected)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3), st.sampled_from([-np.inf, np.inf, np.nan, 0.0, -0.0, 3.4e38]), st.integers(0, 200))
def test_values_at_the_limits_go_where_the_library_sends_them(feature: int, value: float, place: int) -> None:
    booster = _lightgbm("regression", Y, num_leaves=8)
    model = treelite.frontend.from_lightgbm(booster)
    small = SmallTrees.of([model], ROUNDS)
    assert small is not None
    row = X[place : place + 1].copy()
    row[0, feature] = np.float32(value)
    limits = model.get_tree_accessor(0).get_field("threshold").astype(np.float32)
    at_limits = np.repeat(row, 2 * len(limits), axis=0)
    at_limits[:, feature] = np.concatenate([limits, np.nextafter(limits, np.float32(np.inf))])
    for rows in (row, at_limits):
        np.testing.assert_array_equal(small.score(rows)[:, 0], booster.predict(rows, raw_score=True))


def test_trees_of_many_leaves_and_trees_without_a_split_are_refused() -> None:
    large = _lightgbm("regression", Y, num_leaves=17, min_data_in_leaf=2)
    stumps = _lightgbm("regression", Y, min_data_in_leaf=len(X))
    for booster in (large, stumps):
        assert SmallTrees.of([treelite.frontend.from_lightgbm(booster)], ROUNDS) is None


def test_a_tree_that_asks_for_words_is_refused() -> None:
    words = X.copy()
    words[:, 1] -= words[:, 1].min()
    data = lightgbm.Dataset(words, Y, categorical_feature=[1])
    booster = lightgbm.train({"objective": "regression", "num_leaves": 4, "verbosity": -1}, data, num_boost_round=2)
    assert SmallTrees.of([treelite.frontend.from_lightgbm(booster)], ROUNDS) is None
