"""Page: the last run's families, every verdict, two versions on the same rows. Not here: reading, arithmetic."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.frame import shown_store
from dashboard.loading import said_where_it_fails
from dashboard.version_comparison import show_comparison
from dashboard.words import rounded
from resource_prediction.summary.aside import Aside
from resource_prediction.summary.figures import minute
from resource_prediction.summary.leaderboard import by_score, is_champions
from warehouse.layout import Layout
from warehouse.overview import Overview, promotion_times, rollback_command, verdict_table

WHEN = st.column_config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm")

VERDICT_COLUMNS: dict[str, Any] = {
    "given_at": WHEN,
    "verdict": "verdict",
    "applied": "applied",
    "reason": st.column_config.TextColumn("reason", width="large"),
    "version": "version",
    "run_id": "run",
}


def show_page() -> None:
    """The page from top to bottom."""
    layout, overview = shown_store()
    st.title("Leaderboard and history")
    _show_families(overview)
    st.subheader("Two versions on the same jobs")
    with said_where_it_fails("The comparison"):
        show_comparison(layout, overview)
    _show_verdicts(overview)
    _show_rollback(layout, overview)


def _show_families(overview: Overview) -> None:
    result = overview.last_result
    if result is None:
        st.info("No run of this store has come to its end: `python flows/train.py` makes the first.")
        return
    held = result["holdout"]
    st.subheader("Families of the last run")
    if held.get("rows"):
        st.caption(
            f"Run {result['run_id']}: {held['rows']:,} jobs held out, {minute(held['from'])} to "
            f"{minute(held['until'])} UTC. Families within a few points of each other are not told apart by one."
        )
    aside = Aside.of(result["aside"])
    rows = [
        {
            "family": family["family"],
            "serves": is_champions(result["champion"], family),
            "score": family["score"],
            "live": family["live_score"],
            "under %": family["under_pct"],
            "over %": family["over_pct"],
            "GiB saved": rounded(family["gib_saved"]),
            "USD saved": rounded(saved.money.usd) if (saved := aside.by_family.get(family["family"])) else None,
            "fit s": family["fit_seconds"],
            "error": family["error"],
        }
        for family in by_score(result["families"])
    ]
    rows += [
        {"family": name, "score": score["score"], "under %": score["under_pct"], "over %": score["over_pct"]}
        for name, score in result["baselines"].items()
        if score
    ]
    table = pd.DataFrame(rows).dropna(axis="columns", how="all")
    st.dataframe(table, hide_index=True, column_config=_figures(table), key="families", placeholder="")


def _figures(table: pd.DataFrame) -> dict[str, ColumnConfig]:
    formats = {"score": "%.1f", "live": "%.1f", "under %": "%.1f", "over %": "%.1f", "fit s": "%.1f"}
    thousands = dict.fromkeys(("GiB saved", "USD saved"), "localized")
    return {
        name: st.column_config.NumberColumn(format=form)
        for name, form in (formats | thousands).items()
        if name in table
    }


def _show_verdicts(overview: Overview) -> None:
    st.subheader("Every verdict")
    verdicts = verdict_table(overview)
    if verdicts.empty:
        st.info("No verdict yet.")
        return
    st.dataframe(
        verdicts, hide_index=True, column_config=VERDICT_COLUMNS, column_order=list(VERDICT_COLUMNS), key="verdicts"
    )
    st.subheader("Who served when")
    promotions = promotion_times(overview).iloc[::-1]
    st.dataframe(promotions, hide_index=True, column_config={"promoted_at": WHEN}, key="promotions", placeholder="")


def _show_rollback(layout: Layout, overview: Overview) -> None:
    earlier = list(dict.fromkeys(entry.version for entry in reversed(overview.promotions)))[1:]
    if not earlier:
        return
    st.subheader("Back to an earlier version")
    version = st.selectbox("Version", earlier, key="rollback_version")
    st.code(rollback_command(layout, version), language="bash")


show_page()
