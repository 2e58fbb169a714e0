"""The task that reports a hold-out: curve, memory classes, promises, as files. Not here: showing them (ui.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import task

from resource_prediction.holdout_report import report_on
from resource_prediction.models import DeployableModel
from resource_prediction.summary.tables import class_rows, csv_text, curve_rows, markdown, promise_rows, shown
from tasks.features import Features
from tasks.fit import Fitted
from tasks.picture import Picture
from tasks.score import load_scored_jobs
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.run_files import write_run_files


@dataclass(frozen=True)
class NightReport:
    """What the fit that is told of offers on its hold-out.

    Attributes:
        about: Which fit, on how many jobs.
        categories: Memory classes as rows of text.
        curve: The picture of the curve.
        tables: The curve and the promises in Markdown.
        files: The same as CSV, in the store.
    """

    about: str
    categories: list[dict[str, Any]]
    curve: Picture
    tables: str
    files: tuple[str, ...]


@task(name="report hold-out", task_run_name="report the hold-out of {fitted.recipe[family]}")
def report_holdout(store: str, run_id: str, features: Features, fitted: Fitted) -> NightReport:
    """Report a judged fit on its hold-out, and write the tables as CSV into the run's folder.

    Raises:
        ArtifactError: The fit cannot be loaded.
    """
    from resource_prediction.summary.curve_picture import render_curve  # noqa: PLC0415 - loads matplotlib

    layout = Layout(Path(store))
    model = DeployableModel.load(artifact_path(layout, fitted.digest))
    jobs = load_scored_jobs(store, features, since_us=fitted.metrics["until_us"])
    report = report_on(model, jobs)
    tables = {
        "categories": class_rows(report.classes),
        "curve": curve_rows(report.curve),
        "calibration": promise_rows(report.promises),
    }
    files = write_run_files(layout, run_id, {f"{name}.csv": csv_text(rows) for name, rows in tables.items()})
    about = f"{model.recipe.family} on the {len(jobs.rows):,} jobs of the hold-out"
    return NightReport(
        about=about,
        categories=shown(tables["categories"]),
        curve=Picture(render_curve(report.curve, "", ".png"), f"{about}, at other penalties without fitting again."),
        tables=f"{markdown(tables['curve'])}\nPredicted risk of the allocations against what happened, with 90 % "
        "intervals. Who serves shows risks as the whole hold-out corrects them; below, its newer half is corrected by "
        f"the older:\n\n{markdown(tables['calibration'])}",
        files=tuple(map(str, files)),
    )
