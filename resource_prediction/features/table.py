"""From accepted rows to their history and point-in-time features, in one call. Not here: codes, training rows."""

from __future__ import annotations

import pandas as pd

from resource_prediction.arrays import Matrix
from resource_prediction.features.keys import level_keys
from resource_prediction.features.point_in_time import History
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.outcomes import Outcomes


def describe_table(rows: pd.DataFrame, outcomes: Outcomes, workers: int) -> tuple[History, Matrix]:
    """History over all final rows of a table, and the point-in-time features of every row.

    Args:
        rows: Accepted rows in contract columns in the order of (time, id), n.
        outcomes: What became of them.
        workers: Threads.

    Returns:
        The history, and features of shape (n, len(POINT_IN_TIME_FEATURES)).
    """
    submissions = read_submissions(rows)
    keys = level_keys(submissions)
    final = outcomes.is_final
    history = History.build(keys[final], outcomes.known_us[final], outcomes.peak_gib[final], workers)
    return history, history.describe(keys, submissions.submitted_us)
