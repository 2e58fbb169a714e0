"""What stands around every page: which store, whether it is synthetic, whether a run works. Not here: a page."""

from __future__ import annotations

import streamlit as st

from dashboard.loading import said_where_it_fails
from resource_prediction.demo_farm import SYNTHETIC_NOTE
from warehouse.layout import Layout
from warehouse.overview import Overview, read_overview

STORE, OVERVIEW = "store", "overview"


def show_frame(layout: Layout) -> None:
    """Read the store's past once for this refresh, and tell in the side bar where it is from."""
    overview = None
    with said_where_it_fails("The store's past"):
        overview = read_overview(layout)
    st.session_state[STORE], st.session_state[OVERVIEW] = layout, overview
    with st.sidebar:
        st.caption(f"Store: `{layout.store}`")
        if st.button("Refresh", icon=":material/refresh:", width="stretch"):
            st.rerun()
        if overview is not None and overview.running is not None:
            st.caption(
                f"Run {overview.running.run_id} is at work since {overview.running.started_at:%Y-%m-%d %H:%M} UTC."
            )
    if overview is not None and overview.is_synthetic:
        st.warning(SYNTHETIC_NOTE, icon=":material/science:")


def shown_store() -> tuple[Layout, Overview]:
    """The store of this refresh and its past; ends the page where the past cannot be read, which the frame has said."""
    overview: Overview | None = st.session_state[OVERVIEW]
    if overview is None:
        st.stop()
    layout: Layout = st.session_state[STORE]
    return layout, overview
