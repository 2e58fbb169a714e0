"""The LightGBM families: regression and classification are one class. Not here: what boosting shares (boosting.py)."""

from __future__ import annotations

import json

import lightgbm
import numpy as np
import treelite

from resource_prediction.arrays import FloatArray, Matrix
from resource_prediction.models.implementations.boosting import BoostedTrees
from resource_prediction.models.small_trees import Scores


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
            "feature_pre_filter": False,  # else features depend on min_data_in_leaf, and no search could share them
            "verbosity": -1,
        }
        settings = objective | self.learner_parameters() | fixed

        def grow() -> lightgbm.Booster:
            binned = lightgbm.Dataset(matrix, weight=weight, params=settings)  # bins nothing before `construct`
            what = f"Dataset {json.dumps(binned.get_params(), sort_keys=True)}"
            data = self.prepared(what, [matrix, weight], binned.construct)
            data.set_label(target)
            return lightgbm.train(settings, data, num_boost_round=self.n_estimators)

        self.booster = self.grown("LightGBM", [matrix, target, weight], grow)

    def score_by_library(self, matrix: Matrix) -> Scores:
        """See `BoostedTrees.score_by_library`."""
        rounds = self.n_estimators
        return np.asarray(self.booster.predict(matrix, num_iteration=rounds, raw_score=True, num_threads=1))

    def import_trees(self) -> treelite.Model:
        """See `BoostedTrees.import_trees`."""
        return treelite.frontend.from_lightgbm(self.booster)
