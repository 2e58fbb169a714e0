"""What a model answers for jobs: allocation, risk, savings, the distribution behind them. Not here: charts, words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.allocation import request_cap
from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.distribution import Distribution, Mixture
from resource_prediction.errors import DistributionError
from resource_prediction.features.raw_rows import RawRows, read_submissions
from resource_prediction.models import DeployableModel
from resource_prediction.telemetry import MIB_PER_GIB

SPANS = ((5, 95), (25, 75))
"""Percentiles between which 90 % and half of the peaks are predicted to be, the wide span first."""


@dataclass(frozen=True)
class JobAnswers:
    """Answers for n jobs, arrays of shape (n,).

    Attributes:
        allocation_gib: What each gets.
        risk: Predicted P(peak > allocation).
        request_gib: What people asked for; NaN where nobody did.
        is_capped: The allocation is the highest that the request allows, where the risk is at most `CAP_RISK`.
    """

    allocation_gib: FloatArray
    risk: FloatArray
    request_gib: FloatArray
    is_capped: BoolArray

    @property
    def saved_gib(self) -> FloatArray:
        """Request less allocation: what is saved where the job fits; NaN without a request."""
        return self.request_gib - self.allocation_gib


def answer_jobs(model: DeployableModel, rows: RawRows, under_cost: float | str | None = None) -> JobAnswers:
    """Allocate for n jobs, with the risk that each allocation is predicted to have.

    Args:
        model: Who answers.
        rows: As in `DeployableModel.predict`, n.
        under_cost: Another penalty than the model's own, or the name of a preset.

    Raises:
        TelemetryError: A required column is missing, or a value has the wrong type.
        AllocationError: ``under_cost`` is not above 0, or no preset has that name.
    """
    asked = model.recipe.rule.under_cost if under_cost is None else under_cost
    allocation_gib, risk = model.predict_with_risk(rows, [asked])
    memreq_mib = read_submissions(rows).numbers["memreq"]
    request_gib = np.where(memreq_mib > 0, memreq_mib / MIB_PER_GIB, np.nan)
    cap_gib = request_cap(request_gib, model.facts.cap_ratio)
    return JobAnswers(allocation_gib[:, 0], risk[:, 0], request_gib, allocation_gib[:, 0] >= cap_gib)


def answer_table(rows: pd.DataFrame, answers: JobAnswers) -> pd.DataFrame:
    """The rows with their answers behind them: ``allocation_gib``, ``risk_pct``, ``request_gib``, ``saved_gib``."""
    return rows.assign(
        allocation_gib=answers.allocation_gib,
        risk_pct=100 * answers.risk,
        request_gib=answers.request_gib,
        saved_gib=answers.saved_gib,
    )


def probability_below(distribution: Distribution) -> pd.DataFrame:
    """The predicted distribution of one job as steps.

    Returns:
        ``peak_gib``, ascending, and ``below_pct``: how probable a peak of at most that is, in percent.

    Raises:
        DistributionError: It is not of one job.
    """
    _check_one(distribution)
    atoms = distribution.as_atoms()
    weights = np.broadcast_to(atoms.weights, atoms.values_gib.shape)[0]
    held = weights > 0
    below = np.minimum(100 * np.cumsum(weights[held]), 100.0)
    return pd.DataFrame({"peak_gib": atoms.values_gib[0][held], "below_pct": below})


def predicted_spans(distribution: Distribution) -> pd.DataFrame:
    """The spans of SPANS of one job: ``share_pct`` of the peaks are between ``low_gib`` and ``high_gib``.

    Raises:
        DistributionError: It is not of one job.
    """
    _check_one(distribution)
    levels = [level / 100 for span in SPANS for level in span]
    ends = distribution.quantiles(levels)[0].reshape(-1, 2)
    shares = [high - low for low, high in SPANS]
    return pd.DataFrame({"share_pct": shares, "low_gib": ends[:, 0], "high_gib": ends[:, 1]})


def bin_probabilities(model: DeployableModel, distribution: Distribution) -> pd.DataFrame:
    """The memory bins of a classification model, and how probable each is for one job.

    Returns:
        ``low_gib`` (exclusive), ``high_gib`` (inclusive), ``probability_pct``; a row a bin, ascending.

    Raises:
        DistributionError: It is not of one job, or not of a classification model.
    """
    _check_one(distribution)
    if model.predictor.task != "classification" or not isinstance(distribution, Mixture):
        raise DistributionError(
            "memory bins",
            got=f"a model of the family {model.recipe.family}",
            expected="a classification family",
            next_step="Ask for probability_below: every model has it.",
        )
    components, edges_gib = distribution.components, model.predictor.bins.edges_gib
    seen_gib = components.support_gib[components.weights.any(axis=0)]
    return pd.DataFrame(
        {
            "low_gib": np.concatenate([seen_gib[:1], edges_gib]),
            "high_gib": np.concatenate([edges_gib, seen_gib[-1:]]),
            "probability_pct": 100 * distribution.row_weights[0],
        }
    )


def _check_one(distribution: Distribution) -> None:
    if distribution.rows != 1:
        raise DistributionError(
            "distribution of a job",
            got=f"one of {distribution.rows} jobs",
            expected="one of a single job",
            next_step="Predict one row at a time.",
        )
