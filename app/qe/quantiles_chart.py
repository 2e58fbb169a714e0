"""The quantiles of one job's predicted peak, as a chart. Not here: predicting them (the library)."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import OTHER
from dashboard.job_charts import GIB_AXIS, JOB_CHART_HEIGHT, mark_rules
from resource_prediction.distribution import Distribution
from resource_prediction.job_answers import predicted_spans, probability_below


def show_quantiles(distribution: Distribution, marks: Mapping[str, float]) -> None:
    """The predicted distribution as a fan: how probable a peak of at most so many GiB is."""
    spans = predicted_spans(distribution)
    st.altair_chart(
        quantiles_chart(probability_below(distribution), spans, marks),
        width="stretch",
        alt="How probable it is that the peak of this job is at most so many GiB, with its allocation and its request",
    )
    said = " and ".join(
        f"{share:.0f} % between {low:,.1f} and {high:,.1f} GiB" for share, low, high in spans.itertuples(index=False)
    )
    st.caption(f"Predicted: {said} (the wide and the narrow band).")


def quantiles_chart(
    below: pd.DataFrame, spans: pd.DataFrame, marks: Mapping[str, float]
) -> alt.LayerChart | alt.FacetChart:
    """The distribution function in steps, over bands of its middle.

    Args:
        below: As `job_answers.probability_below`.
        spans: As `job_answers.predicted_spans`.
        marks: GiB by name.
    """
    most_gib = 1.05 * max([*below["peak_gib"], *marks.values()])
    scale = alt.Scale(domain=[0, most_gib], nice=False)
    rules = mark_rules(marks, alt.X("gib:Q", title=GIB_AXIS, scale=scale))
    return alt.layer(_bands(spans, scale), _steps(below, most_gib, scale), rules).properties(height=JOB_CHART_HEIGHT)


def _bands(spans: pd.DataFrame, scale: alt.Scale) -> alt.Chart:
    bands: alt.Chart = (
        alt.Chart(spans)
        .mark_rect(color=OTHER, opacity=0.25)
        .encode(
            x=alt.X("low_gib:Q", title=GIB_AXIS, scale=scale),
            x2="high_gib:Q",
            tooltip=[
                alt.Tooltip("share_pct:Q", title="percent of the peaks", format=".0f"),
                alt.Tooltip("low_gib:Q", title="from GiB", format=".1f"),
                alt.Tooltip("high_gib:Q", title="to GiB", format=".1f"),
            ],
        )
    )
    return bands


def _steps(below: pd.DataFrame, most_gib: float, scale: alt.Scale) -> alt.Chart:
    ends = [pd.DataFrame({"peak_gib": [gib], "below_pct": [pct]}) for gib, pct in ((0.0, 0.0), (most_gib, 100.0))]
    line: alt.Chart = (
        alt.Chart(pd.concat([ends[0], below, ends[1]]))
        .mark_line(interpolate="step-after", color=OTHER, strokeWidth=2)
        .encode(
            x=alt.X("peak_gib:Q", title=GIB_AXIS, scale=scale),
            y=alt.Y("below_pct:Q", title="peak is at most this (%)", scale=alt.Scale(domain=[0, 100])),
            tooltip=[
                alt.Tooltip("peak_gib:Q", title="GiB", format=".1f"),
                alt.Tooltip("below_pct:Q", title="at most this (%)", format=".1f"),
            ],
        )
    )
    return line
