"""Durations as people write them: 90s, 30m, 24h, 120d. Not here: what they are for."""

from __future__ import annotations

import re

from resource_prediction.errors import DurationError

_US = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}


def parse_seconds(text: str) -> float:
    """Read a duration in seconds; a number without a unit is seconds.

    Raises:
        DurationError: The text is no number, with or without one of the units s, m, h, d, w.
    """
    has_unit = re.fullmatch(r"\d+(?:\.\d+)?", text.strip()) is None
    return parse_duration_us(text if has_unit else f"{text.strip()}s") / 1_000_000


def parse_duration_us(text: str) -> int:
    """Read a duration, in microseconds; ``0`` needs no unit.

    Raises:
        DurationError: The text is no number with one of the units s, m, h, d, w.
    """
    if text.strip() == "0":
        return 0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", text.strip())
    if match is None:
        raise DurationError(text)
    return round(float(match[1]) * _US[match[2]])
