from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resource_prediction.config import create_predictor
from resource_prediction.models import small_trees
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.small_trees import SmallTrees
from resource_prediction.testing import sample

FAMILIES = ("xgboost_regression", "xgboost_classification", "lightgbm_regression", "lightgbm_classification")


def saved_and_loaded(family: str, folder: Path, **parameters: object) -> tuple[BasePredictor, BasePredictor]:
    X, peak = sample()
    model = create_predictor(family, parameters).fit_distribution(X, peak)
    model.save(folder)
    return model, type(model).load(folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_loaded_model_asks_its_trees_itself_and_scores_as_the_library_does_bit_for_bit(
    family: str, tmp_path: Path
) -> None:
    X, _ = sample(rows=300, seed=8)
    fitted, loaded = saved_and_loaded(family, tmp_path)
    assert isinstance(loaded.small_trees, SmallTrees)  # type: ignore[attr-defined]
    matrix = fitted.matrix(X)
    expected = fitted.score_by_library(matrix).reshape(len(X), -1)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(loaded.score(matrix), expected)  # type: ignore[attr-defined]


@pytest.mark.parametrize("family", [*FAMILIES, "quantile_ensemble_regression"])
def test_trees_of_too_many_leaves_are_left_to_the_library(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, _ = sample(rows=50, seed=8)
    _, small = saved_and_loaded(family, tmp_path, n_estimators=10)
    monkeypatch.setattr(small_trees, "MOST_LEAVES", 1)
    large = type(small).load(tmp_path)
    held = [value for value in vars(large).values() if isinstance(value, SmallTrees)]
    assert not held
    expected = small.predict_distribution(X).quantiles([0.1, 0.5, 0.9])
    np.testing.assert_allclose(large.predict_distribution(X).quantiles([0.1, 0.5, 0.9]), expected, rtol=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_loaded_model_is_saved_with_equal_bytes(family: str, tmp_path: Path) -> None:
    _, loaded = saved_and_loaded(family, tmp_path / "first")
    loaded.save(tmp_path / "second")
    first = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}


def test_a_classifier_of_one_bin_is_saved_and_loaded(tmp_path: Path) -> None:
    X, _ = sample(rows=40)
    model = create_predictor("lightgbm_classification").fit_distribution(X, np.full(40, 6.0))
    model.save(tmp_path)
    np.testing.assert_allclose(type(model).load(tmp_path).predict_distribution(X).mean(), 6.0)
