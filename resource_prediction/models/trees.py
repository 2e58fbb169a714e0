"""Trees of scikit-learn: growing a forest; as treelite: native files, fast prediction. Not here: families."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import treelite
from sklearn.ensemble import ExtraTreesRegressor
from treelite import gtil

from resource_prediction.arrays import FloatArray

if TYPE_CHECKING:
    from resource_prediction.models.base import BasePredictor


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


def leaves(model: treelite.Model, matrix: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Leaf of each row in each tree, shape (n, trees)."""
    return np.asarray(gtil.predict_leaf(model, _doubles(matrix), nthread=1), dtype=np.int64)


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
