"""What a point prediction misses: ratios of peak to prediction, seen out of time. Not here: how they are collected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resource_prediction.arrays import FloatArray
from resource_prediction.distribution import Atoms

NEIGHBOURS = 150
"""Ratios a row takes: those of the nearest predictions (measured: 150 of about 4,000)."""

GROUPS = 64
"""Groups of neighbours; groups overlap, so this is only how finely a row's neighbourhood follows its prediction."""

LOWEST_GIB = 1e-6
"""Predictions below this count as this: a ratio to zero says nothing."""


@dataclass(frozen=True, eq=False)
class ResidualGroups:
    """Sorted ratios peak / prediction around each of some predictions.

    Attributes:
        centres_gib: Ascending predictions, shape (g,), GiB.
        ratios: Ratios of the nearest predictions, shape (g, k), ascending in each row.
    """

    centres_gib: FloatArray
    ratios: FloatArray

    @classmethod
    def learn(cls, predicted_gib: FloatArray, peak_gib: FloatArray) -> ResidualGroups:
        """Group the ratios of rows that the predictor had not seen.

        Args:
            predicted_gib: Out-of-time predictions, shape (n,), GiB, n >= 1.
            peak_gib: Peaks of the same rows, shape (n,), GiB, > 0.
        """
        predicted = np.maximum(predicted_gib, LOWEST_GIB)
        order = np.argsort(predicted, kind="stable")
        ratios = (peak_gib / predicted)[order]
        width = min(NEIGHBOURS, order.size)
        starts = np.unique(np.linspace(0, order.size - width, GROUPS).round().astype(np.intp))
        taken = starts[:, None] + np.arange(width)
        return cls(np.median(predicted[order][taken], axis=1), np.sort(ratios[taken], axis=1))

    def distribution(self, predicted_gib: FloatArray) -> Atoms:
        """Each prediction times the ratios of the group nearest to it on a log scale."""
        predicted = np.maximum(predicted_gib, LOWEST_GIB)
        middles = np.sqrt(self.centres_gib[1:] * self.centres_gib[:-1])
        group = np.searchsorted(middles, predicted)
        width = self.ratios.shape[1]
        return Atoms(predicted[:, None] * self.ratios[group], np.full(width, 1.0 / width))
