"""Tables as CSV that people open in a spreadsheet, which must not run what a cell says. Not here: which tables."""

from __future__ import annotations

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First letters that a spreadsheet takes for a formula; words of telemetry may be anybody's."""


def to_csv(table: pd.DataFrame) -> str:
    """A table as CSV; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]) and not pd.api.types.is_datetime64_any_dtype(safe[name]):
            safe[name] = safe[name].map(_defused, na_action="ignore")
    safe.columns = [_defused(name) for name in safe.columns]
    return safe.to_csv(index=False, lineterminator="\n")


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
