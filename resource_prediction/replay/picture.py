"""The pictures of a replay: policies as bars, and their scores period by period. Not here: figures, the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resource_prediction.evaluation import MEMREQ, ROLLING_MAX
from resource_prediction.replay.results import NIGHTLY, by_score
from resource_prediction.summary.picture import ALLOCATION, METADATA, UNDER

FAMILY, BASELINE = "#999999", "#222222"
NAMED: dict[str, tuple[str, str, float, str, str]] = {
    MEMREQ: (BASELINE, "--", 1.5, "s", "the requests as they are"),
    ROLLING_MAX: (UNDER, ":", 1.5, "D", "maximum of each profile's last 20"),
    NIGHTLY: (ALLOCATION, "-", 2.5, "o", "nightly: the champion of each day"),
}
"""Colour, line, width, marker and label; they differ in more than colour."""


def render_policies(policies: Mapping[str, Mapping[str, Any] | None], under_cost: float) -> bytes:
    """Draw what makes each policy's score, the lowest on top, as SVG; equal figures give equal bytes.

    Args:
        policies: Figures by name, as the result of a replay has them; those without figures are left out.
        under_cost: Penalty of the score.
    """
    shown = [(name, values) for name, values in by_score(policies) if values is not None]
    return _draw(lambda axes: _plot_bars(axes, shown, under_cost), height=0.6 + 0.32 * len(shown))


def render_scores(periods: Sequence[Mapping[str, Any]], policies: Sequence[str]) -> bytes:
    """Draw the scores of each period as SVG; equal figures give equal bytes.

    Args:
        periods: ``from``, ``rows`` and ``scores`` of each, as the result of a replay has them.
        policies: Names, in the order of drawing.
    """
    return _draw(lambda axes: _plot_lines(axes, periods, policies), height=4.2)


def _draw(plot: Callable[[Axes], None], height: float) -> bytes:
    style: dict[Any, Any] = {
        "svg.hashsalt": "replay",
        "svg.fonttype": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(9.0, height), layout="constrained")
        axes = figure.add_subplot()
        plot(axes)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0, fontsize=9)
        drawn = BytesIO()
        figure.savefig(drawn, format="svg", metadata=METADATA[".svg"])
    return drawn.getvalue()


def _plot_bars(axes: Axes, policies: Sequence[tuple[str, Mapping[str, Any]]], under_cost: float) -> None:
    names = [name for name, _ in policies]
    over = np.array([values["over_pct"] for _, values in policies])
    under = np.array([under_cost * values["under_pct"] for _, values in policies])
    axes.barh(names, over, color=ALLOCATION, label="memory above the peaks, % of the peaks")
    points = f"jobs below their peak, {under_cost:g} points for each %"
    axes.barh(names, under, left=over, color=UNDER, hatch="//", edgecolor="white", linewidth=0, label=points)
    for at, values in enumerate(value for _, value in policies):
        axes.annotate(f"{values['score']:.1f}", (values["score"], at), (4, 0), textcoords="offset points", va="center")
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() == NIGHTLY else "normal")
    axes.set(xlim=(0, 1.08 * float((over + under).max(initial=1.0))), xlabel="business score, lower is better")


def _plot_lines(axes: Axes, periods: Sequence[Mapping[str, Any]], policies: Sequence[str]) -> None:
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
