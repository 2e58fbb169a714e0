"""What a stored model offers at other penalties, by memory class, and whether its promises held on its hold-out."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.picture import judged_artifact
from resource_prediction.baselines import peak_history
from resource_prediction.errors import ResourcePredictionError
from resource_prediction.evaluation import ScoredJobs, score_baselines
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.table import describe_table
from resource_prediction.holdout_report import report_on
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.savings import gib_saved
from resource_prediction.summary.curve_picture import render_curve
from resource_prediction.summary.tables import class_rows, csv_text, curve_rows, markdown, promise_rows
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot
from warehouse.settings import Settings

HEADROOMS_PCT = (0, 5, 10, 20, 40)

AT_LIMIT = 0.98
"""Share of its limit that peak and page cache together reach where the kernel has begun to take cache away."""

BYTES_PER_GIB = 2**30

EXAMPLES = """\
examples:
  python benchmarks/pareto.py --store var/own
  python benchmarks/pareto.py --store var/own --family xgboost_regression --headroom-pct 10 --out report/"""


def main() -> int:
    """Print the tables; with --out write them as CSV and the curve as a picture; returns the exit status."""
    asked = _parser().parse_args()
    layout = Layout(asked.store or Settings().store_to_read())
    try:
        model = DeployableModel.load(judged_artifact(layout, asked.family))
        jobs, baselines = _hold_out(layout, model)
        if asked.headroom_pct is not None:
            model = with_headroom(model, asked.headroom_pct)
        report = report_on(model, jobs)
    except ResourcePredictionError as error:
        print(error, file=sys.stderr)
        return 2
    under_cost = model.recipe.rule.under_cost
    text = (
        f"{model.recipe.family} on {len(jobs.rows):,} jobs that it was not fitted on; score at an under_cost of "
        f"{under_cost:g}, headroom {model.recipe.rule.headroom_pct:g} %."
    )
    tables = {
        "curve": curve_rows(report.curve),
        "categories": class_rows(report.classes),
        "calibration": promise_rows(report.promises),
        "headroom": headroom_rows(model, jobs),
    }
    print(text, *(f"\n{name}\n\n{markdown(rows).rstrip()}" for name, rows in tables.items()), sep="\n")
    if asked.out is not None:
        asked.out.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            (asked.out / f"{name}.csv").write_text(csv_text(rows), encoding="utf-8")
        (asked.out / "curve.svg").write_bytes(render_curve(report.curve, text, ".svg", baselines=baselines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, metavar="DIR", help="default: as for `python -m warehouse`")
    parser.add_argument("--family", metavar="NAME", help="its newest judged fit (default: the champion's)")
    parser.add_argument("--headroom-pct", type=float, metavar="PCT", help="in place of the recipe's own")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for CSV files and the picture")
    return parser


def _hold_out(layout: Layout, model: DeployableModel) -> tuple[ScoredJobs, dict[str, object]]:
    """The scored jobs since the model's cut-off, and what requests and rolling maximum cost on them."""
    rows = read_rows(read_snapshot(layout))
    outcomes = read_outcomes(rows, model.recipe.label_delay_us)
    _, point_in_time = describe_table(rows, outcomes, workers=1)
    cut = datetime(1970, 1, 1) + timedelta(microseconds=model.facts.trained_until_us)  # noqa: DTZ001 - as telemetry
    scored = ScoredJobs.select(rows, outcomes, point_in_time)
    jobs = scored.where((scored.rows["time"] >= cut).to_numpy())
    profiles = read_submissions(rows).text["buildProfile"]
    history = peak_history(profiles, outcomes, since_us=model.facts.trained_until_us)
    return jobs, dict(score_baselines(jobs, history, model.recipe.rule.under_cost))


def with_headroom(model: DeployableModel, headroom_pct: float) -> DeployableModel:
    """The same model under a rule with another headroom."""
    rule = replace(model.recipe.rule, headroom_pct=headroom_pct)
    return replace(model, recipe=replace(model.recipe, rule=rule))


def headroom_rows(model: DeployableModel, jobs: ScoredJobs) -> list[dict[str, object]]:
    """What each headroom costs, and how many jobs would have had less room for page cache than they used.

    That share is an upper bound: both figures are maxima, which need not come together, and the cache, measured at the
    request, fills what room there is.
    """
    rows = []
    cache_gib = jobs.rows["max_cache"].to_numpy(dtype=np.float64) / BYTES_PER_GIB
    policies = {f"{pct} %": with_headroom(model, pct).predict(jobs.rows) for pct in HEADROOMS_PCT}
    for name, allocation_gib in {**policies, "requests": jobs.memreq_gib}.items():
        score = jobs.score(allocation_gib, model.recipe.rule.under_cost)
        saved = gib_saved(jobs.peak_gib, allocation_gib, jobs.memreq_gib, censored=jobs.is_censored)
        at_limit = jobs.peak_gib + cache_gib >= AT_LIMIT * allocation_gib
        rows.append(
            {
                "headroom": name,
                "under_pct": score.under_pct,
                "over_pct": score.over_pct,
                "score": score.score,
                "gib_saved": saved,
                "full_at_most_pct": 100 * float(at_limit[~np.isnan(cache_gib)].mean()) if len(at_limit) else None,
            }
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
