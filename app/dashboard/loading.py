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

from dashboard.words import plain
from resource_prediction.errors import ResourcePredictionError
from resource_prediction.models import DeployableModel
from warehouse.artifacts import artifact_path
from warehouse.faults import reader_faults
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
    with reader_faults(layout):
        return _load_rows(str(layout.store.resolve()), pointer.sha256, columns)


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
