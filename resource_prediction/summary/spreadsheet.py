"""Tables as CSV that a spreadsheet may open: no cell is a formula. Not here: which tables."""

from __future__ import annotations

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so may be run by a spreadsheet (OWASP: CSV injection)."""


def neutral_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe in front of each text that a spreadsheet would run; numbers stay as they are.

    Also for tables on a page: a browser's own download of them knows nothing of formulas.
    """
    safe = table.rename(columns=lambda name: _neutral(str(name)))
    holds_text = [not (is_numeric_dtype(kind) or is_datetime64_any_dtype(kind)) for kind in safe.dtypes]
    for name in safe.columns[holds_text]:
        safe[name] = safe[name].map(_neutral, na_action="ignore")
    return safe


def spreadsheet_csv(table: pd.DataFrame) -> bytes:
    """A table as UTF-8 CSV without formulas.

    Args:
        table: Without its index; missing values are empty cells, fractions have six digits, whole numbers all.
    """
    safe = neutral_table(table)
    for name in safe.select_dtypes("float"):
        if (safe[name].dropna() % 1 == 0).all():
            safe[name] = safe[name].astype("Int64")
    # With both characters in the line break both are quoted in a text: a bare one would begin a line of its own.
    text: str = safe.to_csv(index=False, float_format="%.6g", lineterminator="\r\n")
    return text.encode()


def _neutral(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_SIGNS) else value
