"""Scores of memory bins as probabilities. Not here: where scores come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import FloatArray


def softmax(scores: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """Probabilities in proportion to the exponentials of scores, shape (n, bins); rows sum to 1."""
    powers = np.exp(np.asarray(scores, dtype=np.float64) - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
