"""The LightGBM families: regression and classification are one class. Not here: what boosting shares (boosting.py)."""

from __future__ import annotations

import lightgbm
import numpy as np

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models.implementations.boosting import BoostedTrees


class LightGBMModel(BoostedTrees):
    """LightGBM on log peak or on memory bins; parameters are those of ``lightgbm.train``."""

    def train(self, matrix: Matrix, target: FloatArray, weight: FloatArray | None, classes: int | None) -> None:
        """See `BoostedTrees.train`."""
        objective = (
            {"objective": "regression"}
            if classes is None
            else {"objective": "multiclass", "num_class": max(classes, 2)}
        )
        fixed = {
            "seed": self.random_state,
            "num_threads": self.n_jobs,
            "deterministic": True,
            "force_row_wise": True,  # the other layout is chosen by a clock, and sums in another order
            "verbosity": -1,
        }
        settings = objective | self.learner_parameters() | fixed
        data = lightgbm.Dataset(matrix, target, weight=weight, params=settings)
        self.booster = lightgbm.train(settings, data, num_boost_round=self.n_estimators)

    def score(self, matrix: Matrix) -> FloatArray:
        """See `BoostedTrees.score`."""
        return np.asarray(self.booster.predict(matrix, num_threads=1), dtype=np.float64)
