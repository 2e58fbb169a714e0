"""What boosted trees of every library share: log peak or bins in, GiB or probabilities out. Not here: a library."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import treelite

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.small_trees import Scores, SmallTrees
from resource_prediction.models.softmax import softmax


class BoostedTrees(BasePredictor):
    """Boosted trees on the log of the peak, or on memory bins; a library supplies training and raw scores.

    Args:
        n_estimators: Rounds; classification grows a tree for each bin in each of them.
        random_state: Seed of feature and row sampling.
        **parameters: The library's own parameters by their own names, and the framework's.
    """

    cut_parameters: ClassVar[tuple[str, ...]] = ("n_estimators",)
    derived: ClassVar[tuple[str, ...]] = ("small_trees",)

    def __init__(self, n_estimators: int = 100, random_state: int = 42, **parameters: object) -> None:
        super().__init__(random_state=random_state)
        self.n_estimators = n_estimators
        self.small_trees: SmallTrees | None = None

    @abstractmethod
    def train(self, matrix: Matrix, target: FloatArray, weight: FloatArray | None, classes: int | None) -> None:
        """Set ``self.booster``; ``classes`` is None for regression. Missing values are NaN."""

    @abstractmethod
    def score_by_library(self, matrix: Matrix) -> Scores:
        """Sums of leaves: predicted log peak (n,), or (n, classes) to take the softmax of."""

    @abstractmethod
    def import_trees(self) -> treelite.Model:
        """The booster's trees."""

    def fit(self, X: pd.DataFrame, y: npt.NDArray[Any], **fit_params: FloatArray) -> Self:
        """Grow the trees; ``sample_weight`` is legal."""
        classes = self.class_count(y) if self.task == "classification" else None
        target = np.log(y) if classes is None else y.astype(np.float64)
        self.small_trees = None
        self.train(self.matrix(X), target, fit_params.get("sample_weight"), classes)
        return self

    def predict(self, X: pd.DataFrame) -> npt.NDArray[Any]:
        """GiB, or the likeliest bin, shape (n,)."""
        scores = self.score(self.matrix(X))
        return scores.argmax(axis=1) if self.task == "classification" else np.exp(scores[:, 0])

    def predict_proba(self, X: pd.DataFrame) -> FloatArray:
        """Probability of each bin, shape (n, bins)."""
        return softmax(self.score(self.matrix(X)))

    def score(self, matrix: Matrix) -> FloatArray:
        """Sums of leaves, shape (n, outputs): the quickest way that there is, as all give equal bits."""
        scores = self.small_trees.score(matrix) if self.small_trees else self.score_by_library(matrix)
        return scores.reshape(len(matrix), -1).astype(np.float64)

    def load_learner(self, folder: Path, saved: dict[str, Any]) -> None:
        """See `BasePredictor.load_learner`; a fit's own few predictions do not repay reading its trees."""
        super().load_learner(folder, saved)
        if "booster" in saved:  # there is none where all peaks fell into one bin
            self.small_trees = SmallTrees.of([self.import_trees()], self.n_estimators)
