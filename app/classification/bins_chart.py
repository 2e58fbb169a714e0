"""The memory bins of a classification model for one job, as a chart. Not here: their probabilities (the library)."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import OTHER
from dashboard.job_charts import GIB_AXIS, JOB_CHART_HEIGHT, mark_rules
from resource_prediction.distribution import Distribution
from resource_prediction.job_answers import bin_probabilities
from resource_prediction.models import DeployableModel


def show_bins(model: DeployableModel, distribution: Distribution, marks: Mapping[str, float]) -> None:
    """A bar for each bin: from where to where, and how probable.

    Raises:
        DistributionError: The model is no classification model.
    """
    bins = bin_probabilities(model, distribution)
    st.altair_chart(
        bins_chart(bins, marks),
        width="stretch",
        alt="Probability of each memory bin for this job, with its allocation and its request",
    )
    likeliest = bins.iloc[int(bins["probability_pct"].argmax())]
    st.caption(
        f"{len(bins)} bins; the likeliest is {likeliest.low_gib:,.1f} to {likeliest.high_gib:,.1f} GiB with "
        f"{likeliest.probability_pct:.0f} %. The allocation comes from all of them: what a GiB too much and a job "
        "below its peak cost."
    )


def bins_chart(bins: pd.DataFrame, marks: Mapping[str, float]) -> alt.LayerChart | alt.FacetChart:
    """Bins as bars over GiB on a logarithmic axis.

    Args:
        bins: As `job_answers.bin_probabilities`.
        marks: GiB by name.
    """
    ends = [*bins["low_gib"], *bins["high_gib"], *marks.values()]
    scale = alt.Scale(type="log", domain=[0.95 * min(ends), 1.05 * max(ends)], nice=False)
    axis = alt.Axis(grid=False, format=",.3~g", labelOverlap=True)
    bars = (
        alt.Chart(bins.assign(floor=0.0))
        .mark_rect(color=OTHER, opacity=0.6, stroke=OTHER)
        .encode(
            x=alt.X("low_gib:Q", title=GIB_AXIS, scale=scale, axis=axis),
            x2="high_gib:Q",
            y=alt.Y("probability_pct:Q", title="probability (%)"),
            y2="floor:Q",
            tooltip=[
                alt.Tooltip("low_gib:Q", title="above GiB", format=".1f"),
                alt.Tooltip("high_gib:Q", title="up to GiB", format=".1f"),
                alt.Tooltip("probability_pct:Q", title="probability (%)", format=".1f"),
            ],
        )
    )
    rules = mark_rules(marks, alt.X("gib:Q", title=GIB_AXIS, scale=scale, axis=axis))
    return alt.layer(bars, rules).properties(height=JOB_CHART_HEIGHT)
