"""A recipe: all that makes two fits comparable but the rows. Belongs here: its values and its id. Not here: fitting."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from resource_prediction.allocation import AllocationRule
from resource_prediction.features.matrix import FEATURE_VERSION


@dataclass(frozen=True)
class Recipe:
    """What is fitted, and how its predictions become allocations.

    Attributes:
        family: A name of MODEL_FAMILIES.
        parameters: The learner's parameters, JSON values.
        rule: The allocation policy.
        label_delay_us: When a peak counts as known; microseconds after the time stamp.
        train_window_us: What fits may see before their cut-off; None is all.
        feature_version: Version of the features' meaning.
    """

    family: str
    parameters: Mapping[str, Any]
    rule: AllocationRule
    label_delay_us: int
    train_window_us: int | None = None
    feature_version: str = FEATURE_VERSION

    @property
    def values(self) -> dict[str, Any]:
        """The recipe as JSON values."""
        return {**asdict(self), "parameters": dict(self.parameters)}

    @property
    def digest(self) -> str:
        """Id of the recipe: the first 16 hexadecimal digits of the SHA-256 of its values."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Recipe:
        """Read what ``values`` gave."""
        return cls(**{**values, "rule": AllocationRule(**values["rule"])})
