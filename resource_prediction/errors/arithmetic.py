"""Errors of scoring, allocating and judging: numbers that mean nothing. Not here: rows, stores, models."""

from __future__ import annotations

from resource_prediction.errors.root import ResourcePredictionError


class ScoringError(ResourcePredictionError):
    """Peaks and allocations that cannot be scored."""


class AllocationError(ResourcePredictionError):
    """A rule or a distribution that gives no allocation."""


class DistributionError(ResourcePredictionError):
    """A predictive distribution of the wrong shape, or asked for what it cannot say."""


class GateError(ResourcePredictionError):
    """Evidence or a rule that no verdict can rest on."""


class LeakError(ResourcePredictionError):
    """A feature that saw more than was known when its job was submitted."""

    def __init__(self, finding: str) -> None:
        self.finding = finding
        super().__init__(
            "leak audit",
            got=finding,
            expected="the same value, bit for bit",
            next_step="Nothing was promoted. Report this with the rows it names: it is a defect of this software.",
        )
