"""The task that draws a night's allocations on its hold-out. Not here: how it looks (library), showing it (ui.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from prefect import task

from resource_prediction.baselines import request_allocation
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.telemetry import LEARNING_COLUMNS
from tasks.features import Features
from tasks.fit import Fitted
from tasks.score import from_us
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot


@dataclass(frozen=True)
class Picture:
    """A picture and what it shows.

    Attributes:
        png: The picture.
        caption: What it shows, in words.
    """

    png: bytes
    caption: str


@task(name="draw", task_run_name="draw the allocations of {fitted.recipe[family]}")
def draw_allocations(store: str, features: Features, fitted: Fitted) -> Picture:
    """Draw what a judged fit allocates on its hold-out; of a large one jobs at equal distances in time.

    Raises:
        ArtifactError: The fit cannot be loaded.
    """
    from resource_prediction.summary.picture import DRAWN_JOBS, Jobs, render  # noqa: PLC0415 - loads matplotlib

    layout = Layout(Path(store))
    model = DeployableModel.load(artifact_path(layout, fitted.digest))
    since = from_us(fitted.metrics["until_us"])
    rows = read_rows(read_snapshot(layout, features.pointer), LEARNING_COLUMNS, since=since)
    outcomes = read_outcomes(rows, model.recipe.label_delay_us)
    scored = np.flatnonzero(outcomes.is_scored)
    drawn = scored[np.unique(np.linspace(0, len(scored) - 1, DRAWN_JOBS).round().astype(np.intp))]
    jobs = Jobs.sort(
        request_gib=request_allocation(rows["memreq"].iloc[drawn]),
        allocation_gib=model.predict(rows.iloc[drawn]),
        peak_gib=outcomes.peak_gib[drawn],
        is_censored=outcomes.is_censored[drawn],
        times=rows["time"].iloc[drawn],
    )
    caption = (
        f"{model.recipe.family} on {len(drawn):,} of the {len(scored):,} jobs of the hold-out: "
        f"{int(jobs.is_under.sum()):,} of them got less than their peak."
    )
    return Picture(render(jobs, "", ".png"), caption)
