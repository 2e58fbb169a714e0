from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resource_prediction import testing
from resource_prediction.config import (
    HYPERPARAMETER_CONFIGS,
    MODEL_FAMILIES,
    Family,
    create_predictor,
    families_of,
)
from resource_prediction.errors import ParameterError
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.binning import neighbour_shares
from resource_prediction.testing import FamilyContract


class TypicalPeak(BasePredictor):
    """What a user would write first: fit and predict, nothing else; the base does the rest."""

    def __init__(self, share: float = 0.5, random_state: int = 42, **kwargs: object) -> None:
        self.share = share

    def fit(self, X: Any, y: Any, **fit_params: Any) -> TypicalPeak:
        codes = X["code"].to_numpy()
        self.typical = np.array([np.quantile(y[codes == code], self.share) for code in range(4)])
        self.otherwise = float(np.quantile(y, self.share))
        return self

    def predict(self, X: Any) -> Any:
        code = X["code"].to_numpy()
        known = np.isin(code, range(4))
        return np.where(known, self.typical[np.where(known, code, 0).astype(int)], self.otherwise)


class TypicalBin(TypicalPeak):
    """The same for bins, without predict_proba: bins are whole numbers."""

    def predict(self, X: Any) -> Any:
        return np.floor(super().predict(X)).astype(int)


@pytest.fixture(autouse=True)
def users_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries and two classes, as the three steps say; nothing else is done anywhere."""
    regression: Family = {"type": "regression", "base_model": "a user's", "class": lambda: TypicalPeak}
    classification: Family = {"type": "classification", "base_model": "a user's", "class": lambda: TypicalBin}
    for name, entry in (("users_regression", regression), ("users_classification", classification)):
        monkeypatch.setitem(MODEL_FAMILIES, name, entry)
        monkeypatch.setitem(HYPERPARAMETER_CONFIGS, name, {"share": {"min": 0.1, "max": 0.9, "default": 0.5}})


@pytest.mark.parametrize("family_name", [*families_of(), "users_regression", "users_classification"])
class TestEveryFamily(FamilyContract):
    @pytest.fixture(autouse=True)
    def _name(self, family_name: str) -> None:
        self.family = family_name


def test_the_sample_is_a_farm_with_four_profiles() -> None:
    X, peak = testing.sample()
    assert sorted(X["code"].unique()) == [0, 1, 2, 3]
    assert 0.3 < peak.min() < 1.5
    assert 25 < peak.max() < 80


def test_smoothing_gives_neighbours_of_the_likeliest_bin_more_and_a_fit_without_it_none() -> None:
    X, peak = testing.sample()
    spread = [
        create_predictor("lightgbm_classification", {"bin_smoothing": bins}).fit_distribution(X, peak)
        for bins in (0.0, 1.0)
    ]
    plain, smoothed = (model.predict_distribution(X).row_weights for model in spread)  # type: ignore[attr-defined]
    np.testing.assert_allclose(smoothed, plain @ neighbour_shares(plain.shape[1], 1.0))
    np.testing.assert_allclose(smoothed.sum(axis=1), 1)
    assert smoothed.max(axis=1).mean() < plain.max(axis=1).mean()


def test_a_smoothing_below_0_is_refused_before_the_fit() -> None:
    X, peak = testing.sample()
    with pytest.raises(ParameterError, match=r"bin_smoothing=-1; expected a finite number of bins"):
        create_predictor("lightgbm_classification", {"bin_smoothing": -1}).fit_distribution(X, peak)


def test_inputs_of_the_linear_model_are_cut_so_that_a_wild_value_says_no_more_than_the_cut() -> None:
    X, peak = testing.sample()
    model = create_predictor("logistic_regression_classification", {"cut_spreads": 2.0}).fit_distribution(X, peak)
    wild, wilder = X.iloc[:1].copy(), X.iloc[:1].copy()
    wild.iloc[0, 0], wilder.iloc[0, 0] = 1e9, 1e12
    weights = [model.predict_distribution(rows).row_weights for rows in (wild, wilder)]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(*weights)
