"""Page: what came in, what was rejected, whether it changed, where memory is wasted. Not here: the counts."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard.charts import rows_a_day_chart
from dashboard.drift_words import show_drift
from dashboard.frame import shown_store
from dashboard.loading import load_drift, load_rows_a_day, load_waste, said_where_it_fails
from dashboard.words import since
from resource_prediction.summary.spreadsheet import neutral_table, spreadsheet_csv
from warehouse.layout import Layout
from warehouse.quarantine import read_quarantine
from warehouse.telemetry_report import quarantine_reasons, quarantine_rows

SHOWN_QUARANTINE = 200
STALE = timedelta(hours=36)
"""Older than a night and a half: an export was probably not written."""


def show_page() -> None:
    """The page from top to bottom."""
    layout, _ = shown_store()
    st.title("Telemetry")
    if not layout.current.exists():
        st.info("Nothing is published in this store: `python flows/train.py --source ...` reads telemetry.")
        return
    with said_where_it_fails("What came in"):
        _show_days(layout)
    with said_where_it_fails("Drift"):
        st.subheader("Does the newest day look like the weeks before?")
        show_drift(load_drift(layout))
    with said_where_it_fails("Waste"):
        _show_waste(layout)
    with said_where_it_fails("The quarantine"):
        _show_quarantine(layout)


def _show_days(layout: Layout) -> None:
    days, newest = load_rows_a_day(layout)
    first, second, third = st.columns(3)
    first.metric("Rows", f"{int(days['rows'].sum()):,}")
    second.metric(
        "Twins among them", f"{int(days['twins'].sum()):,}", help="Same job under another id: never trained on."
    )
    third.metric("Newest job", "none" if newest is None else since(newest))
    if newest is not None and pd.Timestamp.now("UTC").tz_localize(None) - newest > STALE:
        st.warning(
            f"The newest job was submitted {newest:%Y-%m-%d %H:%M} UTC. Where exports should come every night, look at "
            "the source; telemetry of the past is meant to be old.",
            icon=":material/schedule:",
        )
    st.altair_chart(rows_a_day_chart(days), width="stretch", alt="Accepted rows of each day")
    _offer(days, "rows_a_day.csv")


def _show_waste(layout: Layout) -> None:
    st.subheader("What to mend first")
    st.caption(
        "Requests against peaks, the largest waste first. *Pressed* jobs came to 98 % of their request or more: page "
        "cache counts there too, so not all of them lacked memory. *Killed* jobs were cut off by their limit."
    )
    table = load_waste(layout)
    if table.empty:
        st.info("No job of the last four weeks has a request (memreq) and a final peak.")
        return
    one_decimal = st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        neutral_table(table),
        hide_index=True,
        column_config={
            "unused_gib": st.column_config.NumberColumn("unused GiB", format="localized"),
            "unused_pct": one_decimal,
            "pressed_pct": one_decimal,
        },
        key="waste",
    )
    _offer(table, "waste.csv")


def _show_quarantine(layout: Layout) -> None:
    st.subheader("Quarantine")
    rows = read_quarantine(layout)
    if not rows:
        st.success("No row is in quarantine.", icon=":material/check:")
        return
    st.dataframe(quarantine_reasons(rows), hide_index=True, key="reasons")
    newest = quarantine_rows(rows, SHOWN_QUARANTINE)
    st.caption(f"The newest {len(newest):,} of {len(rows):,} rejected rows:")
    st.dataframe(neutral_table(newest), hide_index=True, key="rejected")
    _offer(newest, "quarantine.csv")


def _offer(table: pd.DataFrame, name: str) -> None:
    st.download_button(
        "Download as CSV", spreadsheet_csv(table), name, "text/csv", icon=":material/download:", key=name
    )


show_page()
