"""Learners on the same bins are the learners of scikit-learn, which bins for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper

from resource_prediction.models.implementations.histogram_boosting import BinnedFeatures, HistogramBoosting

SETTINGS: dict[str, Any] = {"loss": "quantile", "max_iter": 5, "max_features": 0.5, "random_state": 3}


@pytest.mark.parametrize("is_weighted", [False, True])
def test_learners_on_shared_bins_predict_what_learners_on_their_own_predict(is_weighted: bool) -> None:
    draw = np.random.default_rng(4)
    matrix = draw.normal(size=(120, 4))
    matrix[::7, 2] = np.nan
    target = matrix[:, 0] + draw.normal(size=120)
    weight = draw.uniform(0.5, 2.0, size=120) if is_weighted else None
    shared = BinnedFeatures()
    for level in (0.2, 0.8):
        ours = HistogramBoosting(quantile=level, **SETTINGS).on(shared).fit(matrix, target, weight)
        theirs = HistGradientBoostingRegressor(quantile=level, **SETTINGS).fit(matrix, target, weight)
        np.testing.assert_array_equal(ours.predict(matrix), theirs.predict(matrix))


def test_features_are_binned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[tuple[int, ...]] = []
    true_fit = _BinMapper.fit

    def counted(self: Any, X: Any, *arguments: Any, **options: Any) -> Any:
        fitted.append(X.shape)
        return true_fit(self, X, *arguments, **options)

    monkeypatch.setattr(_BinMapper, "fit", counted)
    shared, matrix = BinnedFeatures(), np.arange(80.0).reshape(40, 2)
    for level in (0.2, 0.8):
        HistogramBoosting(quantile=level, **SETTINGS).on(shared).fit(matrix, matrix[:, 0])
    assert fitted == [(40, 2)]
