from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resource_prediction import testing
from resource_prediction.config import HYPERPARAMETER_CONFIGS, MODEL_FAMILIES, Family, families_of
from resource_prediction.models.base import BasePredictor
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
