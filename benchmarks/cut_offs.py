"""Real rows, fitted again and again as time moves on, for commands that compare on them. Not here: what is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.features.table import describe_table
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.recipe import Recipe
from resource_prediction.training import build_training_set, fit_recipe

HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Step:
    """One model and the jobs of the time after its cut-off.

    Attributes:
        model: Fitted on what was known before.
        jobs: Scored jobs up to the next cut-off.
    """

    model: DeployableModel
    jobs: ScoredJobs


def walk_forward(rows: pd.DataFrame, families: list[str], shares: tuple[float, ...]) -> Iterator[tuple[str, Step]]:
    """Fit every family with its defaults at each share of the time-ordered rows; yields (family, step) by cut-off."""
    outcomes = read_outcomes(rows, HOUR_US)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    submitted_us = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    starts = [int(np.sort(submitted_us)[int(share * len(rows))]) for share in shares]
    for start_us, end_us in zip(starts, [*starts[1:], int(submitted_us.max()) + 1], strict=True):
        data = build_training_set(rows, outcomes, point_in_time, until_us=start_us)
        block = (submitted_us >= start_us) & (submitted_us < end_us)
        within = replace(outcomes, is_final=outcomes.is_final & block, is_censored=outcomes.is_censored & block)
        jobs = ScoredJobs.select(rows, within, point_in_time)
        for family in families:
            recipe = Recipe(family, default_parameters(family), AllocationRule(), HOUR_US)
            yield family, Step(fit_recipe(recipe, data, seed=42), jobs)
