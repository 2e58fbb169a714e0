"""The forest family: randomised trees whose leaves hold jobs. Not here: what the leaves say (leaf_jobs.py)."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import treelite

from resource_prediction.array_files import ONE_READER
from resource_prediction.arrays import FloatArray, IntArray, Matrix
from resource_prediction.distribution import Atoms, Distribution
from resource_prediction.models import trees
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.fitted import Fitted
from resource_prediction.models.leaf_jobs import LeafJobs
from resource_prediction.shared_rows import SharedRows

FOREST_FILE, LEAVES_FILE = "forest.treelite", "leaves.npz"

_ROWS = 2_000
"""Rows dropped into the leaves at once: memory of a fit does not grow with rows times trees."""


class ExtraTreesModel(BasePredictor):
    """Extremely randomised trees on GiB; a row's distribution is the peaks of the jobs that share its leaves.

    Args:
        n_estimators: Trees.
        power: How much more a job weighs that shares many leaves with the row; 1 is the forest's own mean.
        smoothing: Spread of a Gaussian on the log of the peak; 0 is none.
        random_state: Seed of the trees.
        **parameters: Those of scikit-learn's ``ExtraTreesRegressor``, and the framework's. ``sample_weight`` weighs
            rows while trees grow, and not in the leaves.

    Source: Geurts, Ernst, Wehenkel: Extremely randomized trees, 2006; Meinshausen: Quantile regression forests, 2006.
    """

    cut_parameters: ClassVar[tuple[str, ...]] = ("n_estimators", "power", "smoothing")

    def __init__(
        self,
        n_estimators: int = 100,
        power: float = 1.25,
        smoothing: float = 0.0,
        random_state: int = 42,
        **parameters: object,
    ) -> None:
        super().__init__(random_state=random_state)
        self.n_estimators = n_estimators
        self.power = power
        self.smoothing = smoothing

    def learner_parameters(self) -> dict[str, Any]:
        """See `BasePredictor.learner_parameters`."""
        own = ("power", "smoothing")
        return {name: value for name, value in super().learner_parameters().items() if name not in own}

    def fit(self, X: pd.DataFrame, y: npt.NDArray[Any], **fit_params: FloatArray) -> Self:
        """Grow the trees and drop the training jobs into their leaves."""
        matrix = self.matrix(X)
        self.fill = trees.below_all(matrix)
        filled = np.where(np.isnan(matrix), self.fill, matrix)
        forest = trees.grow_forest(self, filled, y, fit_params.get("sample_weight"))
        nodes = [tree.tree_.children_left for tree in forest.estimators_]
        self.first = np.cumsum([0, *(len(each) for each in nodes)])[:-1]
        is_leaf = np.concatenate(nodes) < 0
        self.number = np.where(is_leaf, np.cumsum(is_leaf) - 1, -1).astype(np.int32)
        self.forest = treelite.sklearn.import_model(forest)
        self.walk = trees.Walk(self.forest)
        self.leaf_jobs = LeafJobs.empty(int(is_leaf.sum()))
        for start in range(0, len(X), _ROWS):
            self.observe(X.iloc[start : start + _ROWS], y[start : start + _ROWS])
        return self

    def predict(self, X: pd.DataFrame) -> npt.NDArray[Any]:
        """Mean peak of the jobs in the leaves, GiB, shape (n,)."""
        return self.predict_distribution(X).mean()

    def learn_distribution(self, X: pd.DataFrame, peak: FloatArray, weight: FloatArray | None) -> Fitted:
        """Nothing more: the leaves hold it."""
        return Fitted(self.features)

    def predict_distribution(self, X: pd.DataFrame) -> Distribution:
        """See `BasePredictor.predict_distribution`."""
        self.check_features(X)
        if not len(X):
            return Atoms(np.empty((0, 1)), np.ones(1))
        leaves = self._leaves(self.matrix(X))
        first, group = trees.alike_rows(leaves)
        support, weights = self.leaf_jobs.weigh(leaves[first], self.power)
        if self.smoothing > 0:
            weights = weights @ _gaussian(support, self.smoothing)
        atoms = Atoms(np.broadcast_to(support, weights.shape), weights)
        return atoms if len(first) == len(leaves) else SharedRows(atoms, group)

    def observe(self, X: pd.DataFrame, peak_gib: FloatArray) -> None:
        """Drop finished jobs into the leaves; the trees stay."""
        self.leaf_jobs.add(self._leaves(self.matrix(X)), peak_gib)

    def copy(self) -> Self:
        """See `BasePredictor.copy`: the trees are shared, the leaves are not."""
        other = copy.copy(self)
        other.leaf_jobs = self.leaf_jobs.copy()
        return other

    def save_learner(self, folder: Path) -> dict[str, Any]:
        """Trees in treelite's own format, the jobs in their leaves as arrays."""
        trees.save(self.forest, folder / FOREST_FILE)
        arrays = self.leaf_jobs.to_arrays() | {"fill": self.fill, "first": self.first, "number": self.number}
        np.savez_compressed(folder / LEAVES_FILE, allow_pickle=False, **arrays)
        return {}

    def load_learner(self, folder: Path, saved: dict[str, Any]) -> None:
        """See `save_learner`."""
        self.forest = trees.load(folder / FOREST_FILE)
        self.walk = trees.Walk(self.forest)
        with ONE_READER, np.load(folder / LEAVES_FILE, allow_pickle=False) as file:
            arrays = dict(file)
        self.fill, self.first, self.number = arrays["fill"], arrays["first"], arrays["number"]
        self.leaf_jobs = LeafJobs.from_arrays(arrays)

    def _leaves(self, matrix: Matrix) -> IntArray:
        """Leaf of each row in each tree, numbered over all trees, shape (n, trees)."""
        nodes = self.walk.leaves(np.where(np.isnan(matrix), self.fill, matrix))
        return np.asarray(self.number[nodes + self.first], dtype=np.int64)


def _gaussian(support_gib: FloatArray, spread: float) -> FloatArray:
    """Share of each point's weight that goes to each point, shape (g, g); rows sum to 1.

    A point gets in proportion to the range that it stands for: points are dense where peaks are.
    """
    place = np.log(support_gib)
    kernel = np.exp(-0.5 * ((place[:, None] - place) / spread) ** 2) * np.gradient(place)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))
