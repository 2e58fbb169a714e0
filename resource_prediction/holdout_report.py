"""What one model offers on jobs it was not fitted on: curve, memory classes, promises. Not here: showing, storing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from resource_prediction.allocation import PRESETS
from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.evidence import OTHER_SEGMENT, segments
from resource_prediction.memory_classes import MemoryClass, by_memory_class
from resource_prediction.models.unified_wrapper import DeployableModel
from resource_prediction.pareto import UNDER_COSTS, CurvePoint, pareto_curve
from resource_prediction.promised_risk import PromisedRisk, promised_against_seen
from resource_prediction.risk_correction import Names, RiskCorrection, learn_risk_correction
from resource_prediction.scoring import job_losses


@dataclass(frozen=True)
class HoldoutReport:
    """One model on one set of jobs.

    Attributes:
        curve: What it costs at other penalties.
        classes: Its allocations by memory class, at its own penalty.
        promises: The risk that these allocations were predicted to have against what happened, by component: of all
            jobs, of the newer half, and of that half as a correction has it that was learned from the older one.
    """

    curve: tuple[CurvePoint, ...]
    classes: tuple[MemoryClass, ...]
    promises: dict[str, tuple[PromisedRisk, ...]]


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
    submitted_us = _submitted_us(jobs)
    middle_us = int(np.median(submitted_us))
    newer = jobs.where(submitted_us >= middle_us)
    corrected = replace(model, risk_correction=correction_from(model, jobs, known_before_us=middle_us))
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
        promises={
            "as predicted": promises_of(jobs, allocation_gib[:, at_own], risk[:, at_own]),
            "newer half": _promises_at(model, newer, own),
            "newer half, corrected by the older": _promises_at(corrected, newer, own),
        },
    )


def correction_from(model: DeployableModel, jobs: ScoredJobs, *, known_before_us: int) -> RiskCorrection:
    """Learn what a model's predicted risks are worth, at its own penalty and those of the presets.

    Args:
        model: Fitted on nothing that the jobs are part of.
        jobs: Scored jobs, of which only those count whose peaks were known in time.
        known_before_us: Whoever carries the correction may know no more than what was known before this instant.
    """
    known = jobs.where(jobs.known_us < known_before_us)
    if not len(known.rows):
        return RiskCorrection()
    under_costs = sorted({model.recipe.rule.under_cost, *(rule.under_cost for rule in PRESETS.values())})
    as_predicted = replace(model, risk_correction=RiskCorrection())
    allocation_gib, risk = as_predicted.predict_with_risk(known.rows, under_costs)
    is_under = [job_losses(known.peak_gib, each_gib, censored=known.is_censored)[0] for each_gib in allocation_gib.T]
    return learn_risk_correction(risk, np.stack(is_under, axis=1), _submitted_us(known), _segments(known))


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
    component = _segments(jobs) if "component" in jobs.rows else None
    return promised_against_seen(risk, is_under, _submitted_us(jobs), component)


def _promises_at(model: DeployableModel, jobs: ScoredJobs, under_cost: float) -> tuple[PromisedRisk, ...]:
    allocation_gib, risk = model.predict_with_risk(jobs.rows, [under_cost])
    return promises_of(jobs, allocation_gib[:, 0], risk[:, 0])


def _submitted_us(jobs: ScoredJobs) -> IntArray:
    return jobs.rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)


def _segments(jobs: ScoredJobs) -> Names:
    if "component" not in jobs.rows:
        return np.full(len(jobs.rows), OTHER_SEGMENT)
    return segments(jobs.rows["component"]).to_numpy(dtype=str)
