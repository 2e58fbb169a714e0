"""What requests waste and risk, group by group: what to mend first. Not here: a model's allocations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.outcomes import Outcomes
from resource_prediction.telemetry import CENSORED_SHARE

NO_WORD = "(none)"


def waste_by(rows: pd.DataFrame, outcomes: Outcomes, columns: list[str]) -> pd.DataFrame:
    """Requests against peaks for each group of jobs, the largest waste first.

    Args:
        rows: Accepted rows, n.
        outcomes: What became of them.
        columns: Columns that name a group; those that the rows do not have are left out.

    Returns:
        The columns, ``jobs`` (scored ones with a request), ``unused_gib`` (requests above peaks, summed),
        ``unused_pct`` (of what was requested), ``pressed_pct`` (jobs whose peak was at 98 % of the request or more) and
        ``killed`` (jobs that their limit cut off).
    """
    chosen = outcomes.is_scored & ~np.isnan(outcomes.memreq_gib)
    named = [name for name in columns if name in rows]
    peak_gib, request_gib = outcomes.peak_gib[chosen], outcomes.memreq_gib[chosen]
    table = rows.loc[chosen, named].astype("object").fillna(NO_WORD).astype("str").reset_index(drop=True)
    table = table.assign(
        requested_gib=request_gib,
        unused_gib=_unused(request_gib, peak_gib),
        is_pressed=peak_gib >= CENSORED_SHARE * request_gib,
        is_killed=outcomes.is_censored[chosen],
    )
    sums = table.groupby(named, as_index=False).agg(
        jobs=("requested_gib", "size"),
        requested_gib=("requested_gib", "sum"),
        unused_gib=("unused_gib", "sum"),
        pressed_pct=("is_pressed", "mean"),
        killed=("is_killed", "sum"),
    )
    sums["unused_pct"] = 100 * sums["unused_gib"] / sums["requested_gib"]
    sums["pressed_pct"] *= 100
    ordered = sums.sort_values("unused_gib", ascending=False, kind="stable", ignore_index=True)
    return ordered[[*named, "jobs", "unused_gib", "unused_pct", "pressed_pct", "killed"]]


def _unused(request_gib: FloatArray, peak_gib: FloatArray) -> FloatArray:
    return np.maximum(request_gib - peak_gib, 0.0)
