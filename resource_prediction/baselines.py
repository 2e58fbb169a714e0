"""What a farm would do without a model: the requests as they are, and a rolling maximum. Not here: scoring them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from resource_prediction.arrays import FloatArray
from resource_prediction.errors import ScoringError
from resource_prediction.features.raw_rows import TextColumn
from resource_prediction.outcomes import Outcomes
from resource_prediction.telemetry import MIB_PER_GIB

ROLLING_WINDOW = 20
"""Peaks that the rolling maximum looks back on."""


def request_allocation(memreq_mib: ArrayLike) -> FloatArray:
    """Give each job what people asked for.

    Args:
        memreq_mib: Requests, shape (n,), MiB; missing or not positive where nobody asked.

    Returns:
        Shape (n,), GiB; NaN where there is no request.
    """
    requests_mib = pd.to_numeric(pd.Series(memreq_mib)).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(requests_mib > 0, requests_mib, np.nan) / MIB_PER_GIB


def peak_history(
    profiles: TextColumn, outcomes: Outcomes, *, since_us: int, window: int = ROLLING_WINDOW
) -> pd.DataFrame:
    """What a rolling maximum looks back on for jobs that are submitted at or after an instant.

    Of the peaks known before it these are the last ``window`` of each profile, and the largest of all; so the jobs of
    years that no window reaches take no memory.

    Args:
        profiles: Build profiles of all accepted jobs in the order of (time, id), n.
        outcomes: What became of them.
        since_us: When the first of the jobs was submitted, microseconds.
        window: Number of peaks to look back on.

    Returns:
        Columns ``buildProfile``, ``known_at`` and ``peak_gib``, in the order of ``known_at``: the ``history`` of
        `rolling_max_allocation`.
    """
    final = np.flatnonzero(outcomes.is_final)
    final = final[np.argsort(outcomes.known_us[final], kind="stable")]
    earlier, later = np.split(final, [int(np.searchsorted(outcomes.known_us[final], since_us))])
    newest_first = pd.Series(profiles.codes[earlier[::-1]])
    is_reached = newest_first.groupby(newest_first).cumcount().to_numpy()[::-1] < window
    if len(earlier):
        is_reached[np.argmax(outcomes.peak_gib[earlier])] = True
    chosen = np.concatenate([earlier[is_reached], later])
    return pd.DataFrame(
        {
            "buildProfile": np.array(profiles.values, dtype=object)[profiles.codes[chosen]],
            "known_at": outcomes.known_us[chosen].astype("datetime64[us]"),
            "peak_gib": outcomes.peak_gib[chosen],
        }
    )


def rolling_max_allocation(jobs: pd.DataFrame, history: pd.DataFrame, *, window: int = ROLLING_WINDOW) -> FloatArray:
    """Give each job the largest of the last peaks of its profile that were known before it was submitted.

    A job whose profile has no known peak gets its request; without one, the largest peak known of any profile.

    Args:
        jobs: Columns ``buildProfile``, ``time`` and, where there are requests, ``memreq`` (MiB); n rows.
        history: Columns ``buildProfile``, ``known_at`` and ``peak_gib`` of the jobs that count in history: final
            peaks, no twins, no value missing. Its order breaks ties in ``known_at``. It may hold the jobs
            themselves: only rows with ``known_at < time`` are looked at.
        window: Number of peaks to look back on, >= 1.

    Returns:
        Shape (n,), GiB; NaN where nothing at all was known.

    Raises:
        ScoringError: Where ``window`` is below 1.
    """
    if window < 1:
        raise ScoringError("rolling maximum", got=f"window {window}", expected="1 or more", next_step="20 is usual.")
    past = history[["buildProfile", "known_at", "peak_gib"]].sort_values("known_at", kind="stable", ignore_index=True)
    by_profile = past.groupby("buildProfile", sort=False)["peak_gib"]
    past["profile_max_gib"] = by_profile.rolling(window, min_periods=1).max().droplevel(0)
    past["farm_max_gib"] = past["peak_gib"].cummax()
    allocation_gib = _last_known(jobs, past, "profile_max_gib", by="buildProfile")
    if "memreq" in jobs:
        allocation_gib = np.where(np.isnan(allocation_gib), request_allocation(jobs["memreq"]), allocation_gib)
    if not np.isnan(allocation_gib).any():
        return allocation_gib
    return np.where(np.isnan(allocation_gib), _last_known(jobs, past, "farm_max_gib", by=None), allocation_gib)


def _last_known(jobs: pd.DataFrame, past: pd.DataFrame, column: str, *, by: str | None) -> FloatArray:
    """The newest value of a column with ``known_at < time``, in the jobs' order; NaN where there is none."""
    # Keys as objects: text, categories and the empty columns of no jobs at all can be joined with one another.
    keys = {} if by is None else {by: "object"}
    submitted = jobs[[*keys, "time"]].reset_index(drop=True).astype({**keys, "time": "datetime64[us]"})
    states = past[[*keys, "known_at", column]].astype({**keys, "known_at": "datetime64[us]"})
    joined = pd.merge_asof(
        submitted.sort_values("time", kind="stable").reset_index(),
        states,
        left_on="time",
        right_on="known_at",
        by=by,
        allow_exact_matches=False,
    )
    return joined.set_index("index")[column].sort_index().to_numpy(dtype=np.float64)
