"""The curve between the presets with the chosen point, as a chart. Not here: its points (the library)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import OTHER, REQUEST, RISK
from dashboard.past_rows import load_curve
from resource_prediction.models import DeployableModel
from resource_prediction.summary.figures import minute
from warehouse.layout import Layout

FIGURES = [
    alt.Tooltip("under_cost:Q", title="penalty", format="g"),
    alt.Tooltip("preset:N"),
    alt.Tooltip("under_pct:Q", title="under %", format=".1f"),
    alt.Tooltip("over_pct:Q", title="over %", format=".1f"),
    alt.Tooltip("gib_saved:Q", title="GiB saved", format=",.0f"),
]


def show_curve(layout: Layout, model: DeployableModel, under_cost: float) -> None:
    """What the model costs at each penalty on the jobs that it has not seen.

    Raises:
        ScoringError: There is no such job.
        StoreError: Nothing is published, or it is damaged.
    """
    curve = load_curve(layout, model)
    st.markdown("Under-allocation against waste, at each penalty")
    points = pd.DataFrame([asdict(point) for point in curve.points])
    st.altair_chart(
        curve_chart(points, under_cost),
        width="stretch",
        alt="Under-allocated jobs against memory above the peaks at each penalty, the chosen one marked",
    )
    chosen = points[points["under_cost"] == under_cost].iloc[0]
    jobs = f"{curve.unseen:,} jobs" if curve.rows == curve.unseen else f"{curve.rows:,} of {curve.unseen:,} jobs"
    st.caption(
        f"At penalty {under_cost:g}: {chosen.under_pct:.1f} % of the jobs below their peak, {chosen.over_pct:.1f} % of "
        f"memory above the peaks. On the {jobs} after the fit, {minute(curve.since.isoformat())} to "
        f"{minute(curve.until.isoformat())} UTC."
    )


def curve_chart(points: pd.DataFrame, under_cost: float) -> alt.LayerChart | alt.FacetChart:
    """Under against over, a point for each penalty.

    Args:
        points: Columns as the attributes of `pareto.CurvePoint`, in the order of penalties.
        under_cost: The chosen penalty, one of them.
    """
    base = alt.Chart(points).encode(
        x=alt.X("over_pct:Q", title="memory above the peaks (% of the peaks)", scale=alt.Scale(zero=False)),
        y=alt.Y("under_pct:Q", title="jobs below their peak (%)"),
        tooltip=FIGURES,
    )
    line = base.mark_line(color=OTHER, point=alt.OverlayMarkDef(color=OTHER, size=40)).encode(order="under_cost:Q")
    presets = base.transform_filter("datum.preset != ''")
    named = presets.mark_point(color=OTHER, size=110, filled=True, shape="diamond")
    # A name on the right half stands above its point, so that a narrow window does not cut it.
    middle = float(points["over_pct"].min() + points["over_pct"].max()) / 2
    halves: tuple[tuple[str, Literal["left", "center"], int, int], ...] = (
        (f"datum.over_pct <= {middle}", "left", 8, -4),
        (f"datum.over_pct > {middle}", "center", 0, -20),
    )
    names = [
        presets.transform_filter(half)
        .mark_text(align=align, baseline="bottom", dx=dx, dy=dy, color=REQUEST, fontSize=12)
        .encode(text="preset:N")
        for half, align, dx, dy in halves
    ]
    chosen = base.transform_filter(f"datum.under_cost == {under_cost:g}").mark_point(
        color=RISK, size=260, strokeWidth=3, filled=False
    )
    return alt.layer(line, named, chosen, *names).properties(height=300)
