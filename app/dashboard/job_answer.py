"""The answer for one job: figures, and the past jobs behind it. Not here: its chart (a folder a kind of model)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.job_input import Job
from dashboard.past_rows import load_past_jobs
from resource_prediction.allocation import CAP_RISK
from resource_prediction.job_answers import JobAnswers
from resource_prediction.models import DeployableModel
from resource_prediction.savings import gib_saved
from resource_prediction.scoring import job_losses
from resource_prediction.summary.spreadsheet import neutral_table
from warehouse.layout import Layout

TIME = st.column_config.DatetimeColumn("submitted (UTC)", format="YYYY-MM-DD HH:mm")
SIMILAR_COLUMNS: dict[str, Any] = {
    "time": TIME,
    "alike": st.column_config.TextColumn("same", help="What it has in common with the job that was asked for."),
    "peak_gib": st.column_config.NumberColumn("peak (GiB)", format="%.1f"),
    "request_gib": st.column_config.NumberColumn("request (GiB)", format="%.1f"),
    "component": "component",
    "buildProfile": "build profile",
    "makeType": "make type",
    "targets": "targets",
    "branch": "branch",
    "distance": st.column_config.NumberColumn(
        "distance", format="%.2f", help="Mean difference of the features, in units of their spread; 0 is equal."
    ),
}


def job_marks(answers: JobAnswers, job: Job) -> dict[str, float]:
    """What a chart of one job marks, in GiB by name."""
    marks = {"allocation": float(answers.allocation_gib[0])}
    if not pd.isna(answers.request_gib[0]):
        marks["request"] = float(answers.request_gib[0])
    if job.peak_gib is not None:
        marks["real peak"] = job.peak_gib
    return marks


def show_figures(answers: JobAnswers, job: Job) -> None:
    """Allocation beside the request, risk and GiB saved; for a job that has run its peak and what came of it."""
    columns = st.columns(4 if job.peak_gib is None else 5)
    allocation_gib, saved_gib = float(answers.allocation_gib[0]), float(answers.saved_gib[0])
    columns[0].metric("Allocation", f"{allocation_gib:,.1f} GiB")
    columns[1].metric("Request", _gib(float(answers.request_gib[0])))
    columns[2].metric(
        "Predicted risk",
        f"{100 * answers.risk[0]:.1f} %",
        help="How probable it is, by the model, that the job needs more than its allocation.",
    )
    columns[3].metric("Saved, if it fits", _gib(saved_gib), help="Request less allocation.")
    if answers.is_capped[0]:
        st.caption(
            f"The request is the cap: at most {CAP_RISK:.1%} of the past jobs needed more in relation to theirs, so "
            "the risk is no higher than that, whatever the distribution below says."
        )
    if job.peak_gib is not None:
        columns[4].metric("Real peak", f"{'at least ' if job.is_censored else ''}{job.peak_gib:,.1f} GiB")
        st.markdown(_what_came(answers, job, job.peak_gib))


def show_similar(layout: Layout, model: DeployableModel, job: Job) -> None:
    """The five past jobs that are most like this one.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    st.subheader("Similar jobs")
    similar = load_past_jobs(layout, model.recipe.label_delay_us).similar(model, [job.row])
    if similar.empty:
        st.info("No job had a known peak before the model's fit and this submission.")
        return
    shown = [name for name in SIMILAR_COLUMNS if name in similar]
    st.dataframe(neutral_table(similar[shown]), hide_index=True, column_config=SIMILAR_COLUMNS, key="similar")
    st.caption(
        "The nearest by the model's features, of the same configuration (profile, make type, targets, component) "
        "first, then of the same profile; only jobs whose peak was known when the model was fitted."
    )


def _gib(value: float) -> str:
    return "none" if pd.isna(value) else f"{value:,.1f} GiB"


def _what_came(answers: JobAnswers, job: Job, peak_gib: float) -> str:
    is_under, excess_gib = job_losses([peak_gib], answers.allocation_gib, censored=[job.is_censored])
    saved_gib = gib_saved([peak_gib], answers.allocation_gib, answers.request_gib, censored=[job.is_censored])
    saved = "" if saved_gib is None else f" Saved against the request: {saved_gib:,.1f} GiB."
    if is_under[0]:
        short = "" if job.is_censored else f", {peak_gib - answers.allocation_gib[0]:,.1f} GiB below its peak"
        return f"**Under-allocated**{short}: it would run again at its request.{saved}"
    return f"**It fits**, with {excess_gib[0]:,.1f} GiB above its peak.{saved}"
