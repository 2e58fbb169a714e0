"""Trees of scikit-learn: growing a forest; as treelite: native files, fast prediction. Not here: families."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import treelite
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.tree._tree import NODE_DTYPE, Tree
from treelite import gtil

from resource_prediction.arrays import FloatArray

if TYPE_CHECKING:
    from resource_prediction.models.base import BasePredictor

_FEW_ROWS = 16
"""Up to here treelite is faster than a call for each tree."""

_SORTING_TREES = 3
"""Trees whose leaves say which rows are alike."""


def grow_forest(
    model: BasePredictor, matrix: npt.NDArray[Any], target: FloatArray, weight: FloatArray | None
) -> ExtraTreesRegressor:
    """Grow a model's randomised trees, or cut a larger forest that a search has grown.

    A forest draws the seeds of its trees one after the other, so the first trees of a large one are the small one.

    Args:
        model: Whose forest: its parameters, seed and threads.
        matrix: Features, shape (n, f), without NaN.
        target: Shape (n,).
        weight: Of each row, shape (n,), where given.
    """
    trees = int(model.get_parameters()["n_estimators"])

    def grow() -> ExtraTreesRegressor:
        settings = model.learner_parameters()
        forest = ExtraTreesRegressor(trees, n_jobs=model.n_jobs, random_state=model.random_state, **settings)
        return forest.fit(matrix, target, sample_weight=weight)

    forest = model.grown("forest", [matrix, target, weight], grow)
    if len(forest.estimators_) == trees:
        return forest
    cut = copy.copy(forest)
    cut.n_estimators, cut.estimators_ = trees, forest.estimators_[:trees]
    return cut


def save(model: treelite.Model, path: Path) -> None:
    """Write a model in treelite's own format, through Python: treelite calls a full disk a stream error."""
    path.write_bytes(model.serialize_bytes())


def load(path: Path) -> treelite.Model:
    """Read a model that `save` wrote."""
    return treelite.Model.deserialize(path)


class Walk:
    """The way down the trees of a forest, for one row or for many.

    treelite asks all trees of one row, then of the next, and scikit-learn all rows of one tree: its nodes stay near
    the processor, and rows that are alike, one after the other, are guessed right at most splits. On 22,000 rows that
    takes a third of the time, and on one row three times as long.

    Args:
        model: A forest of scikit-learn, as treelite imports it.
    """

    def __init__(self, model: treelite.Model) -> None:
        self._model = model
        self._trees = [_as_scikit_learn(model, number) for number in range(model.num_tree)]

    def leaves(self, matrix: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Node of each row's leaf in each tree, shape (n, trees); no value is missing."""
        if len(matrix) <= _FEW_ROWS:
            return np.asarray(gtil.predict_leaf(self._model, _doubles(matrix), nthread=1), dtype=np.int64)
        singles = np.ascontiguousarray(matrix, dtype=np.float32)
        alike = np.lexsort([tree.apply(singles) for tree in self._trees[:_SORTING_TREES]])
        sorted_rows, found = singles[alike], np.empty((len(matrix), len(self._trees)), dtype=np.int64)
        found[alike] = np.stack([tree.apply(sorted_rows) for tree in self._trees], axis=1)
        return found


def _as_scikit_learn(model: treelite.Model, number: int) -> Tree:
    """One tree back in scikit-learn's form, without what a fit knows of its nodes beside the splits."""
    accessor = model.get_tree_accessor(number)
    left = accessor.get_field("cleft")
    nodes = np.zeros(len(left), dtype=NODE_DTYPE)
    nodes["left_child"], nodes["right_child"] = left, accessor.get_field("cright")
    nodes["feature"], nodes["threshold"] = accessor.get_field("split_index"), accessor.get_field("threshold")
    tree = Tree(model.num_feature, np.ones(1, dtype=np.intp), 1)
    state = {"max_depth": len(left), "node_count": len(left), "nodes": nodes, "values": np.zeros((len(left), 1, 1))}
    tree.__setstate__(state)
    return tree


def alike_rows(leaves: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows that fall into the same leaves of all trees: the first of each such group, and each row's group, shape (n,).

    Half of 4,598 real rows are like another one, where history stands still: their features differ, but by no split.
    """
    groups: dict[bytes, int] = {}
    group = np.array([groups.setdefault(row.tobytes(), len(groups)) for row in leaves], dtype=np.intp)
    return np.unique(group, return_index=True)[1], group


def predict(model: treelite.Model, matrix: npt.NDArray[Any]) -> FloatArray:
    """Prediction of a model with one output, shape (n,)."""
    return np.asarray(gtil.predict(model, _doubles(matrix), nthread=1), dtype=np.float64).reshape(-1)


def below_all(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What stands for a missing value in each column: a little below all others, so that one split sets it apart."""
    low = np.where(np.isnan(matrix), np.inf, matrix).min(axis=0)
    high = np.where(np.isnan(matrix), -np.inf, matrix).max(axis=0)
    return np.where(np.isfinite(low), low - 0.1 * (high - low) - 1e-3, 0).astype(np.float32)


def _doubles(matrix: npt.NDArray[Any]) -> FloatArray:
    """Trees of scikit-learn compare in double precision, and treelite wants what it imported."""
    return np.ascontiguousarray(matrix, dtype=np.float64)
