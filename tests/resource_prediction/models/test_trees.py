from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import treelite
from sklearn.ensemble import ExtraTreesRegressor

from resource_prediction.models import trees

X = np.random.default_rng(0).normal(size=(2_000, 3)).astype(np.float32)
FOREST = ExtraTreesRegressor(5, min_samples_leaf=20, random_state=0).fit(X, X[:, 0])


def test_compiled_trees_predict_what_scikit_learn_does() -> None:
    compiled = treelite.sklearn.import_model(FOREST)
    np.testing.assert_allclose(trees.predict(compiled, X), FOREST.predict(X))
    np.testing.assert_array_equal(trees.leaves(compiled, X), FOREST.apply(X))


@pytest.mark.parametrize("rows", [0, 1, 1_000])
def test_any_number_of_rows_keeps_its_order(rows: int) -> None:
    compiled = treelite.sklearn.import_model(FOREST)
    np.testing.assert_array_equal(trees.leaves(compiled, X[:rows]), FOREST.apply(X)[:rows])


def test_a_saved_forest_predicts_the_same(tmp_path: Path) -> None:
    compiled = treelite.sklearn.import_model(FOREST)
    trees.save(compiled, tmp_path / "forest.treelite")
    np.testing.assert_array_equal(
        trees.predict(trees.load(tmp_path / "forest.treelite"), X), trees.predict(compiled, X)
    )
