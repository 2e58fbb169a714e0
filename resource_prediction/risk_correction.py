"""What predicted risks turned out to be worth, as a monotone map. Not here: holding promises against outcomes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from resource_prediction.allocation import CAP_RISK
from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.errors import ScoringError
from resource_prediction.evidence import BLOCK_HOURS

logger = logging.getLogger(__name__)

Names = npt.NDArray[np.str_]

PIVOT = float(logit(0.05))
"""Log odds that the slope turns around: in the middle of the risks that allocations have."""

SPREAD = 0.5
"""Log odds by which models, components and blocks of hours are taken to differ before anything was seen.

Around a family's own mean, 6-hour blocks of two farms differed by 0.2 to 0.4 after shrinkage.
"""

SLOPE_SPREAD = 0.2
"""The same for the slope, around 1."""

MIN_SLOPE = 0.1
"""A higher predicted risk stays a higher one, whatever was seen."""

DIGITS = 4
"""Digits that are kept: further ones would differ between machines."""

_BLOCK_US = BLOCK_HOURS * 3_600_000_000


@dataclass(frozen=True)
class RiskCorrection:
    """A map from predicted risks to corrected ones; as it is made, of no jobs, it changes nothing.

    Attributes:
        offset: Added to the log odds of a risk.
        slope: Factor on the distance of the log odds from `PIVOT`, above 0.
        segments: Added to the log odds of a segment's jobs, such as a component's; others get nothing.
        jobs: From how many jobs it was learned.
    """

    offset: float = 0.0
    slope: float = 1.0
    segments: Mapping[str, float] = field(default_factory=dict)
    jobs: int = 0

    def apply(self, risk: FloatArray, segment: Names) -> FloatArray:
        """Correct predicted risks; within a segment a higher one never becomes a lower one.

        Args:
            risk: P(peak > allocation), shape (n,).
            segment: Of each job, shape (n,).

        Returns:
            Shape (n,). Once there were jobs to learn from, at least `CAP_RISK`: a distribution of some hundred jobs
            knows of nothing rarer, and where it says 0 there have been jobs below their peak.
        """
        if not self.jobs:
            return risk
        shift = np.array([self.offset + self.segments.get(name, 0.0) for name in segment.tolist()])
        corrected: FloatArray = expit(PIVOT + shift + self.slope * _distance(risk))
        return np.clip(corrected, CAP_RISK, 1 - CAP_RISK)


def learn_risk_correction(
    risk: FloatArray, is_under: BoolArray, submitted_us: IntArray, segment: Names
) -> RiskCorrection:
    """Learn from jobs that a model was not fitted on; the fewer hours they come from, the less is corrected.

    A logistic recalibration (Cox 1958) with an offset, a slope and an offset for each segment, all shrunk towards the
    identity. Jobs of a few hours fail together, so each block of hours, and each segment within it, has a random effect
    of its own (penalised likelihood, Breslow and Clayton 1993), which is dropped after the fit: what one block alone
    says moves little.

    Args:
        risk: Predicted P(peak > allocation) at p penalties, shape (n, p), p > 0.
        is_under: Whether the job was below its peak there, shape (n, p).
        submitted_us: Shape (n,), microseconds.
        segment: Such as the component, shape (n,).

    Raises:
        ScoringError: On shapes that do not fit.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - whoever only loads a model need not wait for it

    if risk.ndim != 2 or risk.shape != is_under.shape or not len(risk) == len(submitted_us) == len(segment):
        raise ScoringError(
            "risks to learn from",
            got=f"risks of shape {risk.shape} and outcomes of shape {is_under.shape} for {len(submitted_us)} times "
            f"and {len(segment)} segments",
            expected="a risk and an outcome of each job at each penalty, a time and a segment of each job",
            next_step="Take them from predict_with_risk and the peaks of the same jobs.",
        )
    if not risk.size:
        return RiskCorrection()
    names, of_segment = np.unique(segment, return_inverse=True)
    _, of_block = np.unique(submitted_us // _BLOCK_US, return_inverse=True)
    _, of_cell = np.unique(of_block * len(names) + of_segment, return_inverse=True)
    loss, size = _penalised_loss(_distance(risk), is_under, (np.zeros_like(of_block), of_segment, of_block, of_cell))
    bounds = [((MIN_SLOPE - 1) / SLOPE_SPREAD, None), *[(None, None)] * (size - 1)]
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds)
    if not found.success:
        logger.warning("the correction of risks is where its search stopped: %s", found.message)
    effects = [round(float(value), DIGITS) for value in SPREAD * found.x[1 : 2 + len(names)]]
    return RiskCorrection(
        offset=effects[0],
        slope=round(1 + SLOPE_SPREAD * float(found.x[0]), DIGITS),
        segments=dict(zip(map(str, names), effects[1:], strict=True)),
        jobs=len(risk),
    )


def _penalised_loss(
    distance: FloatArray, is_under: BoolArray, groups: tuple[npt.NDArray[np.intp], ...]
) -> tuple[Callable[[FloatArray], tuple[float, FloatArray]], int]:
    """Minus the log likelihood and its gradient, in units of the spreads, and how many parameters there are.

    The first parameter is the slope, then the effects of each group in turn. Each job counts once, whatever p is.

    Args:
        distance: Of the log odds from the pivot, shape (n, p).
        is_under: Shape (n, p).
        groups: For each grouping the number of each job's group, shape (n,).
    """
    sizes = [int(group.max()) + 1 for group in groups]
    places = [group + start for group, start in zip(groups, np.cumsum([0, *sizes[:-1]]), strict=True)]

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        effects = SPREAD * parameters[1:]
        slope = 1 + SLOPE_SPREAD * parameters[0]
        log_odds = PIVOT + slope * distance + np.sum([effects[place] for place in places], axis=0)[:, None]
        value = (np.logaddexp(0, log_odds) - is_under * log_odds).mean(axis=1).sum() + parameters @ parameters / 2
        residual = (expit(log_odds) - is_under) / distance.shape[1]
        gradient = parameters.copy()
        gradient[0] += SLOPE_SPREAD * float((residual * distance).sum())
        for place in places:
            gradient[1:] += SPREAD * np.bincount(place, weights=residual.sum(axis=1), minlength=effects.size)
        return float(value), gradient

    return loss, 1 + sum(sizes)


def _distance(risk: FloatArray) -> FloatArray:
    return np.asarray(logit(np.clip(risk, CAP_RISK, 1 - CAP_RISK))) - PIVOT
