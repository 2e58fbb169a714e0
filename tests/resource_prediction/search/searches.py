"""A family that is fitted in no time, and its search, for the tests of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.models.base import BasePredictor
from resource_prediction.recipe import Recipe
from resource_prediction.search import Budget, SearchResult, search
from resource_prediction.training import TrainingSet
from tests.resource_prediction.fits import HOUR_US

FAMILY = "users_regression"

SPACE: dict[str, Any] = {
    "share": {"min": 0.1, "max": 0.9, "type": "float", "default": 0.25},
    "bias": {"choices": ["none", "heavy"], "default": "none"},
}


class TypicalPeak(BasePredictor):
    """A quantile of all peaks: 0.9 is a better answer than 0.1."""

    def __init__(self, share: float = 0.5, bias: str = "none", **kwargs: object) -> None:
        self.share, self.bias = share, bias

    def fit(self, X: Any, y: Any, **fit_params: Any) -> TypicalPeak:
        self.gib = float(np.quantile(y, self.share)) * (3.0 if self.bias == "heavy" else 1.0)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.gib)


class CutTypicalPeak(TypicalPeak):
    """The same, with trees that change nothing but can be cut."""

    cut_parameters = ("n_estimators",)

    def __init__(self, n_estimators: int = 8, **parameters: Any) -> None:
        super().__init__(**parameters)


def quick_recipe() -> Recipe:
    """The quick family with its defaults."""
    return Recipe(FAMILY, default_parameters(FAMILY), AllocationRule(), HOUR_US)


def run(
    data: TrainingSet,
    storage: optuna.storages.BaseStorage,
    trials: int,
    seed: int = 1,
    starts: Sequence[Mapping[str, Any]] = (),
    **budget: Any,
) -> SearchResult:
    """Search the quick family in the study named ``study``."""
    return search(quick_recipe(), data, storage, name="study", budget=Budget(trials, seed, **budget), starts=starts)


def parameters_of(storage: optuna.storages.BaseStorage) -> list[dict[str, Any]]:
    """Parameters of the finished trials."""
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    return [each.params for each in optuna.load_study(study_name="study", storage=storage).get_trials(states=states)]
