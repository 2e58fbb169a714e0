"""The rule that turns a predictive distribution into an allocation. Not here: distributions, scoring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from resource_prediction.arrays import FloatArray
from resource_prediction.distribution import Distribution
from resource_prediction.errors import AllocationError


@dataclass(frozen=True)
class AllocationRule:
    """What an allocation may cost and risk.

    Attributes:
        under_cost: Points of the business score for each percent of jobs below their peak, > 0.
        max_risk: Highest predicted risk of a job below its peak, in [0, 1): the rule may not write off a group.
        headroom_pct: Added to every allocation, >= 0: page cache counts at a container's limit, peaks do not hold it.

    Raises:
        AllocationError: On a value outside its range.
    """

    under_cost: float = 5.0
    max_risk: float = 0.30
    headroom_pct: float = 0.0

    def __post_init__(self) -> None:
        for name, value, legal, rule in (
            ("under_cost", self.under_cost, self.under_cost > 0, "a finite number above 0"),
            ("max_risk", self.max_risk, 0 <= self.max_risk < 1, "at least 0 and below 1"),
            ("headroom_pct", self.headroom_pct, self.headroom_pct >= 0, "a finite number, at least 0"),
        ):
            if not (legal and math.isfinite(value)):
                raise AllocationError(
                    f"allocation rule's {name}", got=value, expected=rule, next_step="Balanced is AllocationRule()."
                )


PRESETS: MappingProxyType[str, AllocationRule] = MappingProxyType(
    {
        "Balanced": AllocationRule(under_cost=5.0),
        "Tiny Under-allocation": AllocationRule(under_cost=20.0),
        "Small Waste": AllocationRule(under_cost=2.0),
    }
)
"""Named rules for people; they differ by one value."""


def under_cost_of(penalty: float | str) -> float:
    """The penalty that a preset's name stands for; a number stands for itself.

    Raises:
        AllocationError: No preset has that name.
    """
    if not isinstance(penalty, str):
        return penalty
    if penalty not in PRESETS:
        raise AllocationError(
            "preset",
            got=repr(penalty),
            expected=f"one of {', '.join(PRESETS)}",
            next_step="Or give under_cost a number.",
        )
    return PRESETS[penalty].under_cost


CAP_RISK = 0.001
"""Share of the training peaks that lie above the cap of their job."""


def allocate(
    distribution: Distribution, rule: AllocationRule, mean_peak_gib: float, cap_gib: FloatArray | None = None
) -> FloatArray:
    """Choose for each job the allocation with the lowest expected business score.

    The score counts ``under_cost`` for each percent of jobs below their peak and one point for each percent of memory
    above it, so a job adds ``under_cost * 100 * P(Y > a) + 100 * E[(a - Y)+] / mean_peak``. Of the support points
    whose risk is at most ``max_risk`` the cheapest is taken; then comes the headroom, and last the cap: a job at its
    request has the page cache that people gave it, and headroom is to buy no more than that.

    Args:
        distribution: Predicted peaks of n jobs.
        rule: Costs, limit of risk, headroom.
        mean_peak_gib: Mean peak of the training rows, GiB, > 0: what the score's waste is measured in.
        cap_gib: Highest allocation of each job, shape (n,), GiB; NaN is no cap. Such as the request times a factor.

    Returns:
        Allocations, shape (n,), GiB, finite and > 0. They never fall when ``under_cost`` rises.

    Raises:
        AllocationError: On a mean or cap that is not positive, or an allocation that would not be.
    """
    if not (math.isfinite(mean_peak_gib) and mean_peak_gib > 0):
        raise AllocationError(
            "mean peak of the training rows",
            got=mean_peak_gib,
            expected="a finite number of GiB above 0",
            next_step="Take the mean of the peaks that the model was fitted on.",
        )
    allocation = distribution.cheapest(100 * rule.under_cost, 100 / mean_peak_gib, rule.max_risk)
    allocation = allocation * (1 + rule.headroom_pct / 100)
    if cap_gib is not None:
        allocation = np.where(np.isnan(cap_gib), allocation, np.minimum(allocation, cap_gib))
    _check_positive(allocation)
    return allocation


def request_cap(memreq_gib: FloatArray, cap_ratio: float) -> FloatArray:
    """Highest allocation of each job, shape (n,), GiB: its request times the ratio; NaN, no cap, where nobody asked."""
    return np.where(memreq_gib > 0, memreq_gib * cap_ratio, np.nan)


def risk_under_cap(risk: FloatArray, allocation_gib: FloatArray, cap_gib: FloatArray) -> FloatArray:
    """P(peak > allocation) of each job, shape (n,), given that it has a cap.

    A distribution knows nothing of the request, and goes on above the cap, where next to no peak ever was: at its cap
    a job's risk is at most `CAP_RISK`. On 818 real jobs 1 to 27 % were capped, at a predicted risk of 3 to 18 %, and
    not one of them was below its peak.

    Args:
        risk: What the distribution says, corrected or not, shape (n,).
        allocation_gib: As `allocate` returned it, shape (n,), GiB.
        cap_gib: As `allocate` took it; NaN is no cap.
    """
    return np.where(allocation_gib >= cap_gib, np.minimum(risk, CAP_RISK), risk)


def _check_positive(allocation_gib: FloatArray) -> None:
    wrong = ~(np.isfinite(allocation_gib) & (allocation_gib > 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise AllocationError(
            f"allocation of row {row}",
            got=float(allocation_gib[row]),
            expected="a finite number of GiB above 0",
            next_step="Look at that row's cap, and at the support of its distribution.",
        )
