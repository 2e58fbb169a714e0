"""Page: what came in, what was rejected, whether it changed, where memory is wasted. Not here: the counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.charts import rows_a_day_chart
from dashboard.drift_words import show_drift
from dashboard.frame import shown_store
from dashboard.loading import load_drift, load_rows_a_day, load_waste, said_where_it_fails
from dashboard.metrics import Metric, show_metrics
from dashboard.words import since
from resource_prediction.summary.spreadsheet import neutral_table, spreadsheet_csv
from warehouse.layout import Layout
from warehouse.quarantine import read_quarantine
from warehouse.telemetry_report import quarantine_reasons, quarantine_rows

SHOWN_QUARANTINE = 200
STALE = timedelta(hours=36)
"""Older than a night and a half: an export was probably not written."""


WHOLE: Any = st.column_config.NumberColumn(format="localized")
WASTE_COLUMNS: dict[str, Any] = {
    "buildProfile": "build profile",
    "jobs": WHOLE,
    "unused_gib": st.column_config.NumberColumn("unused GiB", format="localized"),
    "unused_pct": st.column_config.NumberColumn("unused %", format="%.1f", help="Of the memory that was requested."),
    "pressed_pct": st.column_config.NumberColumn("pressed jobs %", format="%.1f"),
    "killed": st.column_config.NumberColumn("killed jobs", format="localized"),
}
READ_AT = st.column_config.DatetimeColumn("read at (UTC)", format="YYYY-MM-DD HH:mm")


def show_page() -> None:
    """The page from top to bottom."""
    layout, overview = shown_store()
    st.title("Telemetry")
    if not layout.current.exists():
        st.info("Nothing is published in this store: `python flows/train.py --source ...` reads telemetry.")
        return
    with said_where_it_fails("What came in"):
        _show_days(layout, is_live=not overview.is_synthetic)
    with said_where_it_fails("Drift"):
        st.subheader("Does the newest day look like the days before?")
        show_drift(load_drift(layout))
    with said_where_it_fails("Waste"):
        _show_waste(layout)
    with said_where_it_fails("The quarantine"):
        _show_quarantine(layout)


def _show_days(layout: Layout, *, is_live: bool) -> None:
    days, newest = load_rows_a_day(layout)
    show_metrics(
        Metric("Rows", f"{int(days['rows'].sum()):,}"),
        Metric("Twins among them", f"{int(days['twins'].sum()):,}", "Same job under another id: never trained on."),
        Metric(
            "Newest job",
            "none" if newest is None else since(newest),
            caption="" if newest is None else f"{newest:%Y-%m-%d %H:%M} UTC",
            width_px=220,
        ),
    )
    if is_live and newest is not None and pd.Timestamp.now("UTC").tz_localize(None) - newest > STALE:
        st.warning(
            f"The newest job was submitted {since(newest)}. Where exports should come every night, look at "
            "the source; telemetry of the past is meant to be old.",
            icon=":material/schedule:",
        )
    st.altair_chart(rows_a_day_chart(days), width="stretch", alt="Accepted rows of each day")
    _offer(days, "rows_a_day.csv")


def _show_waste(layout: Layout) -> None:
    st.subheader("What to mend first")
    st.caption(
        "Requests against peaks in the four weeks up to the newest job. *Pressed* jobs came to 98 % of their request "
        "or more: page cache counts there too, so not all of them lacked memory. *Killed* jobs were cut off by their "
        "limit."
    )
    table = load_waste(layout)
    if table.empty:
        st.info("No job of the last four weeks has a request (memreq) and a final peak.")
        return
    by_waste, by_risk = st.tabs(["Most waste", "Most risk"])
    risky = table[(table["killed"] > 0) | (table["pressed_pct"] > 0)].sort_values(
        ["killed", "pressed_pct"], ascending=False, kind="stable"
    )
    for place, shown, key in ((by_waste, table, "waste"), (by_risk, risky, "risk")):
        whole_gib = neutral_table(shown.assign(unused_gib=shown["unused_gib"].round()))
        place.dataframe(whole_gib, hide_index=True, column_config=WASTE_COLUMNS, key=key)
    _offer(table, "waste.csv")


def _show_quarantine(layout: Layout) -> None:
    st.subheader("Quarantine")
    rows = read_quarantine(layout)
    if not rows:
        st.success("No row is in quarantine.", icon=":material/check:")
        return
    st.dataframe(quarantine_reasons(rows), hide_index=True, column_config={"rows": WHOLE}, key="reasons")
    newest = neutral_table(quarantine_rows(rows, SHOWN_QUARANTINE))
    st.caption(f"The newest {len(newest):,} of {len(rows):,} rejected rows:")
    st.dataframe(
        newest,
        hide_index=True,
        column_config={"ingested_at": READ_AT},
        column_order=["ingested_at", "reasons", "line", "file", "row"],
        key="rejected",
        placeholder="",
    )
    _offer(newest, "quarantine.csv")


def _offer(table: pd.DataFrame, name: str) -> None:
    """Offer a table as a file, without running the page again for it."""
    st.download_button(
        "Download as CSV",
        spreadsheet_csv(table),
        name,
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=name,
    )


show_page()
