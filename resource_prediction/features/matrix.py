"""The feature matrix: names, order and type of its columns. Not here: how each column is made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resource_prediction.arrays import Matrix
from resource_prediction.features.calendar import CALENDAR_FEATURES, describe_calendar
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES
from resource_prediction.features.profile import PROFILE_FEATURES, ProfileEncoder
from resource_prediction.features.raw_rows import Submissions

FEATURE_VERSION = "1"
"""Changes with any change of a feature's meaning: a model fitted under another version is another recipe."""

OWN_FEATURES: tuple[str, ...] = (*CALENDAR_FEATURES, *PROFILE_FEATURES)
FEATURES: tuple[str, ...] = (*OWN_FEATURES, *POINT_IN_TIME_FEATURES)
_CHUNK = 2_048
"""Rows that are filled column by column: they stay in the processor's cache meanwhile."""

_COLUMNS = pd.Index(FEATURES)


def assemble(encoder: ProfileEncoder, submissions: Submissions, point_in_time: Matrix) -> Matrix:
    """Join what n jobs say of themselves with their point-in-time history.

    Args:
        encoder: Codes as learned from the rows of the fit.
        submissions: The jobs, n.
        point_in_time: POINT_IN_TIME_FEATURES of the same jobs, shape (n, features).

    Returns:
        Shape (n, len(FEATURES)), float32, C order, NaN where a value is missing.
    """
    matrix = np.empty((len(submissions), len(FEATURES)), dtype=np.float32)
    own = [*describe_calendar(submissions.submitted_us), *encoder.encode(submissions)]
    for first in range(0, len(matrix), _CHUNK):
        rows = slice(first, first + _CHUNK)
        for place, column in enumerate(own):
            matrix[rows, place] = column[rows]
        matrix[rows, len(own) :] = point_in_time[rows]
    return matrix


def as_frame(matrix: Matrix) -> pd.DataFrame:
    """The matrix with its names, without a copy: what a family gets as ``X``."""
    return pd.DataFrame(matrix, columns=_COLUMNS, copy=False)
