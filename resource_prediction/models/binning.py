"""Memory bins of the classification families, and the peaks inside each bin. Not here: learners, the rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from resource_prediction.arrays import FloatArray, IntArray
from resource_prediction.distribution import Components
from resource_prediction.errors import ParameterError

BinStrategy = Literal["log", "quantile", "uniform"]

LOWEST_QUANTILE = 0.005
"""Log bins start at this quantile of the peaks: one tiny outlier must not stretch all bins."""

SUPPORT_QUANTILES = 400
SUPPORT_STEPS = 100


@dataclass(frozen=True, eq=False)
class PeakBins:
    """Adjoining ranges of the peak, each of them seen in training; bin k holds ``edges[k-1] < peak <= edges[k]``.

    Attributes:
        edges_gib: Inner edges, shape (bins - 1,), ascending, GiB.
    """

    edges_gib: FloatArray

    @classmethod
    def learn(cls, peak_gib: FloatArray, n_bins: int, strategy: BinStrategy) -> PeakBins:
        """Cut the training peaks into at most ``n_bins`` bins; ranges without a peak are joined with the next one.

        Args:
            peak_gib: Peaks of the training rows, shape (n,), GiB, > 0, at least one.
            n_bins: How many bins at most, at least 1.
            strategy: ``log`` cuts equal ratios, ``quantile`` equal numbers of rows, ``uniform`` equal widths.

        Raises:
            ParameterError: On an unknown strategy or a number of bins below 1.
        """
        if strategy not in get_args(BinStrategy) or n_bins < 1:
            raise ParameterError(
                "memory bins",
                got=f"n_bins={n_bins}, strategy={strategy!r}",
                expected=f"at least 1 bin, and a strategy out of {', '.join(get_args(BinStrategy))}",
                next_step="The defaults are 24 and 'log'.",
            )
        low, high = float(np.quantile(peak_gib, LOWEST_QUANTILE)), float(peak_gib.max())
        match strategy:
            case "log":
                edges = np.geomspace(low, high, n_bins + 1)[1:-1]
            case "quantile":
                edges = np.quantile(peak_gib, np.linspace(0, 1, n_bins + 1)[1:-1])
            case "uniform":
                edges = np.linspace(low, high, n_bins + 1)[1:-1]
        seen = np.unique(np.searchsorted(edges, peak_gib, side="left"))
        return cls(edges[seen[:-1]])

    @property
    def count(self) -> int:
        """How many bins there are."""
        return self.edges_gib.size + 1

    def assign(self, peak_gib: FloatArray) -> IntArray:
        """Bin number of each peak, shape (n,), 0 to count - 1."""
        return np.searchsorted(self.edges_gib, peak_gib, side="left").astype(np.int64)


def support_points(peak_gib: FloatArray) -> FloatArray:
    """About 500 points that stand for n peaks, n >= 1; ascending, GiB.

    They are quantiles of the peaks, a linear part for the sparse upper end, and one point above the maximum.
    """
    low, high = float(peak_gib.min()), float(peak_gib.max())
    quantiles = np.quantile(peak_gib, np.linspace(0, 1, SUPPORT_QUANTILES))
    return np.unique(np.concatenate([quantiles, np.linspace(low, high, SUPPORT_STEPS), [high, high * 1.05]]))


def learn_components(peak_gib: FloatArray, labels: IntArray, count: int) -> Components:
    """Distribution of the training peaks within each bin, over the `support_points` that all bins share.

    A peak counts at the next point at or above it, so that no probability is moved below the truth.

    Args:
        peak_gib: Peaks of the training rows, shape (n,), GiB.
        labels: Bin of each row, shape (n,); every bin has a row.
        count: How many bins there are.
    """
    support = support_points(peak_gib)
    weights = np.zeros((count, support.size))
    np.add.at(weights, (labels, np.searchsorted(support, peak_gib, side="left")), 1.0)
    return Components(support, weights / weights.sum(axis=1, keepdims=True))


def neighbour_shares(count: int, spread_bins: float) -> FloatArray:
    """Share of each bin's probability that goes to each bin, shape (count, count); rows sum to 1.

    A learner that takes bins for unordered classes gives the bins around the likeliest one too little, most so on few
    rows: of 800 rows of a weekend it promised 5 % of jobs below their peak on the Monday, and 17 % were.

    Args:
        count: How many bins there are.
        spread_bins: Spread of the Gaussian in bins, >= 0; 0 leaves all probability where it is.

    Raises:
        ParameterError: On a negative spread, or one that is not finite.
    """
    if not 0 <= spread_bins < np.inf:
        raise ParameterError(
            "smoothing over memory bins",
            got=f"bin_smoothing={spread_bins}",
            expected="a finite number of bins, at least 0",
            next_step="The default is 1; 0 is none.",
        )
    if spread_bins == 0:
        return np.eye(count)
    steps = np.subtract.outer(np.arange(count), np.arange(count)) / spread_bins
    shares = np.exp(-0.5 * steps**2)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
