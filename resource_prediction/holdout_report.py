"""What one model offers on jobs it was not fitted on: curve, memory classes, promises. Not here: showing, storing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resource_prediction.arrays import FloatArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.evidence import segments
from resource_prediction.memory_classes import MemoryClass, by_memory_class
from resource_prediction.models.unified_wrapper import DeployableModel
from resource_prediction.pareto import UNDER_COSTS, CurvePoint, pareto_curve
from resource_prediction.promised_risk import PromisedRisk, promised_against_seen
from resource_prediction.scoring import job_losses


@dataclass(frozen=True)
class HoldoutReport:
    """One model on one set of jobs.

    Attributes:
        curve: What it costs at other penalties.
        classes: Its allocations by memory class, at its own penalty.
        promises: The risk that these allocations were predicted to have against what happened, by component.
    """

    curve: tuple[CurvePoint, ...]
    classes: tuple[MemoryClass, ...]
    promises: tuple[PromisedRisk, ...]


def report_on(model: DeployableModel, jobs: ScoredJobs) -> HoldoutReport:
    """Allocate for the jobs at every penalty of the curve, from one prediction, and report.

    Args:
        model: Fitted on nothing that the jobs are part of.
        jobs: Scored jobs, n > 0.

    Raises:
        ScoringError: Without jobs.
    """
    own = model.recipe.rule.under_cost
    under_costs = tuple(sorted({own, *UNDER_COSTS}))
    allocation_gib, risk = model.predict_with_risk(jobs.rows, under_costs)
    at_own = under_costs.index(own)
    return HoldoutReport(
        curve=pareto_curve(
            allocation_gib,
            under_costs,
            jobs.peak_gib,
            jobs.memreq_gib,
            score_under_cost=own,
            is_censored=jobs.is_censored,
        ),
        classes=by_memory_class(
            jobs.peak_gib, allocation_gib[:, at_own], jobs.memreq_gib, is_censored=jobs.is_censored
        ),
        promises=promises_of(jobs, allocation_gib[:, at_own], risk[:, at_own]),
    )


def promises_of(jobs: ScoredJobs, allocation_gib: FloatArray, risk: FloatArray) -> tuple[PromisedRisk, ...]:
    """Hold the risk that allocations were predicted to have against what happened, over all jobs and by component.

    Args:
        jobs: Scored jobs, n > 0.
        allocation_gib: What they would have been given, shape (n,), GiB.
        risk: Predicted P(peak > allocation), shape (n,).

    Raises:
        ScoringError: Without jobs.
    """
    is_under, _ = job_losses(jobs.peak_gib, allocation_gib, censored=jobs.is_censored)
    submitted_us = jobs.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    component = segments(jobs.rows["component"]).to_numpy(dtype=str) if "component" in jobs.rows else None
    return promised_against_seen(risk, is_under, submitted_us, component)
