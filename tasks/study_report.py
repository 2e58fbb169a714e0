"""A study for people: its trials as CSV, its picture in the Prefect UI. Not here: how it looks, the search itself."""

from __future__ import annotations

from pathlib import Path

from prefect.artifacts import create_markdown_artifact
from prefect.context import TaskRunContext

from resource_prediction.search import SearchResult
from resource_prediction.summary.study_tables import importance_rows, study_text, trial_rows
from resource_prediction.summary.tables import csv_text
from tasks.picture import Picture
from tasks.progress import tolerated
from tasks.ui import inline
from warehouse.layout import Layout
from warehouse.run_files import write_run_files


def report_study(layout: Layout, run_id: str, found: SearchResult, not_shown: list[str]) -> tuple[Path, ...]:
    """Write a study's tables into the run's folder, and show it in the UI where a task runs.

    Args:
        layout: The store.
        run_id: The run.
        found: The study.
        not_shown: Where it is noted that the UI could not be told.

    Returns:
        The tables' files.

    Raises:
        StoreFaultError: The disk is full, or the folder cannot be written.
    """
    from resource_prediction.summary.study_picture import render_study  # noqa: PLC0415 - loads matplotlib

    family = found.recipe.family
    texts = {f"trials-{family}.csv": csv_text(trial_rows(found))}
    if found.importance:
        texts[f"importance-{family}.csv"] = csv_text(importance_rows(found))
    written = write_run_files(layout, run_id, texts)
    if TaskRunContext.get() is None:
        return written
    key = f"study-{family}".replace("_", "-")
    with tolerated(key, not_shown):
        picture = Picture(render_study(found, "", ".png"), f"Trials of {family}; lower scores are better.")
        create_markdown_artifact(f"{inline(picture)}\n{study_text(found)}", key=key, description=f"Run {run_id}")
    return written
