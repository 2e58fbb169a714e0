"""Jobs whose sums a reader can check by head. Not here: promises about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from resource_prediction.evaluation import ScoredJobs


def scored_jobs(
    peak_gib: Sequence[float],
    request_gib: Sequence[float] | None = None,
    hours: Sequence[float] | None = None,
    component: str | Sequence[str] = "editor",
    since: str = "2025-04-28",
) -> ScoredJobs:
    """Jobs a minute apart, with requests of 10 GiB where nothing else is said."""
    rows = len(peak_gib)
    request = np.full(rows, 10.0) if request_gib is None else np.array(request_gib, dtype=float)
    return ScoredJobs(
        rows=pd.DataFrame(
            {
                "time": pd.date_range(since, periods=rows, freq="min").astype("datetime64[us]"),
                "component": [component] * rows if isinstance(component, str) else list(component),
                "buildProfile": "linux-gcc-opt",
                "memreq": request * 1024,
            }
        ),
        point_in_time=np.empty((rows, 0), dtype=np.float32),
        peak_gib=np.array(peak_gib, dtype=float),
        memreq_gib=request,
        run_hours=np.full(rows, np.nan) if hours is None else np.array(hours, dtype=float),
        is_censored=np.zeros(rows, dtype=bool),
        known_us=(pd.date_range(since, periods=rows, freq="min") + pd.Timedelta("1h")).as_unit("us").asi8,
    )
