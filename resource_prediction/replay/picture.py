"""The picture of a replay: the score of each policy, period by period. Not here: figures, the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resource_prediction.evaluation import MEMREQ, ROLLING_MAX
from resource_prediction.replay.results import NIGHTLY
from resource_prediction.summary.picture import ALLOCATION, METADATA, UNDER

FAMILY, BASELINE = "#999999", "#222222"
NAMED: dict[str, tuple[str, str, float, str, str]] = {
    MEMREQ: (BASELINE, "--", 1.5, "s", "the requests as they are"),
    ROLLING_MAX: (UNDER, ":", 1.5, "D", "maximum of each profile's last 20"),
    NIGHTLY: (ALLOCATION, "-", 2.5, "o", "nightly: the champion of each day"),
}
"""Colour, line, width, marker and label; they differ in more than colour."""


def render_scores(periods: Sequence[Mapping[str, Any]], policies: Sequence[str]) -> bytes:
    """Draw the picture as SVG; equal figures give equal bytes.

    Args:
        periods: ``from``, ``rows`` and ``scores`` of each, as the result of a replay has them.
        policies: Names, in the order of drawing.
    """
    style: dict[Any, Any] = {
        "svg.hashsalt": "replay",
        "svg.fonttype": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(9.0, 4.2), layout="constrained")
        axes = figure.add_subplot()
        _plot(axes, periods, policies)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0, fontsize=9)
        drawn = BytesIO()
        figure.savefig(drawn, format="svg", metadata=METADATA[".svg"])
    return drawn.getvalue()


def _plot(axes: Axes, periods: Sequence[Mapping[str, Any]], policies: Sequence[str]) -> None:
    at = np.arange(len(periods))
    families = [policy for policy in policies if policy not in NAMED]
    for number, policy in enumerate(families):
        label = "each family" if number == 0 else None
        axes.plot(at, _scores(periods, policy), color=FAMILY, linewidth=1, marker=".", alpha=0.7, label=label)
    for policy, (color, line, width, marker, label) in NAMED.items():
        if policy in policies:
            axes.plot(at, _scores(periods, policy), line, color=color, linewidth=width, marker=marker, label=label)
    every = max(1, len(periods) // 10)
    axes.set_xticks(at[::every], [_tick(period) for period in periods[::every]])
    axes.set(ylim=(0, None), xlim=(-0.3, len(periods) - 0.7), ylabel="business score, lower is better")


def _scores(periods: Sequence[Mapping[str, Any]], policy: str) -> list[float]:
    scores = (period["scores"][policy] for period in periods)
    return [float("nan") if score is None else score for score in scores]


def _tick(period: Mapping[str, Any]) -> str:
    day, clock = period["from"].split("T")
    return f"{day}{'' if clock == '00:00:00' else f' {clock[:5]}'}\n{period['rows']:,} jobs"
