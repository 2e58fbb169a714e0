"""How values cross into SQLite and back: times as UTC text, JSON without NaN. Not here: tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from resource_prediction.errors import StoreError


def time_text(value: datetime) -> str:
    """Write an instant so that texts sort as instants do; a time without a zone is UTC, as in telemetry.

    Raises:
        StoreError: The value is no instant, such as pandas' NaT.
    """
    # NaT passes as a datetime, and differs from itself.
    if value != value:  # noqa: PLR0124
        raise StoreError("time", got=value, expected="an instant", next_step="Leave rows without a time out.")
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def parse_time(text: str) -> datetime:
    """Read an instant that ``time_text`` wrote; it has the zone UTC."""
    return datetime.fromisoformat(text)


def parse_optional_time(text: str | None) -> datetime | None:
    """Read an instant, or None where there is none."""
    return None if text is None else parse_time(text)


def json_text(what: str, value: Mapping[str, object]) -> str:
    """Write a mapping as JSON with sorted keys.

    Args:
        what: Name of the value, for the error.
        value: Numbers, texts, lists and mappings; a number that does not exist is None.

    Raises:
        StoreError: It holds NaN, an infinity, or a type that JSON does not have.
    """
    try:
        return json.dumps(value, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(
            what,
            got=error,
            expected="JSON values, and null for a number that does not exist",
            next_step="Convert numpy values, and replace NaN by None, before storing.",
        ) from error


def parse_json(text: str) -> dict[str, Any]:
    """Read a mapping that ``json_text`` wrote."""
    value: dict[str, Any] = json.loads(text)
    return value
