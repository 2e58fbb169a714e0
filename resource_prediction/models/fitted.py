"""What the framework learns around an author's fit, and its form as arrays. Not here: how it is learned (base.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from resource_prediction.arrays import FloatArray
from resource_prediction.distribution import Components
from resource_prediction.models.binning import PeakBins
from resource_prediction.models.residuals import ResidualGroups

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What turns predictions of a fitted model into distributions.

    Attributes:
        features: Names of the features, in the order of the fit.
        bins: Classification: the memory bins.
        components: Classification: peaks within each bin.
        confusion: Classification without predict_proba: P(bin | predicted bin), seen out of time, shape (K, K).
        residuals: Regression: ratios of peak to prediction, seen out of time.
    """

    features: tuple[str, ...]
    bins: PeakBins | None = None
    components: Components | None = None
    confusion: FloatArray | None = None
    residuals: ResidualGroups | None = None

    def to_arrays(self) -> Arrays:
        """Everything but the features, as arrays for an npz file."""
        arrays: Arrays = {}
        if self.bins is not None:
            arrays["edges_gib"] = self.bins.edges_gib
        if self.components is not None:
            arrays |= {"support_gib": self.components.support_gib, "weights": self.components.weights}
        if self.confusion is not None:
            arrays["confusion"] = self.confusion
        if self.residuals is not None:
            arrays |= {"centres_gib": self.residuals.centres_gib, "ratios": self.residuals.ratios}
        return arrays

    @classmethod
    def from_arrays(cls, features: tuple[str, ...], arrays: Arrays) -> Fitted:
        """What `to_arrays` gave."""
        return cls(
            features,
            bins=PeakBins(arrays["edges_gib"]) if "edges_gib" in arrays else None,
            components=Components(arrays["support_gib"], arrays["weights"]) if "weights" in arrays else None,
            confusion=arrays.get("confusion"),
            residuals=ResidualGroups(arrays["centres_gib"], arrays["ratios"]) if "ratios" in arrays else None,
        )
