"""How often peaks really fall between predicted quantiles, seen out of time. Not here: predicting quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resource_prediction.arrays import FloatArray
from resource_prediction.distribution import Atoms

TAIL_LEVELS = np.array([0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
"""Quantiles of the overshoot that stand for the peaks above the highest predicted quantile."""


@dataclass(frozen=True, eq=False)
class LevelCalibration:
    """Probability of each gap between predicted quantiles, and how far peaks go above the highest.

    Boosted quantiles are too narrow for rows that they have not seen: on three weeks of real rows 10 % of the peaks
    lay above a predicted allocation that was meant for 5 %.

    Attributes:
        weights: Probability of each atom: at each predicted quantile, then at each overshoot; shape (levels + tail,).
        overshoot: Ratios peak / highest quantile, shape (tail,), ascending, >= 1.
    """

    weights: FloatArray
    overshoot: FloatArray

    @classmethod
    def learn(cls, predicted_gib: FloatArray, peak_gib: FloatArray) -> LevelCalibration:
        """Count the peaks between the quantiles; a peak counts at the next quantile above it.

        Args:
            predicted_gib: Out-of-time quantiles, ascending in each row, shape (n, levels), GiB.
            peak_gib: Peaks of the same rows, shape (n,), GiB.
        """
        gap = (predicted_gib < peak_gib[:, None]).sum(axis=1)
        # One row spread over all gaps: none is impossible because few rows were seen.
        counts = np.bincount(gap, minlength=predicted_gib.shape[1] + 1) + 1.0 / (predicted_gib.shape[1] + 1)
        above = gap == predicted_gib.shape[1]
        ratios = peak_gib[above] / predicted_gib[above, -1] if above.any() else np.ones(1)
        shares = counts / counts.sum()
        tail = np.full(TAIL_LEVELS.size, shares[-1] / TAIL_LEVELS.size)
        return cls(np.concatenate([shares[:-1], tail]), np.quantile(ratios, TAIL_LEVELS))

    def distribution(self, predicted_gib: FloatArray) -> Atoms:
        """Atoms at the predicted quantiles and above the highest, shape (n, levels + tail)."""
        return Atoms(np.concatenate([predicted_gib, predicted_gib[:, -1:] * self.overshoot], axis=1), self.weights)
