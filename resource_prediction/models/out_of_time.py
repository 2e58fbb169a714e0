"""Predictions for training rows by a model that has not seen their time. Not here: what is learned from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = npt.NDArray[np.intp]
FitAndPredict = Callable[[Rows, Rows], npt.NDArray[Any]]


def time_blocks(rows: int, blocks: int) -> Iterator[tuple[Rows, Rows]]:
    """Cut rows in time order into contiguous blocks; yield (all other rows, the block) for each of them."""
    everything = np.arange(rows)
    for block in np.array_split(everything, min(blocks, rows)):
        yield np.delete(everything, block), block


def out_of_time(rows: int, blocks: int, fit_and_predict: FitAndPredict) -> npt.NDArray[Any]:
    """Predict every row by a fit on the other time blocks.

    Args:
        rows: How many rows there are, in time order, at least 2.
        blocks: How many contiguous blocks they are cut into, at least 2.
        fit_and_predict: Takes the rows to fit on and the rows to predict, returns one prediction a row.
    """
    parts = [fit_and_predict(fit_on, block) for fit_on, block in time_blocks(rows, blocks)]
    return np.concatenate(parts)


def thin(rows: int, most: int | None) -> Rows:
    """Choose at most ``most`` of the rows in time order: the newest half of them, and the older rows evenly thinned.

    New rows are like the ones to predict; old ones hold what happens seldom.
    """
    if most is None or rows <= most:
        return np.arange(rows)
    newest = most // 2
    older = np.linspace(0, rows - newest - 1, most - newest).round().astype(np.intp)
    return np.concatenate([older, np.arange(rows - newest, rows)])


def take(X: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """The rows of a frame, without a copy where all of them are taken in order."""
    return X if rows.size == len(X) else X.iloc[rows]
