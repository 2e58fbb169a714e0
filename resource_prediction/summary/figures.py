"""How figures are written for people; one that does not exist is empty. Not here: sentences."""

from __future__ import annotations


def decimal(value: float | None) -> str:
    """One decimal: scores, percents, seconds."""
    return "" if value is None else f"{value:.1f}"


def whole(value: float | None) -> str:
    """No decimal, thousands apart: GiB, jobs."""
    return "" if value is None else f"{value:,.0f}"


def usd(value: float | None) -> str:
    """US dollars: cents below a thousand."""
    if value is None:
        return ""
    return f"{value:,.2f}" if abs(value) < 1_000 else f"{value:,.0f}"


def minute(instant: str | None) -> str:
    """An ISO time to the minute."""
    return "-" if instant is None else instant[:16].replace("T", " ")


def first_line(text: str | None) -> str:
    """The first line of an error, which may bring a traceback of a learner along."""
    return next(iter((text or "").strip().splitlines()), "")
