"""The quantile ensemble: histogram boosting and XGBoost, the mean of both. Not here: point regressions."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import treelite
import xgboost
from threadpoolctl import threadpool_limits

from resource_prediction.array_files import ONE_READER
from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.distribution import Distribution
from resource_prediction.models import trees
from resource_prediction.models.attributes import load_xgboost, save_xgboost
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.calibration import LevelCalibration
from resource_prediction.models.fitted import Fitted
from resource_prediction.models.implementations.histogram_boosting import BinnedFeatures, HistogramBoosting
from resource_prediction.models.implementations.xgboost_models import grow
from resource_prediction.models.small_trees import Scores, SmallTrees

XGBOOST_FILE = "xgboost.ubj"
CALIBRATION_FILE = "calibration.npz"


class QuantileEnsemble(BasePredictor):
    """Quantiles of the log peak by two learners; each quantile is their mean, and crossing ones are sorted.

    Args:
        n_estimators: Rounds of each learner.
        max_depth: Depth of each tree.
        learning_rate: Shrinkage of both.
        feature_share: Share of the features that a split (histogram boosting) or tree (XGBoost) may use.
        random_state: Seed of feature sampling.
        **kwargs: The framework's parameters.
    """

    levels: ClassVar[tuple[float, ...]] = (0.15, 0.5, 0.75, 0.9, 0.97)
    time_blocks: ClassVar[int] = 3
    cut_parameters: ClassVar[tuple[str, ...]] = ("n_estimators",)

    def __init__(
        self,
        n_estimators: int = 60,
        max_depth: int = 3,
        learning_rate: float = 0.08,
        feature_share: float = 0.33,
        random_state: int = 42,
        **kwargs: object,
    ) -> None:
        super().__init__(random_state=random_state)
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.feature_share = feature_share

    def fit(self, X: pd.DataFrame, y: npt.NDArray[Any], **fit_params: FloatArray) -> Self:
        """Fit both members on the log of GiB; ``sample_weight`` is legal."""
        matrix, target, weight = self.matrix(X), np.log(y), fit_params.get("sample_weight")
        binned = self.prepared("histogram bins", [matrix, weight], BinnedFeatures)
        self.histograms = [self._fit_histogram(level, matrix, target, weight, binned) for level in self.levels]
        self.booster = self._fit_xgboost(matrix, target, weight)
        self._read_trees()
        return self

    def predict(self, X: pd.DataFrame) -> npt.NDArray[Any]:
        """Median peak, GiB, shape (n,)."""
        return self.predict_levels(X)[:, self.levels.index(0.5)]

    def predict_levels(self, X: pd.DataFrame) -> FloatArray:
        """Peak at each of `levels`, ascending in each row, shape (n, levels), GiB."""
        matrix = self.matrix(X)
        return np.exp(np.sort((self._boosted(matrix) + self._histogram(matrix)) / 2, axis=1))

    def learn_distribution(self, X: pd.DataFrame, peak: FloatArray, weight: FloatArray | None) -> Fitted:
        """How often peaks fall between the levels, out of time: in place of residuals."""
        predicted, seen = self.predict_out_of_time(X, peak, weight, method="predict_levels")
        self.calibration = LevelCalibration.learn(predicted, peak[seen])
        return Fitted(self.features)

    def predict_distribution(self, X: pd.DataFrame) -> Distribution:
        """See `BasePredictor.predict_distribution`."""
        self.check_features(X)
        predicted = self.predict_levels(X) if len(X) else np.empty((0, len(self.levels)))
        return self.calibration.distribution(predicted)

    def save_learner(self, folder: Path) -> dict[str, Any]:
        """A treelite file for each level, XGBoost in UBJSON, the calibration as arrays."""
        for level, member in zip(self.levels, self.histograms, strict=True):
            trees.save(member, folder / _histogram_file(level))
        save_xgboost(self.booster, folder / XGBOOST_FILE)
        arrays = {"weights": self.calibration.weights, "overshoot": self.calibration.overshoot}
        np.savez(folder / CALIBRATION_FILE, allow_pickle=False, **arrays)
        return {}

    def load_learner(self, folder: Path, saved: dict[str, Any]) -> None:
        """See `save_learner`."""
        self.histograms = [trees.load(folder / _histogram_file(level)) for level in self.levels]
        self.booster = load_xgboost(folder / XGBOOST_FILE)
        with ONE_READER, np.load(folder / CALIBRATION_FILE, allow_pickle=False) as arrays:
            self.calibration = LevelCalibration(arrays["weights"], arrays["overshoot"])
        self._read_trees()

    def _read_trees(self) -> None:
        """All members of a library are asked at once, where their trees are small enough."""
        self.small_histograms = SmallTrees.of(self.histograms, self.n_estimators)
        self.small_boosted = SmallTrees.of([treelite.frontend.from_xgboost(self.booster)], self.n_estimators)

    def _histogram(self, matrix: Matrix) -> Scores:
        """Log peak at each level by histogram boosting, shape (n, levels)."""
        if self.small_histograms:
            return self.small_histograms.score(matrix)
        doubles = matrix.astype(np.float64)  # once for all members
        return np.stack([trees.predict(member, doubles) for member in self.histograms], axis=1)

    def _boosted(self, matrix: Matrix) -> Scores:
        """The same by XGBoost."""
        scores = self.small_boosted.score(matrix) if self.small_boosted else self.booster.inplace_predict(matrix)
        return np.asarray(scores, dtype=np.float64)

    def _fit_histogram(
        self, level: float, matrix: Matrix, target: FloatArray, weight: FloatArray | None, binned: BinnedFeatures
    ) -> treelite.Model:
        def train() -> HistogramBoosting:
            learner = HistogramBoosting(
                loss="quantile",
                quantile=level,
                max_iter=self.n_estimators,
                max_depth=self.max_depth,
                learning_rate=self.learning_rate,
                max_features=self.feature_share,
                early_stopping=False,
                random_state=self.random_state,
            )
            with threadpool_limits(self.n_jobs, user_api="openmp"):
                learner.on(binned).fit(matrix, target, sample_weight=weight)
            return learner

        learner = copy.copy(self.grown(f"histogram {level:g}", [matrix, target, weight], train))
        learner._predictors = learner._predictors[: self.n_estimators]  # its rounds; nothing public cuts them
        return treelite.sklearn.import_model(learner)

    def _fit_xgboost(self, matrix: Matrix, target: FloatArray, weight: FloatArray | None) -> xgboost.Booster:
        settings = {
            "objective": "reg:quantileerror",
            "quantile_alpha": list(self.levels),
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "colsample_bytree": self.feature_share,
            "seed": self.random_state,
            "nthread": self.n_jobs,
        }
        return grow(self, settings, matrix, target, weight)


def _histogram_file(level: float) -> str:
    return f"histogram_{level:g}.treelite"
