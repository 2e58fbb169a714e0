"""Draw what a model would have allocated on its hold-out, beside the peaks and the requests."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from resource_prediction.baselines import request_allocation
from resource_prediction.demo_farm import SYNTHETIC_NOTE
from resource_prediction.errors import ResourcePredictionError, StoreError
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.savings import gib_saved
from resource_prediction.summary.picture import METADATA, Jobs, render
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot
from warehouse.registry import Registry
from warehouse.store import open_store

EXAMPLE = "example: python benchmarks/picture.py --store var/own --out docs/img/allocations.svg"


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
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(render(jobs, text, asked.out.suffix))
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
    return Jobs.sort(
        request_gib=request_allocation(rows["memreq"][scored]),
        allocation_gib=model.predict(rows[scored]),
        peak_gib=outcomes.peak_gib[scored],
        is_censored=outcomes.is_censored[scored],
        times=rows["time"][scored],
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


if __name__ == "__main__":
    sys.exit(main())
