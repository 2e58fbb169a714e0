"""The XGBoost families: regression and classification are one class. Not here: many quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import treelite
import xgboost

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.implementations.boosting import BoostedTrees
from resource_prediction.models.small_trees import Scores


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
        self.booster = grow(self, settings, matrix, target, weight)

    def score_by_library(self, matrix: Matrix) -> Scores:
        """See `BoostedTrees.score_by_library`."""
        return np.asarray(self.booster.inplace_predict(matrix, predict_type="margin"))

    def import_trees(self) -> treelite.Model:
        """See `BoostedTrees.import_trees`."""
        return treelite.frontend.from_xgboost(self.booster)


def grow(
    model: BasePredictor, settings: dict[str, Any], matrix: Matrix, target: FloatArray, weight: FloatArray | None
) -> xgboost.Booster:
    """A booster with the model's ``n_estimators`` rounds; in a search features are binned once, and rounds cut off.

    Args:
        model: Whose booster.
        settings: Those of ``xgboost.train``.
        matrix: Features, shape (n, f); NaN is missing.
        target: Shape (n,).
        weight: Of each row, shape (n,), where given.
    """
    rounds = int(model.get_parameters()["n_estimators"])

    def train() -> xgboost.Booster:
        data = model.prepared(
            "QuantileDMatrix",
            [matrix, weight],
            lambda: xgboost.QuantileDMatrix(matrix, weight=weight, nthread=model.n_jobs),
        )
        data.set_info(label=target)
        return xgboost.train(settings, data, num_boost_round=rounds)

    booster = model.grown("XGBoost", [matrix, target, weight], train)
    return booster if booster.num_boosted_rounds() == rounds else booster[:rounds]
