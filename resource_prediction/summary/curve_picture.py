"""The curve between the presets as a picture, as bytes. Not here: its points, writing files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from resource_prediction.pareto import CurvePoint
from resource_prediction.scoring import Score
from resource_prediction.summary.picture import ALLOCATION, PEAK, REQUEST, UNDER, draw

BASELINES = (("s", REQUEST), ("D", UNDER))
"""Marker and colour of each fixed policy, in the order they are given."""


def render_curve(
    curve: Sequence[CurvePoint], text: str, suffix: str, *, baselines: Mapping[str, Score | None] | None = None
) -> bytes:
    """Draw under-allocation against waste; equal points give equal bytes.

    Args:
        curve: Points of one model.
        text: Below the picture; empty for none.
        suffix: ``.svg`` or ``.png``.
        baselines: Fixed policies on the same jobs by name, at most two; one that does not exist is None.
    """
    return draw(lambda axes: _plot(axes, curve, baselines or {}), text, suffix)


def _plot(axes: Axes, curve: Sequence[CurvePoint], baselines: Mapping[str, Score | None]) -> None:
    axes.plot(
        [point.over_pct for point in curve],
        [point.under_pct for point in curve],
        ".-",
        color=ALLOCATION,
        linewidth=2,
        label="the model at other penalties",
    )
    for (name, score), (marker, colour) in zip(baselines.items(), BASELINES, strict=False):
        if score is not None:
            axes.plot(score.over_pct, score.under_pct, marker, color=colour, mec=PEAK, label=name, clip_on=False)
    for point in curve:
        if point.preset:
            label = f"{point.preset} ({point.under_cost:g})"
            where = (point.over_pct, point.under_pct)
            axes.annotate(label, where, xytext=(8, 8), textcoords="offset points", fontsize=9)
            axes.plot(*where, "o", color=ALLOCATION, markersize=8, clip_on=False)
    axes.set(xlim=(0, None), ylim=(0, None))
    axes.set_xlabel("memory above the peaks, in percent of the peaks")
    axes.set_ylabel("jobs that got less than their peak, percent")
