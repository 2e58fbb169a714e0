"""The curve of under-allocation against waste that one model offers, as data. Not here: its picture, the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resource_prediction.allocation import PRESETS
from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.errors import ScoringError
from resource_prediction.savings import gib_saved
from resource_prediction.scoring import business_score

UNDER_COSTS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0, 30.0, 50.0, 100.0, 200.0)
"""Penalties along the curve, those of the presets among them."""


@dataclass(frozen=True)
class CurvePoint:
    """What a model costs at one penalty.

    Attributes:
        under_cost: The penalty that it allocated by.
        preset: Name of the preset with that penalty; empty for none.
        under_pct: Percent of jobs below their peak.
        over_pct: Excess memory in percent of the sum of peaks.
        score: Business score under one penalty for the whole curve, so that its points can be compared.
        gib_saved: Against the requests; None where no job has one.
    """

    under_cost: float
    preset: str
    under_pct: float
    over_pct: float
    score: float
    gib_saved: float | None


def pareto_curve(
    allocation_gib: FloatArray,
    under_costs: Sequence[float],
    peak_gib: FloatArray,
    request_gib: FloatArray,
    *,
    score_under_cost: float,
    is_censored: BoolArray | None = None,
) -> tuple[CurvePoint, ...]:
    """Score one model at several penalties; nothing is fitted.

    As an allocation never falls when the penalty rises, ``under_pct`` never rises along the curve, and ``over_pct``
    never falls.

    Args:
        allocation_gib: Of n jobs at each penalty, as `DeployableModel.predict_with_risk` returns them, shape (n, p).
        under_costs: The p penalties.
        peak_gib: Shape (n,), GiB.
        request_gib: What people asked for, shape (n,), GiB; NaN where nobody did.
        score_under_cost: Penalty of ``score``.
        is_censored: Shape (n,), true where the peak is only "at least this".

    Returns:
        A point for each penalty, from the lowest to the highest.

    Raises:
        ScoringError: There are not as many columns as penalties, or the jobs cannot be scored.
    """
    if allocation_gib.ndim != 2 or allocation_gib.shape[1] != len(under_costs):
        raise ScoringError(
            "allocations of a curve",
            got=f"shape {allocation_gib.shape}",
            expected=f"a column for each of {len(under_costs)} penalties",
            next_step="Take them from predict_with_risk with the same penalties.",
        )
    presets = {rule.under_cost: name for name, rule in PRESETS.items()}
    points = []
    for under_cost, each_gib in sorted(zip(under_costs, allocation_gib.T, strict=True), key=lambda pair: pair[0]):
        score = business_score(peak_gib, each_gib, score_under_cost, censored=is_censored)
        saved = gib_saved(peak_gib, each_gib, request_gib, censored=is_censored)
        preset = presets.get(under_cost, "")
        points.append(CurvePoint(under_cost, preset, score.under_pct, score.over_pct, score.score, saved))
    return tuple(points)
