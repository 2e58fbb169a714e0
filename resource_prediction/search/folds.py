"""Folds in time, purged by the label delay. Not here: what is fitted on them (trial.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resource_prediction.arrays import IntArray

FOLDS = 3
"""Time blocks that a trial is scored on, each after the rows it is fitted on."""


@dataclass(frozen=True)
class Fold:
    """Positions of the rows that a trial fits on, and of those it is scored on; the latter come later."""

    fit: npt.NDArray[np.intp]
    score: npt.NDArray[np.intp]


def folds_in_time(submitted_us: IntArray, known_us: IntArray, folds: int = FOLDS) -> Iterator[Fold]:
    """Cut n rows in time order into folds: each scores one block and fits on all blocks before it.

    A peak that was not known when the block's first row was submitted is not fitted on.

    Args:
        submitted_us: Times of submission, ascending, shape (n,).
        known_us: When the peaks were known, shape (n,).
        folds: How many.
    """
    block = len(submitted_us) // (folds + 2)
    for fold in range(folds):
        start = (fold + 2) * block
        known = np.flatnonzero(known_us[:start] < submitted_us[start])
        yield Fold(known, np.arange(start, start + block))
