"""Where savings come from, and which jobs would have been at risk. Not here: sums over periods, words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.arrays import FloatArray
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.scoring import job_losses

GROUPED_BY = ("component", "buildProfile")
NO_WORD = "(none)"
RISK_COLUMNS = ("atom_id", "time", "component", "buildProfile", "makeType", "targets", "branch")


def job_table(jobs: ScoredJobs, allocation_gib: FloatArray) -> pd.DataFrame:
    """One row a job: what names it, ``peak_gib``, ``allocation_gib``, ``request_gib``, ``saved_gib``, ``is_under``.

    A job that does not fit has used its allocation in vain and runs again at its request, and a job without a request
    saves nothing that is known (NaN), as in `savings`.

    Args:
        jobs: n scored jobs.
        allocation_gib: Shape (n,), GiB.
    """
    under, _ = job_losses(jobs.peak_gib, allocation_gib, censored=jobs.is_censored)
    saved_gib = np.where(under, -allocation_gib, jobs.memreq_gib - allocation_gib)
    named = {name: jobs.rows[name].to_numpy() for name in RISK_COLUMNS if name in jobs.rows}
    return pd.DataFrame(
        {
            **named,
            "peak_gib": jobs.peak_gib,
            "allocation_gib": allocation_gib,
            "request_gib": jobs.memreq_gib,
            "saved_gib": np.where(np.isnan(jobs.memreq_gib), np.nan, saved_gib),
            "is_under": under,
        }
    )


def jobs_at_risk(table: pd.DataFrame) -> pd.DataFrame:
    """The jobs below their peak, the ones that lack most first, with ``missing_gib``."""
    risky = table[table["is_under"]].drop(columns=["is_under", "saved_gib"])
    risky = risky.assign(missing_gib=risky["peak_gib"] - risky["allocation_gib"])
    return risky.sort_values("missing_gib", ascending=False, kind="stable", ignore_index=True)


def savings_by(table: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """GiB saved by each value of a column, the largest first; jobs without a request save nothing.

    Returns:
        For each group ``name``, ``rows``, ``under_rows``, ``gib_saved`` and ``share_pct`` of all that is saved, None
        where nothing is.
    """
    if column not in table:
        return []
    names = table[column].astype("object")
    grouped = table.assign(name=names.where(names.notna(), NO_WORD).astype("str")).groupby("name")
    sums = grouped.agg(rows=("is_under", "size"), under_rows=("is_under", "sum"), gib_saved=("saved_gib", "sum"))
    sums = sums.sort_values("gib_saved", ascending=False, kind="stable").reset_index()
    whole_gib = float(sums["gib_saved"].sum())
    columns = (sums[name].tolist() for name in ("name", "rows", "under_rows", "gib_saved"))
    return [
        {
            "name": name,
            "rows": rows,
            "under_rows": under_rows,
            "gib_saved": gib_saved,
            "share_pct": 100 * gib_saved / whole_gib if whole_gib > 0 else None,
        }
        for name, rows, under_rows, gib_saved in zip(*columns, strict=True)
    ]
