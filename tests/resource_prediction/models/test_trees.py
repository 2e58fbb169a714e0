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


@pytest.mark.parametrize("rows", [0, 1, 16, 17, 2_000])
def test_a_walk_ends_in_the_leaves_of_scikit_learn_in_the_order_of_the_rows(rows: int) -> None:
    walk = trees.Walk(treelite.sklearn.import_model(FOREST))
    np.testing.assert_array_equal(walk.leaves(X[:rows]), FOREST.apply(X)[:rows])


def test_a_value_at_a_threshold_goes_to_the_left_for_one_row_and_for_many() -> None:
    tree = FOREST.estimators_[0].tree_
    row = np.zeros((1, 3), dtype=np.float32)
    row[0, tree.feature[0]] = tree.threshold[0]
    walk = trees.Walk(treelite.sklearn.import_model(FOREST))
    many = walk.leaves(np.repeat(row, 20, axis=0))
    np.testing.assert_array_equal(many, np.repeat(walk.leaves(row), 20, axis=0))
    np.testing.assert_array_equal(many, FOREST.apply(np.repeat(row, 20, axis=0)))


def test_rows_in_equal_leaves_are_one_group() -> None:
    first, group = trees.alike_rows(np.array([[3, 4], [3, 5], [3, 4], [3, 5], [0, 4]]))
    assert first.tolist() == [0, 1, 4]
    assert group.tolist() == [0, 1, 0, 1, 2]


def test_a_saved_forest_predicts_the_same(tmp_path: Path) -> None:
    compiled = treelite.sklearn.import_model(FOREST)
    trees.save(compiled, tmp_path / "forest.treelite")
    np.testing.assert_array_equal(
        trees.predict(trees.load(tmp_path / "forest.treelite"), X), trees.predict(compiled, X)
    )
