"""The table of model families and their hyperparameters. Not here: classes (models/), the search (search.py)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

from resource_prediction.errors import ParameterError, UnknownFamilyError

if TYPE_CHECKING:
    from resource_prediction.models.base import BasePredictor, TaskType

Family = TypedDict("Family", {"type": "TaskType", "base_model": str, "class": "Callable[[], type[BasePredictor]]"})
"""One family: its task, its learner in words, and its class, imported at first use."""


class Hyperparameter(TypedDict):
    """A range or choices to search, and the default that a fit without a search takes."""

    default: Any
    min: NotRequired[float]
    max: NotRequired[float]
    type: NotRequired[str]
    log: NotRequired[bool]
    choices: NotRequired[list[Any]]


def _import_model_class(module: str, name: str) -> Callable[[], type[BasePredictor]]:
    """A function that imports a class of ``models/implementations`` when it is called, and not before."""

    def imported() -> type[BasePredictor]:
        found = importlib.import_module(f"resource_prediction.models.implementations.{module}")
        return cast("type[BasePredictor]", getattr(found, name))

    return imported


MODEL_FAMILIES: dict[str, Family] = {
    "quantile_ensemble_regression": {
        "type": "regression",
        "base_model": "histogram gradient boosting + XGBoost, quantiles",
        "class": _import_model_class("quantile_ensemble", "QuantileEnsemble"),
    },
    "xgboost_regression": {
        "type": "regression",
        "base_model": "XGBoost",
        "class": _import_model_class("xgboost_models", "XGBoostModel"),
    },
    "lightgbm_regression": {
        "type": "regression",
        "base_model": "LightGBM",
        "class": _import_model_class("lightgbm_models", "LightGBMModel"),
    },
    "extra_trees_regression": {
        "type": "regression",
        "base_model": "extremely randomised trees, jobs in the leaves",
        "class": _import_model_class("extra_trees", "ExtraTreesModel"),
    },
    "xgboost_classification": {
        "type": "classification",
        "base_model": "XGBoost",
        "class": _import_model_class("xgboost_models", "XGBoostModel"),
    },
    "lightgbm_classification": {
        "type": "classification",
        "base_model": "LightGBM",
        "class": _import_model_class("lightgbm_models", "LightGBMModel"),
    },
    "random_forest_classification": {
        "type": "classification",
        "base_model": "randomised trees",
        "class": _import_model_class("sklearn_models", "RandomForestModel"),
    },
    "logistic_regression_classification": {
        "type": "classification",
        "base_model": "logistic regression",
        "class": _import_model_class("sklearn_models", "LogisticRegressionModel"),
    },
}

CLASSIFICATION_HYPERPARAMETERS: dict[str, Hyperparameter] = {
    "n_bins": {"min": 12, "max": 40, "type": "int", "default": 24},
    "strategy": {"choices": ["log", "quantile", "uniform"], "default": "log"},
    "bin_smoothing": {"min": 0.0, "max": 2.0, "type": "float", "default": 1.0},
}
"""What every classification family has beside its own entry."""

HYPERPARAMETER_CONFIGS: dict[str, dict[str, Hyperparameter]] = {
    "quantile_ensemble_regression": {
        "n_estimators": {"min": 30, "max": 300, "type": "int", "log": True, "default": 60},
        "max_depth": {"min": 2, "max": 6, "type": "int", "default": 3},
        "learning_rate": {"min": 0.02, "max": 0.2, "type": "float", "log": True, "default": 0.08},
        "feature_share": {"min": 0.1, "max": 1.0, "type": "float", "default": 0.33},
        "max_rows": {"choices": [10_000, 20_000, 40_000], "default": 20_000},
    },
    "xgboost_regression": {
        "n_estimators": {"min": 50, "max": 500, "type": "int", "log": True, "default": 150},
        "max_depth": {"min": 2, "max": 8, "type": "int", "default": 4},
        "learning_rate": {"min": 0.01, "max": 0.2, "type": "float", "log": True, "default": 0.05},
        "colsample_bytree": {"min": 0.1, "max": 1.0, "type": "float", "default": 0.33},
        "subsample": {"min": 0.3, "max": 1.0, "type": "float", "default": 0.7},
        "min_child_weight": {"min": 1.0, "max": 50.0, "type": "float", "log": True, "default": 5.0},
        "max_rows": {"choices": [20_000, 40_000, 80_000], "default": 40_000},
    },
    "lightgbm_regression": {
        "n_estimators": {"min": 50, "max": 500, "type": "int", "log": True, "default": 150},
        "num_leaves": {"min": 4, "max": 63, "type": "int", "log": True, "default": 15},
        "learning_rate": {"min": 0.01, "max": 0.2, "type": "float", "log": True, "default": 0.05},
        "feature_fraction": {"min": 0.1, "max": 1.0, "type": "float", "default": 0.33},
        "min_data_in_leaf": {"min": 3, "max": 100, "type": "int", "log": True, "default": 20},
        "max_rows": {"choices": [20_000, 40_000, 80_000], "default": 40_000},
    },
    "extra_trees_regression": {
        "n_estimators": {"min": 50, "max": 400, "type": "int", "log": True, "default": 100},
        "min_samples_leaf": {"min": 2, "max": 20, "type": "int", "log": True, "default": 5},
        "max_features": {"min": 0.05, "max": 0.5, "type": "float", "default": 0.2},
        "max_leaf_nodes": {"min": 200, "max": 4000, "type": "int", "log": True, "default": 1000},
        "power": {"min": 1.0, "max": 2.0, "type": "float", "default": 1.25},
        "smoothing": {"min": 0.0, "max": 0.05, "type": "float", "default": 0.0},
        "max_rows": {"choices": [10_000, 20_000, 40_000], "default": 20_000},
    },
    "xgboost_classification": {
        "n_estimators": {"min": 20, "max": 200, "type": "int", "log": True, "default": 60},
        "max_depth": {"min": 2, "max": 6, "type": "int", "default": 2},
        "learning_rate": {"min": 0.02, "max": 0.3, "type": "float", "log": True, "default": 0.1},
        "colsample_bytree": {"min": 0.1, "max": 1.0, "type": "float", "default": 0.33},
        "max_rows": {"choices": [20_000, 40_000, 80_000], "default": 40_000},
    },
    "lightgbm_classification": {
        "n_estimators": {"min": 20, "max": 200, "type": "int", "log": True, "default": 60},
        "num_leaves": {"min": 4, "max": 31, "type": "int", "log": True, "default": 7},
        "extra_trees": {"choices": [True, False], "default": True},
        "learning_rate": {"min": 0.02, "max": 0.3, "type": "float", "log": True, "default": 0.05},
        "feature_fraction": {"min": 0.1, "max": 1.0, "type": "float", "default": 0.33},
        "max_rows": {"choices": [20_000, 40_000, 80_000], "default": 40_000},
    },
    "random_forest_classification": {
        "n_estimators": {"min": 30, "max": 400, "type": "int", "log": True, "default": 60},
        "min_samples_leaf": {"min": 2, "max": 20, "type": "int", "log": True, "default": 5},
        "max_features": {"min": 0.05, "max": 0.5, "type": "float", "default": 0.2},
        "max_leaf_nodes": {"min": 200, "max": 4000, "type": "int", "log": True, "default": 1000},
        "bin_smoothing": {"min": 0.0, "max": 2.0, "type": "float", "default": 0.0},
        "max_rows": {"choices": [20_000, 40_000, 80_000], "default": 40_000},
    },
    "logistic_regression_classification": {
        "C": {"min": 1e-4, "max": 1.0, "type": "float", "log": True, "default": 0.01},
        "cut_spreads": {"min": 2.0, "max": 8.0, "type": "float", "log": True, "default": 3.0},
        "bin_smoothing": {"min": 0.0, "max": 2.0, "type": "float", "default": 0.5},
        "max_iter": {"min": 50, "max": 500, "type": "int", "log": True, "default": 200},
        "max_rows": {"choices": [20_000, 40_000, 80_000], "default": 20_000},
    },
}
"""Search space and defaults of each family; ``max_rows`` bounds the rows of a fit (see `out_of_time.thin`)."""


def family_entry(family: str) -> Family:
    """Entry of a family.

    Raises:
        UnknownFamilyError: Where there is none.
    """
    if family not in MODEL_FAMILIES:
        raise UnknownFamilyError(family, list(MODEL_FAMILIES))
    return MODEL_FAMILIES[family]


def families_of(task_type: TaskType | None = None) -> list[str]:
    """Names of all families, or of those of a task."""
    return [name for name, entry in MODEL_FAMILIES.items() if task_type in (None, entry["type"])]


def hyperparameters(family: str) -> dict[str, Hyperparameter]:
    """Search space of a family: its own entry, and for classification the common one.

    Raises:
        UnknownFamilyError: Where there is no such family.
    """
    common = CLASSIFICATION_HYPERPARAMETERS if family_entry(family)["type"] == "classification" else {}
    return common | HYPERPARAMETER_CONFIGS.get(family, {})


def default_parameters(family: str) -> dict[str, Any]:
    """Parameters of a fit without a search.

    Raises:
        UnknownFamilyError: Where there is no such family.
    """
    return {name: entry["default"] for name, entry in hyperparameters(family).items()}


def create_predictor(
    family: str, parameters: Mapping[str, Any] | None = None, *, random_state: int = 42, n_jobs: int = 1
) -> BasePredictor:
    """An unfitted model of a family: its defaults, changed by ``parameters``.

    Raises:
        UnknownFamilyError: Where there is no such family.
        ParameterError: On a parameter that the family's entry does not name; a typing error must not pass in silence.
    """
    entry = family_entry(family)
    defaults = default_parameters(family)
    if unknown := sorted(set(parameters or {}) - set(defaults)):
        raise ParameterError(
            f"parameters of {family}",
            got=", ".join(unknown),
            expected=f"some of {', '.join(defaults)}",
            next_step="Correct the name, or add it to HYPERPARAMETER_CONFIGS.",
        )
    settings = defaults | dict(parameters or {})
    return entry["class"]()(**settings, random_state=random_state, task_type=entry["type"], n_jobs=n_jobs)
