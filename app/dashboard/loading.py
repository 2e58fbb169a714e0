"""Loads that are kept between refreshes, each under the version of what it read. Not here: drawing, choosing a store.

The registry is small and read anew at each refresh, so that a promotion shows at once. What is large is named by a
digest: a published snapshot, a model. It is kept under that name, and another version is another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.words import plain
from resource_prediction.defaults import LABEL_DELAY
from resource_prediction.drift import LOOK_BACK, Drift, find_newest_drift
from resource_prediction.drift_measures import NUMBERS, WORDS
from resource_prediction.durations import parse_duration_us
from resource_prediction.errors import ResourcePredictionError
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.telemetry import LEARNING_COLUMNS
from resource_prediction.unseen_jobs import unseen_jobs
from resource_prediction.walk import Walk
from resource_prediction.waste import waste_by
from warehouse.artifacts import artifact_path
from warehouse.faults import reader_faults
from warehouse.layout import Layout
from warehouse.published import read_pointer, read_rows, read_snapshot
from warehouse.telemetry_report import newest_submission, rows_a_day

KEPT_MODELS, KEPT_TABLES = 6, 4
RECENT = timedelta(days=29)
"""How far back telemetry is looked at for waste: a store of years must not be read whole for a page."""


def load_model(layout: Layout, digest: str) -> DeployableModel:
    """A model of the store, shared by all sessions: nobody may `observe` with it.

    Raises:
        ArtifactError: It is missing, was changed, or is of other library versions.
    """
    return _load_model(str(artifact_path(layout, digest)))


def load_rows(layout: Layout, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """The accepted rows that are published now, a copy of its own for each caller.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    pointer = read_pointer(layout)
    with reader_faults(layout):
        return _load_rows(str(layout.store.resolve()), pointer.sha256, columns)


def load_walk(layout: Layout, digest: str) -> Walk:
    """The walk of a model through the published jobs that it has not seen, allocated once.

    Raises:
        ArtifactError: The model is missing, was changed, or is of other library versions.
        StoreError: Nothing is published, or it is damaged.
        ScoringError: No job came after its fit.
    """
    return _load_walk(str(layout.store.resolve()), read_pointer(layout).sha256, digest)


def load_rows_a_day(layout: Layout) -> tuple[pd.DataFrame, datetime | None]:
    """Rows by day, and when the newest job was submitted.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    return _load_rows_a_day(str(layout.store.resolve()), read_pointer(layout).sha256)


def load_drift(layout: Layout) -> Drift:
    """The newest day against the days before it.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    return _load_drift(str(layout.store.resolve()), read_pointer(layout).sha256)


def load_waste(layout: Layout) -> pd.DataFrame:
    """What requests of the last four weeks waste, by component and profile.

    Raises:
        StoreError: Nothing is published, or it is damaged.
    """
    return _load_waste(str(layout.store.resolve()), read_pointer(layout).sha256)


@contextmanager
def said_where_it_fails(what: str) -> Iterator[None]:
    """A part of a page that says what cannot be shown, and leaves the other parts alone."""
    try:
        yield
    except ResourcePredictionError as error:
        st.error(f"{what} cannot be shown. {plain(str(error))}", icon=":material/error:")


@st.cache_resource(max_entries=KEPT_MODELS, show_spinner="Loading the model")
def _load_model(folder: str) -> DeployableModel:
    return DeployableModel.load(Path(folder))


@st.cache_data(max_entries=KEPT_TABLES, show_spinner="Reading telemetry")
def _load_rows(store: str, manifest_sha256: str, columns: tuple[str, ...] | None) -> pd.DataFrame:
    layout = Layout(Path(store))
    return read_rows(read_snapshot(layout), columns)


@st.cache_resource(max_entries=KEPT_TABLES, show_spinner="Allocating for the jobs of the walk")
def _load_walk(store: str, manifest_sha256: str, digest: str) -> Walk:
    layout = Layout(Path(store))
    model = load_model(layout, digest)
    jobs = unseen_jobs(_load_rows(store, manifest_sha256, LEARNING_COLUMNS), model)
    return Walk.of(jobs, model.predict(jobs.rows), model.recipe.rule.under_cost)


@st.cache_data(max_entries=KEPT_TABLES, show_spinner="Counting rows")
def _load_rows_a_day(store: str, manifest_sha256: str) -> tuple[pd.DataFrame, datetime | None]:
    layout = Layout(Path(store))
    snapshot = read_snapshot(layout)
    return rows_a_day(layout, snapshot), newest_submission(layout, snapshot)


@st.cache_data(max_entries=KEPT_TABLES, show_spinner="Comparing the newest day")
def _load_drift(store: str, manifest_sha256: str) -> Drift:
    return find_newest_drift(_recent_rows(store, ("time", "is_twin", *WORDS, *NUMBERS), LOOK_BACK))


@st.cache_data(max_entries=KEPT_TABLES, show_spinner="Summing up requests")
def _load_waste(store: str, manifest_sha256: str) -> pd.DataFrame:
    rows = _recent_rows(store, LEARNING_COLUMNS, RECENT)
    return waste_by(rows, read_outcomes(rows, parse_duration_us(LABEL_DELAY)), ["component", "buildProfile"])


def _recent_rows(store: str, columns: tuple[str, ...], span: timedelta) -> pd.DataFrame:
    layout = Layout(Path(store))
    snapshot = read_snapshot(layout)
    newest = newest_submission(layout, snapshot)
    return read_rows(snapshot, columns, since=None if newest is None else newest - span)
