"""What boosted trees of every library share: log peak or bins in, GiB or probabilities out. Not here: a library."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models.base import BasePredictor


class BoostedTrees(BasePredictor):
    """Boosted trees on the log of the peak, or on memory bins; a library supplies training and raw scores.

    Args:
        n_estimators: Rounds; classification grows a tree for each bin in each of them.
        random_state: Seed of feature and row sampling.
        **parameters: The library's own parameters by their own names, and the framework's.
    """

    cut_parameters: ClassVar[tuple[str, ...]] = ("n_estimators",)

    def __init__(self, n_estimators: int = 100, random_state: int = 42, **parameters: object) -> None:
        super().__init__(random_state=random_state)
        self.n_estimators = n_estimators

    @abstractmethod
    def train(self, matrix: Matrix, target: FloatArray, weight: FloatArray | None, classes: int | None) -> None:
        """Set ``self.booster``; ``classes`` is None for regression. Missing values are NaN."""

    @abstractmethod
    def score(self, matrix: Matrix) -> FloatArray:
        """Predicted log peak (n,), or probabilities (n, classes)."""

    def fit(self, X: pd.DataFrame, y: npt.NDArray[Any], **fit_params: FloatArray) -> Self:
        """Grow the trees; ``sample_weight`` is legal."""
        classes = self.class_count(y) if self.task == "classification" else None
        target = np.log(y) if classes is None else y.astype(np.float64)
        self.train(self.matrix(X), target, fit_params.get("sample_weight"), classes)
        return self

    def predict(self, X: pd.DataFrame) -> npt.NDArray[Any]:
        """GiB, or the likeliest bin, shape (n,)."""
        scores = self.score(self.matrix(X))
        return scores.argmax(axis=1) if self.task == "classification" else np.exp(scores)

    def predict_proba(self, X: pd.DataFrame) -> FloatArray:
        """Probability of each bin, shape (n, bins)."""
        return self.score(self.matrix(X))
