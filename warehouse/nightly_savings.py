"""What champions saved from night to night, and when a night is due, from runs and verdicts. Not here: charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pandas as pd

from resource_prediction.savings import SavedByEnd, saved_a_day
from resource_prediction.summary.aside import Price
from warehouse.overview import Overview

OVERDUE = timedelta(hours=30)
"""A night that began longer ago was the last one, or the next one did not come."""

PRICE_PARAMETERS = ("job_hours", "usd_per_gib_hour")
"""Of a run's recorded parameters: what `Price` is made of, in its order."""

_COLUMNS = ("from", "until", "version", "jobs", "under_jobs", "gib_saved", "gib_saved_a_day", "usd_saved")


@dataclass(frozen=True)
class NightTimes:
    """When runs began, as far as the store knows.

    Attributes:
        usual_minute: Minute of the UTC day about which they began, the median; None with fewer than two.
        last: When the last one began.
        is_overdue: None has begun for longer than `OVERDUE`.
    """

    usual_minute: int | None
    last: datetime
    is_overdue: bool


def night_times(overview: Overview, now: datetime) -> NightTimes | None:
    """When nights began so far; None before the first. Nights about midnight count as beginning before or after it.

    Args:
        overview: The store's past.
        now: An instant with a zone.
    """
    begun = [run.started_at for run in overview.runs]
    if not begun:
        return None
    last = begun[-1]
    anchor = last.hour * 60 + last.minute
    off = [(one.hour * 60 + one.minute - anchor + 720) % 1_440 - 720 for one in begun]
    usual = None if len(begun) < 2 else (anchor + int(median(off))) % 1_440
    return NightTimes(usual, last, now - last > OVERDUE)


def nightly_savings(overview: Overview) -> pd.DataFrame:
    """What was saved on the jobs that each night saw for the first time, oldest first.

    A verdict sums up all jobs since the fit of who served. Where the same version served before, the sums of the night
    before are taken off. Prices are those of each run.

    Returns:
        ``from``, ``until`` (submissions), ``version``, ``jobs``, ``under_jobs`` (got less than their peak),
        ``gib_saved``, ``gib_saved_a_day``, ``usd_saved`` (NaN where no price or no hours were told).
    """
    prices = {run.run_id: Price(*(run.parameters.get(name) for name in PRICE_PARAMETERS)) for run in overview.runs}
    rows: list[dict[str, Any]] = []
    before: Mapping[str, Any] = {}
    for verdict in overview.verdicts:
        served = verdict.served
        if served:
            known = before if before.get("version") == served["version"] else {}
            rows.append(_night(served, known, prices.get(verdict.run_id, Price())))
            before = served
    table = pd.DataFrame([row for row in rows if row["jobs"] > 0], columns=_COLUMNS)
    figures = ("jobs", "under_jobs", "gib_saved", "gib_saved_a_day", "usd_saved")
    times = ("from", "until")
    return table.astype({**dict.fromkeys(figures, "float64"), **dict.fromkeys(times, "datetime64[us]")})


def _night(served: Mapping[str, Any], known: Mapping[str, Any], price: Price) -> dict[str, Any]:
    span = (known.get("until", served["from"]), served["until"])
    since, until = (datetime.fromisoformat(str(instant)) for instant in span)
    gib = None if served.get("gib_saved") is None else served["gib_saved"] - (known.get("gib_saved") or 0.0)
    return {
        "from": since,
        "until": until,
        "version": served["version"],
        "jobs": served["rows"] - known.get("rows", 0),
        "under_jobs": _under_jobs(served) - _under_jobs(known),
        "gib_saved": gib,
        "gib_saved_a_day": None if gib is None else saved_a_day(gib, since, until),
        "usd_saved": _usd(served, known, price),
    }


def _under_jobs(served: Mapping[str, Any]) -> int:
    return round(served["under_pct"] / 100 * served["rows"]) if served else 0


def _usd(served: Mapping[str, Any], known: Mapping[str, Any], price: Price) -> float | None:
    if served.get("saved_by_end") is None:
        return None
    sums = dict(served["saved_by_end"])
    for name, value in (known.get("saved_by_end") or {}).items():
        sums[name] -= value
    return SavedByEnd(**sums).money(price.job_hours, price.usd_per_gib_hour).usd
