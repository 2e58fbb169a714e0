"""The slider between the presets, in step with the list of models. Not here: the curve, what a penalty means."""

from __future__ import annotations

import streamlit as st

from dashboard.model_offer import Offer
from resource_prediction.allocation import PRESETS, under_cost_of
from resource_prediction.pareto import UNDER_COSTS

PENALTY = "under_cost"

_PRESET_COSTS = sorted(rule.under_cost for rule in PRESETS.values())
PENALTIES = tuple(cost for cost in UNDER_COSTS if _PRESET_COSTS[0] <= cost <= _PRESET_COSTS[-1])
"""What the slider offers: penalties of the curve between the outermost presets, so that each is a point on it."""


def follow_offer(offer: Offer) -> None:
    """Put the slider where a preset is that was just chosen in the list."""
    if offer.preset:
        st.session_state[PENALTY] = under_cost_of(offer.preset)


def show_penalty(offer: Offer, model_key: str, offered: list[Offer]) -> float:
    """The slider; where it meets a preset, the list follows.

    Args:
        offer: What is chosen in the list, with a preset.
        model_key: Key of the list, whose values are titles.
        offered: What is in the list.
    """
    st.session_state.setdefault(PENALTY, under_cost_of(offer.preset))

    def follow_slider() -> None:
        cost = st.session_state[PENALTY]
        for each in offered:
            if each.preset and under_cost_of(each.preset) == cost:
                st.session_state[model_key] = each.title

    under_cost: float = st.select_slider(
        "Penalty for a job below its peak",
        PENALTIES,
        key=PENALTY,
        format_func=lambda cost: f"{cost:g}",
        on_change=follow_slider,
        help="How many points each percent of jobs below their peak costs, against one point for each percent of "
        "memory above the peaks. The model stays the same: nothing is fitted again.",
    )
    return under_cost
