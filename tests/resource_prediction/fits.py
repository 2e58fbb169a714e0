"""From a small farm's rows to training sets and models, for the tests of the library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.allocation import AllocationRule
from resource_prediction.features.table import describe_table
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.training import TrainingSet, build_training_set, fit_recipe

HOUR_US = 3_600_000_000
QUICK = {"max_iter": 50, "n_bins": 12}
"""Parameters of the quickest family; what it learns matters to no test here."""


def submitted_us(rows: pd.DataFrame) -> np.ndarray:
    """Times of submission, microseconds."""
    return rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)


def cut(rows: pd.DataFrame, until_us: int, label_delay_us: int = HOUR_US, **options: Any) -> TrainingSet:
    """The training set of rows at an instant."""
    outcomes = read_outcomes(rows, label_delay_us)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    return build_training_set(rows, outcomes, point_in_time, until_us=until_us, **options)


def recipe(family: str = "logistic_regression_classification", **parameters: Any) -> Recipe:
    """A recipe of a family; of the quickest one without arguments."""
    return Recipe(family, parameters or QUICK, AllocationRule(), HOUR_US)


def fit_at(rows: pd.DataFrame, until_us: int) -> DeployableModel:
    """The quickest family, fitted on what was known before an instant."""
    return fit_recipe(recipe(), cut(rows, until_us), seed=7)
