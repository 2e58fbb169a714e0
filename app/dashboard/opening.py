"""Which store the dashboard reads: `-- --store DIR`, else what the settings say. Not here: reading it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from resource_prediction.errors import ResourcePredictionError
from warehouse.layout import Layout
from warehouse.settings import Settings
from warehouse.store import check_place


def asked_store(arguments: Sequence[str]) -> Path | None:
    """The folder that the command line names after `--`; None where it names none.

    Raises:
        ValueError: The arguments are not understood.
    """
    parser = argparse.ArgumentParser(prog="streamlit run app/app.py --", add_help=False, exit_on_error=False)
    parser.add_argument("--store", type=Path)
    try:
        known, rest = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise ValueError(str(error)) from error
    if rest:
        raise ValueError(f"unknown argument {rest[0]}")
    store: Path | None = known.store
    return store


def open_layout() -> Layout:
    """The store of this session; where there is none to be found, says so and ends the page.

    It is looked for anew at each refresh: the own store takes over from the demo's as soon as it has a champion.
    """
    try:
        layout = Layout(asked_store(sys.argv[1:]) or Settings().store_to_read())
        check_place(layout)
    except ValueError as error:
        st.error(f"{error}. Start with `streamlit run app/app.py -- --store DIR`.")
        st.stop()
    except ResourcePredictionError as error:
        st.error(str(error))
        st.stop()
    return layout
