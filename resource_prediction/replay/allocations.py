"""What one fit would have given the jobs of a period, with and without each guard. Not here: scoring, the rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from resource_prediction.allocation import AllocationRule, allocate, request_cap
from resource_prediction.arrays import FloatArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.models.unified_wrapper import PART_ROWS, DeployableModel

_NO_LIMIT = float(np.nextafter(1.0, 0.0))

Lift = Callable[[AllocationRule, FloatArray], tuple[AllocationRule, FloatArray]]
"""Takes a guard off: rule and caps with it, to rule and caps without it."""

GUARDS: MappingProxyType[str, Lift] = MappingProxyType(
    {
        "request_cap": lambda rule, cap_gib: (rule, np.full_like(cap_gib, np.nan)),
        "risk_limit": lambda rule, cap_gib: (replace(rule, max_risk=_NO_LIMIT), cap_gib),
    }
)
"""The guards that exist, and how each is taken off; the others stay on."""


@dataclass(frozen=True)
class Allocations:
    """What one fit gives n jobs, shape (n,) each, GiB.

    Attributes:
        frozen: With history as it stood at the cut-off.
        live: With history moving on.
        without: ``frozen`` without each of GUARDS.
    """

    frozen: FloatArray
    live: FloatArray
    without: dict[str, FloatArray]


def replay_allocations(model: DeployableModel, jobs: ScoredJobs) -> Allocations:
    """Allocate for jobs that came after a model's cut-off; ``frozen`` is what `DeployableModel.predict` returns.

    Args:
        model: Fitted on nothing that the jobs are part of.
        jobs: Of one period, n.
    """
    parts = [_of_part(model, jobs, slice(at, at + PART_ROWS)) for at in range(0, len(jobs.rows), PART_ROWS)]
    # As a whole: a learner that observes is told of ended jobs step by step.
    live = model.predict_with_history(jobs.rows, jobs.point_in_time, ends=jobs.ends) if parts else np.empty(0)
    return Allocations(
        np.concatenate([frozen for frozen, _ in parts]) if parts else np.empty(0),
        live,
        {guard: np.concatenate([without[guard] for _, without in parts]) if parts else np.empty(0) for guard in GUARDS},
    )


def _of_part(model: DeployableModel, jobs: ScoredJobs, part: slice) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Allocations with history as it stood, and those without each guard."""
    rule, mean_gib = model.recipe.rule, model.facts.mean_peak_gib
    cap_gib = request_cap(jobs.memreq_gib[part], model.facts.cap_ratio)
    at_cut_off = model.predictor.predict_distribution(model.features(jobs.rows.iloc[part]))
    without = {}
    for guard, lift in GUARDS.items():
        lifted, caps_gib = lift(rule, cap_gib)
        without[guard] = allocate(at_cut_off, lifted, mean_gib, caps_gib)
    return allocate(at_cut_off, rule, mean_gib, cap_gib), without
