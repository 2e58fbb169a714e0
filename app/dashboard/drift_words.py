"""Drift of the main fields as sentences and a table. Not here: how it is measured (the library)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from resource_prediction.drift import DAYS, LEAST_DAYS, MARGIN, Drift, Shift

FIGURE = "%.2f"
COLUMNS: dict[str, Any] = {
    "is_alarm": "alarm",
    "newest": st.column_config.NumberColumn("newest day", format=FIGURE, help="For a ratio, 1 is the same; else 0."),
    "usual": st.column_config.NumberColumn(
        "usual, at most", format=FIGURE, help=f"The largest of the {DAYS} days before, each held against its own past."
    ),
    "limit": st.column_config.NumberColumn(
        "alarm above",
        format=FIGURE,
        help=f"The measure's bound, or {MARGIN:g} times what is usual where that is more; a ratio in either direction.",
    ),
}


def drift_sentences(found: Drift) -> list[str]:
    """A sentence for each alarm."""
    return [f"**{shift.change.field}**: {shift.sentence}" for shift in found.alarms]


def show_drift(found: Drift) -> None:
    """Alarms first, then the table behind them."""
    if not found.shifts:
        st.info("There is too little telemetry to compare: a day, and something before it.")
        return
    sentences = drift_sentences(found)
    if not found.is_judged:
        st.info(f"Too few days to tell: {found.days} before the newest one, of {LEAST_DAYS} or more that it takes.")
    elif sentences:
        st.warning("\n".join(f"- {sentence}" for sentence in sentences), icon=":material/trending_up:")
    else:
        st.success("Yes: no main field stands out.", icon=":material/check:")
    st.dataframe(drift_table(found), hide_index=True, column_config=COLUMNS, key="drift", placeholder="")


def drift_table(found: Drift) -> pd.DataFrame:
    """A row for each field and measure, alarms first: ``field``, ``measure``, ``is_alarm`` and its figures."""
    rows = [
        {
            "field": shift.change.field,
            "measure": shift.change.measure.name,
            "is_alarm": shift.is_alarm,
            "newest": _figure(shift, shift.change.value),
            "usual": _figure(shift, shift.usual),
            "limit": _figure(shift, shift.limit),
        }
        for shift in found.shifts
    ]
    return pd.DataFrame(rows).sort_values("is_alarm", ascending=False, kind="stable")


def _figure(shift: Shift, value: float | None) -> float | None:
    return None if value is None else float(np.exp(value)) if shift.change.measure.is_ratio else value
