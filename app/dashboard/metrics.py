"""A row of figures that wraps in a narrow window. Not here: what they are."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

WIDTH_PX = 150
"""Five stand in a row of a usual window, two on a telephone."""


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        label: What it is.
        value: As it is shown, with its unit.
        help: What it means; None where the label says it.
        caption: What it is of; empty where that is clear.
        width_px: More than usual where the value is a text.
    """

    label: str
    value: str
    help: str | None = None
    caption: str = ""
    width_px: int = WIDTH_PX


def show_metrics(*metrics: Metric) -> None:
    """Figures side by side, as many as fit."""
    with st.container(horizontal=True):
        for metric in metrics:
            with st.container(width=metric.width_px, gap="xxsmall"):
                st.metric(metric.label, metric.value, help=metric.help)
                if metric.caption:
                    st.caption(metric.caption)
