"""Drift of the main fields as sentences and a table. Not here: how it is measured (the library)."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import streamlit as st

from resource_prediction.drift import FieldDrift

COLUMNS = {
    "psi": st.column_config.NumberColumn(
        "shift", format="%.2f", help="Population stability index: 0 is the same; 0.25 above chance is much."
    ),
    "chance_psi": st.column_config.NumberColumn(
        "by chance", format="%.2f", help="The shift that as many rows of one population would show."
    ),
    "unseen_pct": st.column_config.NumberColumn(
        "new words %", format="%.1f", help="Rows whose value did not occur in the weeks before."
    ),
    "missing_before_pct": st.column_config.NumberColumn("missing before %", format="%.1f"),
    "missing_now_pct": st.column_config.NumberColumn("missing now %", format="%.1f"),
    "median_ratio": st.column_config.NumberColumn(
        "median by before", format="%.2f", help="Median of the newest day by that of the weeks before."
    ),
}


def drift_sentences(found: list[FieldDrift]) -> list[str]:
    """A sentence for each finding of each field."""
    return [f"**{each.field}**: {finding}" for each in found for finding in each.findings]


def show_drift(found: list[FieldDrift]) -> None:
    """Findings first, then the table behind them."""
    if not found:
        st.info("There is too little telemetry to compare: a day, and something before it.")
        return
    sentences = drift_sentences(found)
    if sentences:
        st.warning("\n".join(f"- {sentence}" for sentence in sentences), icon=":material/trending_up:")
    else:
        st.success("Yes: no main field stands out.", icon=":material/check:")
    table = pd.DataFrame([asdict(each) for each in found])
    st.dataframe(table, hide_index=True, column_config=COLUMNS, key="drift", placeholder="")
