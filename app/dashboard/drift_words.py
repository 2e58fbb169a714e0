"""Drift of the main fields as sentences and a table. Not here: how it is measured (the library)."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import streamlit as st

from resource_prediction.drift import FieldDrift


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
    columns = [name for name in asdict(found[0]) if name != "field"]
    st.dataframe(
        pd.DataFrame([asdict(each) for each in found]),
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in columns},
        key="drift",
    )
