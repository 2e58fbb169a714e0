"""Jobs that models have not been fitted on, with what became of them. Not here: allocating for them, scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.errors import ScoringError
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes


@dataclass(frozen=True)
class UnseenJobs:
    """Scored jobs in the order of submission, n.

    Attributes:
        rows: Their raw rows.
        peak_gib: Shape (n,).
        memreq_gib: Shape (n,), NaN where nobody asked.
        is_censored: The peak is "at least this", shape (n,).
    """

    rows: pd.DataFrame
    peak_gib: FloatArray
    memreq_gib: FloatArray
    is_censored: BoolArray

    @property
    def times(self) -> pd.Series:
        """When they were submitted."""
        return self.rows["time"]


def unseen_jobs(rows: pd.DataFrame, *models: DeployableModel) -> UnseenJobs:
    """The scored jobs that were submitted after the fits of all models.

    Args:
        rows: Accepted rows in the order of time, with ``is_twin``.
        models: One or more.

    Raises:
        ScoringError: There is no such job.
    """
    since_us = max(model.facts.trained_until_us for model in models)
    submitted_us: IntArray = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    outcomes = read_outcomes(rows, max(model.recipe.label_delay_us for model in models))
    chosen = outcomes.is_scored & (submitted_us >= since_us)
    if not chosen.any():
        raise ScoringError(
            "jobs that no fit has seen",
            got="none that was submitted after the fit",
            expected="at least one",
            next_step="Choose a model that was fitted earlier, or wait for the next telemetry.",
        )
    return UnseenJobs(
        rows[chosen].reset_index(drop=True),
        outcomes.peak_gib[chosen],
        outcomes.memreq_gib[chosen],
        outcomes.is_censored[chosen],
    )
