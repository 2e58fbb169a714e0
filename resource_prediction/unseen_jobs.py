"""The jobs that came after the fits of models, and so tell how good these are. Not here: scoring, choosing models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.errors import ScoringError
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes


@dataclass(frozen=True)
class UnseenJobs:
    """Scored jobs that no fit has seen.

    Attributes:
        rows: Their raw rows, in the order of submission, n > 0.
        peak_gib: Shape (n,).
        memreq_gib: What people asked for, shape (n,); NaN where nobody did.
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

    def evenly(self, most: int) -> UnseenJobs:
        """At most so many of them, evenly over their time."""
        if len(self.rows) <= most:
            return self
        return self._take(np.linspace(0, len(self.rows) - 1, most).round().astype(np.intp))

    def newest(self, most: int) -> UnseenJobs:
        """At most so many of them, the newest first."""
        return self._take(np.arange(len(self.rows))[::-1][:most])

    def _take(self, kept: npt.NDArray[np.intp]) -> UnseenJobs:
        return UnseenJobs(self.rows.iloc[kept], self.peak_gib[kept], self.memreq_gib[kept], self.is_censored[kept])


def unseen_jobs(rows: pd.DataFrame, *models: DeployableModel) -> UnseenJobs:
    """Choose the scored jobs that were submitted after the fits of all models.

    Args:
        rows: Accepted rows in the order of submission, with ``is_twin``.
        *models: One or more.

    Raises:
        ScoringError: There is no such job.
    """
    since_us = max(model.facts.trained_until_us for model in models)
    submitted_us: IntArray = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    outcomes = read_outcomes(rows, max(model.recipe.label_delay_us for model in models))
    chosen = outcomes.is_scored & (submitted_us >= since_us)
    if not chosen.any():
        raise ScoringError(
            "jobs after a fit",
            got=f"none that came after {'the fits of both' if len(models) > 1 else 'it'}",
            expected="at least one with a final peak",
            next_step="Choose an older model, or wait for the next telemetry.",
        )
    return UnseenJobs(
        rows[chosen], outcomes.peak_gib[chosen], outcomes.memreq_gib[chosen], outcomes.is_censored[chosen]
    )
