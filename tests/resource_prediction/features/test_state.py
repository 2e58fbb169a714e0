from collections.abc import Callable

import numpy as np
import pandas as pd

from resource_prediction.features.keys import level_keys
from resource_prediction.features.point_in_time import History
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.state import HistoryState
from resource_prediction.features.time_windows import REACH_US, WINDOW_FEATURES
from resource_prediction.outcomes import read_outcomes

HOUR_US = 3_600_000_000


def test_a_job_that_is_told_of_late_counts_in_the_window_of_its_time(make_rows: Callable[..., pd.DataFrame]) -> None:
    rows = make_rows(120, seed=11)
    outcomes = read_outcomes(rows, HOUR_US)
    keys, submitted_us = level_keys(read_submissions(rows)), read_submissions(rows).submitted_us
    jobs = np.flatnonzero(outcomes.is_final)
    asked = submitted_us[-1:] + 2 * HOUR_US
    windows = []
    for order in (jobs, np.concatenate([jobs[60:], jobs[40:60]])):
        known = jobs[:40]
        history = History.build(keys[known], outcomes.known_us[known], outcomes.peak_gib[known])
        state = HistoryState.at(history, int(outcomes.known_us[known].max()) + 1)
        fresh = order[~np.isin(order, known)]
        for part in np.array_split(fresh, 3):
            state.observe(keys[part], outcomes.known_us[part], outcomes.peak_gib[part])
        counts = [place for place, name in enumerate(WINDOW_FEATURES) if "log_jobs" in name]
        windows.append(state.describe(keys[-1:], asked)[0][0, -len(WINDOW_FEATURES) :][counts])
        assert (np.diff(state.recent_known_us) >= 0).all()
        assert state.recent_known_us[0] >= state.recent_known_us[-1] - REACH_US
    assert windows[0].tolist() == windows[1].tolist()
