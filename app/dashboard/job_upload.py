"""A CSV of jobs: answers as a table to download, bad lines with their reasons. Not here: reading it (warehouse)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

import pandas as pd
import streamlit as st

from resource_prediction.features.raw_rows import NUMBER_COLUMNS, REQUIRED_COLUMNS, TEXT_COLUMNS
from resource_prediction.job_answers import JobAnswers, answer_jobs, answer_table
from resource_prediction.models import DeployableModel
from resource_prediction.summary.spreadsheet import neutral_table, spreadsheet_csv
from warehouse.uploads import MOST_ROWS, UploadedJobs, read_upload

ANSWER_COLUMNS = {
    "allocation_gib": st.column_config.NumberColumn("allocation (GiB)", format="%.1f"),
    "risk_pct": st.column_config.NumberColumn("risk (%)", format="%.1f"),
    "request_gib": st.column_config.NumberColumn("request (GiB)", format="%.1f"),
    "saved_gib": st.column_config.NumberColumn("saved, if it fits (GiB)", format="%.1f"),
}
SHOWN_ROWS = 1_000


def show_upload(model: DeployableModel, under_cost: float) -> None:
    """Ask for a file and answer for its rows.

    Raises:
        MissingColumnError: The file lacks a column that every prediction needs.
        SourceError: It is no table, or too long.
    """
    optional = [*TEXT_COLUMNS, *NUMBER_COLUMNS]
    file = st.file_uploader(
        "CSV of jobs to be submitted",
        type=["csv", "txt"],
        key="upload",
        help=f"UTF-8, a header, comma, semicolon or tab. Needed: {', '.join(REQUIRED_COLUMNS)}; read as well: "
        f"{', '.join(name for name in optional if name not in REQUIRED_COLUMNS)}. At most {MOST_ROWS:,} rows.",
    )
    if file is None:
        st.caption(
            "Columns as in the telemetry, in any order; others are ignored. Nothing of the file is kept: it is "
            "answered in memory, and gone with this page."
        )
        return
    content = file.getvalue()
    jobs = _read(content, file.name)
    _show_bad_lines(jobs)
    if len(jobs.rows):
        _show_age(jobs, model)
        answers = _answer(hashlib.sha256(content).hexdigest(), model.digest, under_cost, jobs.rows, model)
        _show_answers(jobs.rows, answers)
    elif not jobs.bad:
        st.info("The file has a header and no rows.")


def _show_bad_lines(jobs: UploadedJobs) -> None:
    if not jobs.bad:
        return
    st.warning(f"{len(jobs.bad):,} lines have no answer, as they break the contract:", icon=":material/rule:")
    table = pd.DataFrame([asdict(line) for line in jobs.bad])
    st.dataframe(neutral_table(table.head(SHOWN_ROWS)), hide_index=True, key="bad_lines")


def _show_age(jobs: UploadedJobs, model: DeployableModel) -> None:
    count = int(model.is_older(jobs.rows).sum())
    if count:
        st.info(f"{count:,} jobs were submitted before the model's fit, so it uses less or no history for them.")


def _show_answers(rows: pd.DataFrame, answers: JobAnswers) -> None:
    table = answer_table(rows, answers)
    asked = table["request_gib"].notna()
    compared = table[asked] if asked.any() else table
    first, second, third, fourth = st.columns(4)
    first.metric("Jobs", f"{len(table):,}")
    second.metric("Allocated", f"{compared['allocation_gib'].sum():,.0f} GiB")
    third.metric("Requested", f"{compared['request_gib'].sum():,.0f} GiB" if asked.any() else "none")
    fourth.metric("Expected below their peak", f"{table['risk_pct'].sum() / 100:,.1f} jobs", help="Sum of the risks.")
    if len(compared) < len(table):
        without = len(table) - len(compared)
        st.caption(f"Allocated and Requested are of the jobs with a request; {without:,} without one are left out.")
    order = ["line", *ANSWER_COLUMNS, *(name for name in rows if name != "line")]
    shown = neutral_table(table.head(SHOWN_ROWS)[order])
    st.dataframe(shown, hide_index=True, column_config=ANSWER_COLUMNS, key="answers")
    if len(table) > SHOWN_ROWS:
        st.caption(f"The first {SHOWN_ROWS:,} of {len(table):,} rows; the download has all of them.")
    st.download_button(
        "Download all as CSV",
        spreadsheet_csv(table),
        file_name="allocations.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


@st.cache_data(max_entries=4, show_spinner="Reading the file")
def _read(content: bytes, name: str) -> UploadedJobs:
    return read_upload(content, name)


@st.cache_data(max_entries=4, show_spinner="Predicting")
def _answer(sha256: str, digest: str, under_cost: float, _rows: pd.DataFrame, _model: DeployableModel) -> JobAnswers:
    del sha256, digest  # what the answer is kept under
    return answer_jobs(_model, _rows, under_cost)
