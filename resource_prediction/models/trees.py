"""Tree models of scikit-learn as treelite: native files and fast prediction. Not here: growing them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import treelite
from treelite import gtil

from resource_prediction.distribution import FloatArray

BATCH_ROWS = 2_000
"""From twice this on several threads predict; below, starting them costs more than it gives."""

MOST_THREADS = 4

_Gtil = Callable[..., npt.NDArray[Any]]


def save(model: treelite.Model, path: Path) -> None:
    """Write a model in treelite's own format."""
    model.serialize(path)


def load(path: Path) -> treelite.Model:
    """Read a model that `save` wrote."""
    return treelite.Model.deserialize(path)


def leaves(model: treelite.Model, matrix: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Leaf of each row in each tree, shape (n, trees)."""
    return np.asarray(_by_parts(gtil.predict_leaf, model, matrix), dtype=np.int64)


def predict(model: treelite.Model, matrix: npt.NDArray[Any]) -> FloatArray:
    """Prediction of a model with one output, shape (n,)."""
    return np.asarray(_by_parts(gtil.predict, model, matrix), dtype=np.float64).reshape(-1)


def _by_parts(function: _Gtil, model: treelite.Model, matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Predict parts of the rows in threads of our own: treelite finds leaves in one thread, whatever it is asked for.

    Trees of scikit-learn compare in double precision, and treelite wants what it imported.
    """
    rows = np.ascontiguousarray(matrix, dtype=np.float64)
    threads = min(len(rows) // BATCH_ROWS, os.cpu_count() or 1, MOST_THREADS)
    if threads < 2:
        return function(model, rows, nthread=1)
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda part: function(model, part, nthread=1), np.array_split(rows, threads))
        return np.concatenate(list(parts))
