"""What the Predict page takes from telemetry, kept under the version that it is from. Not here: answers, widgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.loading import load_rows
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.similar_jobs import PastJobs
from resource_prediction.telemetry import LEARNING_COLUMNS
from resource_prediction.unseen_curve import UnseenCurve, unseen_curve
from resource_prediction.unseen_jobs import UnseenJobs, unseen_jobs
from warehouse.faults import reader_faults
from warehouse.known_values import known_values, newest_submission
from warehouse.layout import Layout
from warehouse.published import read_job, read_pointer, read_snapshot

RECENT_JOBS = 200
"""Jobs that one can pick: the newest."""


def load_known_values(layout: Layout) -> dict[str, tuple[Any, ...]]:
    """Values of each field in what is published now.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    with reader_faults(layout):
        return _known_values(*_version(layout))


def load_newest_submission(layout: Layout) -> dict[str, Any]:
    """The newest published job as it was submitted; empty without rows.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    with reader_faults(layout):
        return _newest_submission(*_version(layout))


def load_past_jobs(layout: Layout, label_delay_us: int) -> PastJobs:
    """Finished jobs to search for similar ones, shared by all sessions.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    return _past_jobs(*_version(layout), label_delay_us)


def load_recent_jobs(layout: Layout, model: DeployableModel) -> UnseenJobs:
    """The newest scored jobs that a model has not seen, the newest first.

    Raises:
        ScoringError: There is none.
        StoreError: Nothing is published, or it is damaged.
    """
    return _recent_jobs(*_version(layout), model.digest, model)


def load_job(layout: Layout, atom_id: str, label_delay_us: int) -> UnseenJobs | None:
    """The published job of an id, with its peak where that is final; None without such a row.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    with reader_faults(layout):
        rows = read_job(read_snapshot(layout), atom_id)
    if rows.empty:
        return None
    outcomes = read_outcomes(rows, label_delay_us)
    peak_gib = np.where(outcomes.is_scored, outcomes.peak_gib, np.nan)
    return UnseenJobs(rows[list(LEARNING_COLUMNS)], peak_gib, outcomes.memreq_gib, outcomes.is_censored)


def load_curve(layout: Layout, model: DeployableModel) -> UnseenCurve:
    """The curve of a model on the jobs that it has not seen.

    Raises:
        ScoringError: There is no such job.
        StoreError: Nothing is published, or it is damaged.
    """
    return _curve(*_version(layout), model.digest, model)


def _version(layout: Layout) -> tuple[str, str]:
    return str(layout.store.resolve()), read_pointer(layout).sha256


@st.cache_data(max_entries=2, show_spinner="Reading the values of each field")
def _known_values(store: str, manifest_sha256: str) -> dict[str, tuple[Any, ...]]:
    del manifest_sha256  # what the answer is kept under
    return known_values(read_snapshot(Layout(Path(store))))


@st.cache_data(max_entries=2, show_spinner=False)
def _newest_submission(store: str, manifest_sha256: str) -> dict[str, Any]:
    del manifest_sha256
    return newest_submission(read_snapshot(Layout(Path(store))))


@st.cache_resource(max_entries=2, show_spinner="Reading past jobs")
def _past_jobs(store: str, manifest_sha256: str, label_delay_us: int) -> PastJobs:
    del manifest_sha256
    return PastJobs.build(load_rows(Layout(Path(store)), LEARNING_COLUMNS), label_delay_us)


@st.cache_data(max_entries=4, show_spinner="Reading recent jobs")
def _recent_jobs(store: str, manifest_sha256: str, digest: str, _model: DeployableModel) -> UnseenJobs:
    del manifest_sha256, digest
    unseen = unseen_jobs(load_rows(Layout(Path(store)), LEARNING_COLUMNS), _model)
    return unseen.newest(RECENT_JOBS)


@st.cache_data(max_entries=4, show_spinner="Scoring the model at other penalties")
def _curve(store: str, manifest_sha256: str, digest: str, _model: DeployableModel) -> UnseenCurve:
    del manifest_sha256, digest
    return unseen_curve(_model, load_rows(Layout(Path(store)), LEARNING_COLUMNS))
