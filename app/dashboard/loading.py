"""Loads that are kept between refreshes, each under the version of what it read. Not here: drawing, choosing a store.

The registry is small and read anew at each refresh, so that a promotion shows at once. What is large is named by a
digest: a published snapshot, a model. It is kept under that name, and another version is another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import streamlit as st

from resource_prediction.errors import ResourcePredictionError
from resource_prediction.models import DeployableModel
from resource_prediction.telemetry import LEARNING_COLUMNS
from resource_prediction.unseen_jobs import unseen_jobs
from resource_prediction.walk import Walk
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import read_pointer, read_rows, read_snapshot

KEPT_MODELS, KEPT_TABLES = 6, 4


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
    return _load_rows(str(layout.store.resolve()), pointer.sha256, columns)


def load_walk(layout: Layout, digest: str) -> Walk:
    """The walk of a model through the published jobs that it has not seen, allocated once.

    Raises:
        ArtifactError: The model is missing, was changed, or is of other library versions.
        StoreError: Nothing is published, or it is damaged.
        ScoringError: No job came after its fit.
    """
    return _load_walk(str(layout.store.resolve()), read_pointer(layout).sha256, digest)


@contextmanager
def said_where_it_fails(what: str) -> Iterator[None]:
    """A part of a page that says what cannot be shown, and leaves the other parts alone."""
    try:
        yield
    except ResourcePredictionError as error:
        st.error(f"{what} cannot be shown. {error}", icon=":material/error:")


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
