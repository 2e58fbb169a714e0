"""A picture of allocations beside requests and peaks, as bytes. Not here: choosing the jobs, writing files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.scoring import Score, business_score, job_losses

DRAWN_JOBS = 1_000
"""More would only be drawn over one another; the figures below the picture count every job."""

METADATA: dict[str, dict[str, None]] = {".svg": {"Date": None, "Creator": None}, ".png": {"Software": None}}
"""What each format would write of the clock and the drawing library; left out, so that equal jobs give equal bytes."""

REQUEST, ALLOCATION, PEAK, UNDER = "#d0d0d0", "#0072b2", "#222222", "#d55e00"
"""Grey, and colours of Okabe and Ito (2008), which colour-blind people tell apart; marked jobs have a shape too."""


@dataclass(frozen=True)
class Jobs:
    """Jobs of a hold-out in the order of allocation, then of request; shape (n,) each.

    Attributes:
        request_gib: What people asked for, NaN where nobody did.
        allocation_gib: What the model would have given, ascending.
        peak_gib: What the jobs took.
        is_under: Whether the allocation was too small.
        is_censored: Whether the peak is only "at least this".
        times: When they were submitted.
    """

    request_gib: FloatArray
    allocation_gib: FloatArray
    peak_gib: FloatArray
    is_under: BoolArray
    is_censored: BoolArray
    times: pd.Series

    @classmethod
    def sort(
        cls,
        *,
        request_gib: FloatArray,
        allocation_gib: FloatArray,
        peak_gib: FloatArray,
        is_censored: BoolArray,
        times: pd.Series,
    ) -> Jobs:
        """Bring jobs into the order of the picture; arguments as the attributes, in any order of the jobs."""
        is_under, _ = job_losses(peak_gib, allocation_gib, censored=is_censored)
        order = np.lexsort((request_gib, allocation_gib))
        return cls(
            request_gib=request_gib[order],
            allocation_gib=allocation_gib[order],
            peak_gib=peak_gib[order],
            is_under=is_under[order],
            is_censored=is_censored[order],
            times=times.iloc[order],
        )

    def score(self, allocation_gib: FloatArray, under_cost: float) -> Score:
        """Business score of allocations for these jobs."""
        return business_score(self.peak_gib, allocation_gib, under_cost, censored=self.is_censored)


def render(jobs: Jobs, text: str, suffix: str) -> bytes:
    """Draw the picture; equal jobs give equal bytes.

    Args:
        jobs: What to draw.
        text: Below the picture; empty for none.
        suffix: ``.svg`` or ``.png``.
    """
    return draw(lambda axes: _plot(axes, jobs), text, suffix)


def draw(plot: Callable[[Axes], None], text: str, suffix: str) -> bytes:
    """Draw one plot in the style of all our pictures; equal values give equal bytes.

    Args:
        plot: Draws onto the axes.
        text: Below the picture; empty for none.
        suffix: ``.svg`` or ``.png``.
    """

    def plot_alone(figure: Figure) -> None:
        axes = figure.add_subplot()
        plot(axes)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderpad=0, fontsize=9)

    return draw_figure(plot_alone, text, suffix, (9.0, 5.0))


def draw_figure(plot: Callable[[Figure], None], text: str, suffix: str, inches: tuple[float, float]) -> bytes:
    """Draw panels in the style of all our pictures; equal values give equal bytes.

    Args:
        plot: Draws onto the figure.
        text: Below the picture; empty for none.
        suffix: ``.svg`` or ``.png``.
        inches: Width and height.
    """
    style: dict[Any, Any] = {
        "svg.hashsalt": "allocations",
        "svg.fonttype": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=inches, layout="constrained")
        plot(figure)
        if text:
            figure.supxlabel(text, x=0.01, ha="left", fontsize=8.5)
        drawn = BytesIO()
        figure.savefig(drawn, format=suffix[1:], dpi=120, metadata=METADATA[suffix])
    return drawn.getvalue()


def _plot(axes: Axes, jobs: Jobs) -> None:
    spread = np.linspace(0, len(jobs.peak_gib) - 1, DRAWN_JOBS).round().astype(np.intp)
    drawn = np.union1d(spread, np.flatnonzero(jobs.is_under))
    place = 100 * (drawn + 0.5) / len(jobs.peak_gib)
    peak_gib, allocation_gib, is_under = jobs.peak_gib[drawn], jobs.allocation_gib[drawn], jobs.is_under[drawn]
    axes.fill_between(
        place, np.nan_to_num(jobs.request_gib[drawn]), color=REQUEST, linewidth=0, label="requested by people"
    )
    axes.fill_between(place, allocation_gib, color=ALLOCATION, alpha=0.25, linewidth=0)
    axes.plot(place, allocation_gib, color=ALLOCATION, linewidth=2, label="allocated by the model")
    axes.plot(place[~is_under], peak_gib[~is_under], ".", color=PEAK, markersize=4, mew=0, label="peak of a job")
    axes.plot(place[is_under], peak_gib[is_under], "^", color=UNDER, markersize=6, label="peak above its allocation")
    axes.set(xlim=(0, 100), ylim=(0, None), ylabel="memory of a job, GiB")
    axes.set_xlabel("jobs, from the smallest allocation to the largest")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0f} %"))
