"""Draw what a model would have allocated on its hold-out, beside the peaks and the requests."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.baselines import request_allocation
from resource_prediction.demo_farm import SYNTHETIC_NOTE
from resource_prediction.errors import ResourcePredictionError, StoreError
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.savings import gib_saved
from resource_prediction.scoring import Score, business_score, job_losses
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot
from warehouse.registry import Registry
from warehouse.store import open_store

DRAWN_JOBS = 1_000
"""More would only be drawn over one another; the figures below the picture count every job."""

METADATA: dict[str, dict[str, None]] = {".svg": {"Date": None, "Creator": None}, ".png": {"Software": None}}
"""What each format would write of the clock and the drawing library; left out, so that equal jobs give equal bytes."""

EXAMPLE = "example: python benchmarks/picture.py --store var/own --out docs/img/allocations.svg"

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

    def score(self, allocation_gib: FloatArray, under_cost: float) -> Score:
        """Business score of allocations for these jobs."""
        return business_score(self.peak_gib, allocation_gib, under_cost, censored=self.is_censored)


def main() -> int:
    """Draw the picture; returns the exit status."""
    parser = _parser()
    asked = parser.parse_args()
    if asked.out.suffix not in METADATA:
        parser.error(f"--out: got {asked.out}; expected a name that ends in {' or '.join(METADATA)}")
    try:
        layout = Layout(asked.store)
        model = DeployableModel.load(judged_artifact(layout, asked.family))
        jobs = hold_out(layout, model)
        telemetry = open_store(layout).telemetry or {}
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return 2
    origin = SYNTHETIC_NOTE if telemetry.get("kind") == "demo" else "Real rows."
    text = caption(jobs, model, origin)
    draw(jobs, text, asked.out)
    print(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, required=True, metavar="DIR", help="a store that a run has made")
    parser.add_argument("--family", metavar="NAME", help="its newest judged fit (default: the champion's)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="an .svg or .png file")
    return parser


def judged_artifact(layout: Layout, family: str | None) -> Path:
    """The artifact that was fitted before the hold-out, so that no job of the picture was in its fit.

    Raises:
        StoreError: The store has no such fit.
    """
    with Registry.read(layout) as registry:
        champion = registry.champion()
        fit = registry.fits.newest(family, "judged") if family else None
    if fit is not None:
        return artifact_path(layout, fit.digest)
    if champion is not None and family is None:
        return artifact_path(layout, champion.judged_digest)
    raise StoreError(
        f"store {layout.store}",
        got=f"no judged fit of {family}" if family else "no champion",
        expected="a store in which a run has fitted it",
        next_step="Run `python flows/train.py` with this --store first.",
    )


def hold_out(layout: Layout, model: DeployableModel) -> Jobs:
    """The scored jobs submitted after the model's cut-off, with what it allocates for their raw rows.

    Raises:
        StoreError: Nothing is published, or there is no such job.
    """
    since = datetime(1970, 1, 1) + timedelta(microseconds=model.facts.trained_until_us)  # noqa: DTZ001 - as telemetry
    rows = read_rows(read_snapshot(layout), since=since)
    outcomes = read_outcomes(rows, model.recipe.label_delay_us)
    scored = outcomes.is_scored
    if not scored.any():
        raise StoreError(
            f"store {layout.store}",
            got=f"no finished job since {since}",
            expected="jobs that the model was not fitted on",
            next_step="Choose another --family, or run `python flows/train.py` on newer telemetry.",
        )
    allocation_gib = model.predict(rows[scored])
    peak_gib, is_censored = outcomes.peak_gib[scored], outcomes.is_censored[scored]
    is_under, _ = job_losses(peak_gib, allocation_gib, censored=is_censored)
    request_gib = request_allocation(rows["memreq"][scored])
    order = np.lexsort((request_gib, allocation_gib))
    return Jobs(
        request_gib[order],
        allocation_gib[order],
        peak_gib[order],
        is_under[order],
        is_censored[order],
        rows["time"][scored],
    )


def caption(jobs: Jobs, model: DeployableModel, origin: str) -> str:
    """What the picture shows, in figures; counts every job, drawn or not."""
    under_cost = model.recipe.rule.under_cost
    own = jobs.score(jobs.allocation_gib, under_cost)
    span = f"{jobs.times.min():%Y-%m-%d %H:%M} to {jobs.times.max():%Y-%m-%d %H:%M} UTC"
    lines = [
        f"{model.recipe.family} on {own.rows:,} jobs that it was not fitted on, {span}. {origin}",
        (
            f"Allocated {jobs.allocation_gib.sum():,.0f} GiB for peaks of {jobs.peak_gib.sum():,.0f} GiB; "
            f"{int(jobs.is_under.sum())} jobs ({own.under_pct:.1f} %) got less than their peak. Score {own.score:.1f}."
        ),
    ]
    if not np.isnan(jobs.request_gib).any():
        asked = jobs.score(jobs.request_gib, under_cost)
        saved = gib_saved(jobs.peak_gib, jobs.allocation_gib, jobs.request_gib, censored=jobs.is_censored)
        lines.append(
            f"Requested were {jobs.request_gib.sum():,.0f} GiB: score {asked.score:.1f} (lower is better). Saved: "
            f"{saved:,.0f} GiB, with each job that got too little run again at its request."
        )
    return "\n".join(lines)


def draw(jobs: Jobs, text: str, path: Path) -> None:
    """Write the picture; equal jobs give equal bytes."""
    style = {
        "svg.hashsalt": "allocations",
        "svg.fonttype": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(9.0, 5.0), layout="constrained")
        axes = figure.add_subplot()
        _plot(axes, jobs)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderpad=0, fontsize=9)
        figure.supxlabel(text, x=0.01, ha="left", fontsize=8.5)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120, metadata=METADATA[path.suffix])


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


if __name__ == "__main__":
    sys.exit(main())
