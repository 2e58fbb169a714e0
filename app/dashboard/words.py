"""How figures, spans of time and families are written on a page. Not here: what they say."""

from __future__ import annotations

from datetime import UTC, datetime

from resource_prediction.summary.figures import decimal

NONE = "none yet"
LEARNERS = {"lightgbm": "LightGBM", "xgboost": "XGBoost"}
"""Names that are not written as other words are."""


def figure(value: float | None, unit: str = "") -> str:
    """One decimal and a unit; a number that does not exist is said to be none."""
    return NONE if value is None else f"{decimal(value)}{unit}"


def rounded(value: float | None) -> float | None:
    """A whole number for a table, which writes thousands apart."""
    return None if value is None else round(value)


def interval(low: float | None, high: float | None) -> str:
    """An interval in front of what follows it; empty where there is none."""
    return "" if low is None or high is None else f"90 % of {low:.1f} to {high:.1f}; "


def family_title(family: str) -> str:
    """A family's name as a heading."""
    learner, _, task = family.rpartition("_")
    words = learner.replace("_", " ")
    return f"{LEARNERS.get(learner, words[:1].upper() + words[1:])} ({task})"


def ago(moment: datetime) -> str:
    """How long ago a moment was, in its largest unit."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def count_of(pct: float, rows: int) -> str:
    """How many of some jobs a percentage is."""
    return f"{pct / 100 * rows:,.0f} of {rows:,} jobs"


def signed_points(gain: float) -> str:
    """A gain of the business score in words."""
    return f"{abs(gain):.1f} points {'better' if gain >= 0 else 'worse'}"


def since(moment: datetime) -> str:
    """How long ago a time of the telemetry was, which has no zone and is UTC."""
    return ago(moment.replace(tzinfo=UTC))


def plain(text: str) -> str:
    """A text from elsewhere, such as a header or a value, that a page shows as it is: no link, picture or formula."""
    return "".join(f"\\{sign}" if sign in "[]$<>!" else sign for sign in text)
