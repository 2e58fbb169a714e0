"""The XGBoost families: regression and classification are one class. Not here: many quantiles."""

from __future__ import annotations

import numpy as np
import xgboost

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models.implementations.boosting import BoostedTrees


class XGBoostModel(BoostedTrees):
    """XGBoost on log peak or on memory bins; parameters are those of ``xgboost.train``."""

    def train(self, matrix: Matrix, target: FloatArray, weight: FloatArray | None, classes: int | None) -> None:
        """See `BoostedTrees.train`."""
        objective = (
            {"objective": "reg:squarederror"}
            if classes is None
            else {"objective": "multi:softprob", "num_class": max(classes, 2)}
        )
        settings = objective | self.learner_parameters() | {"seed": self.random_state, "nthread": self.n_jobs}
        data = xgboost.QuantileDMatrix(matrix, target, weight=weight, nthread=self.n_jobs)
        self.booster = xgboost.train(settings, data, num_boost_round=self.n_estimators)

    def score(self, matrix: Matrix) -> FloatArray:
        """See `BoostedTrees.score`."""
        return np.asarray(self.booster.inplace_predict(matrix), dtype=np.float64)
