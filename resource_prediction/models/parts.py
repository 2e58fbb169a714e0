"""Rows to predict, cut into parts that threads take side by side. Not here: what is done with a part."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from resource_prediction.arrays import FloatArray
from resource_prediction.features.raw_rows import Submissions

PART_ROWS = 2_000
"""Rows that one thread predicts at once: their windows and costs stay in the processor's cache."""

_ALIKE = ("branch", "targets", "makeType", "component", "buildProfile")
"""Columns that alike jobs share, the last one first."""

Part = slice | npt.NDArray[np.intp]
"""Some rows of those to predict."""


def cut_parts(submissions: Submissions) -> list[Part]:
    """Rows that are predicted together, PART_ROWS at most: of many rows those of alike jobs, in the order of time.

    Alike jobs share history, ways down a tree and distributions, all of which are worked out once for a part.
    """
    rows = len(submissions)
    if rows <= PART_ROWS:
        return [slice(0, rows)]
    alike = np.lexsort([submissions.text[name].codes for name in _ALIKE])
    return [alike[start : start + PART_ROWS] for start in range(0, rows, PART_ROWS)]


def by_parts(submissions: Submissions, allocate_part: Callable[[Part], FloatArray]) -> FloatArray:
    """Allocate for parts of the rows side by side: learners are asked in one thread each."""
    parts = cut_parts(submissions)
    if len(parts) == 1:
        return allocate_part(parts[0])
    # Matrix products that start threads of their own inside ours take several times as long.
    with threadpool_limits(1), ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
        found = list(pool.map(allocate_part, parts))
    in_order = np.empty((len(submissions), *found[0].shape[1:]))
    for part, each in zip(parts, found, strict=True):
        in_order[part] = each
    return in_order
