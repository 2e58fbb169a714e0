"""Task that lets earlier fits enter blocks that have settled since. Not here: this run's own fits (score.py)."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pandas as pd
from prefect import task

from resource_prediction.errors import ArtifactError
from resource_prediction.evaluation import ScoredJobs
from resource_prediction.evidence import BLOCK_HOURS, block_start, complete_until, iso_time
from resource_prediction.models import DeployableModel
from tasks.features import Features
from tasks.score import enter_evidence, from_us, load_scored_jobs
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import newest_time, read_snapshot
from warehouse.registry import Fit, Registry

logger = logging.getLogger(__name__)

RECENT_DAYS = 14
"""How far back blocks are looked for: a store that was left alone for longer has nights without evidence."""


@task(name="enter settled evidence", task_run_name="enter evidence that has settled")
def enter_settled_evidence(store: str, features: Features, recipes: list[str]) -> int:
    """Let earlier judged fits enter the settled blocks that a recipe has no entry for.

    A block enters when it is a day older than its peaks; with a hold-out of a day it never does while it is held out.
    The newest judged fit of the recipe that has seen none of it enters it. The fits of a night share their cut, so
    that every recipe fitted in that night enters it with the same one.

    Args:
        store: The store's folder.
        features: Features of all rows.
        recipes: Ids of the recipes of this run.

    Returns:
        How many rows of the ledger are new.
    """
    layout = Layout(Path(store))
    newest = newest_time(read_snapshot(layout, features.pointer))
    settled = complete_until(newest, timedelta(microseconds=features.label_delay_us)) - timedelta(hours=BLOCK_HOURS)
    since = (settled - timedelta(days=RECENT_DAYS)).floor(f"{BLOCK_HOURS}h")
    jobs = load_scored_jobs(store, features, since_us=(since - pd.Timestamp(0)) // pd.Timedelta(microseconds=1))
    starts = block_start(jobs.rows["time"])
    there = pd.DatetimeIndex(starts[starts <= settled].unique())
    with Registry.open(layout) as registry:
        ledger = registry.evidence.read(since=iso_time(since))
        judged = {recipe: registry.fits.judged(recipe) for recipe in recipes}
    entered = 0
    for recipe, fits in judged.items():
        held = pd.to_datetime(ledger.loc[ledger["recipe"] == recipe, "block_start"].unique())
        for fit, blocks in _by_newest_unseen(fits, there.difference(held)):
            entered += _enter_of_fit(store, features, fit, jobs.where(starts.isin(blocks).to_numpy()))
    return entered


def _by_newest_unseen(fits: list[Fit], blocks: pd.DatetimeIndex) -> list[tuple[Fit, list[pd.Timestamp]]]:
    """Each fit with the blocks that it is the newest to have seen nothing of; blocks that every fit saw are left."""
    of_fit: dict[str, tuple[Fit, list[pd.Timestamp]]] = {}
    for block in blocks:
        unseen = [fit for fit in fits if from_us(fit.metrics["until_us"]) <= block]
        if unseen:
            fit = max(unseen, key=lambda one: int(one.metrics["until_us"]))
            of_fit.setdefault(fit.key, (fit, []))[1].append(block)
    return list(of_fit.values())


def _enter_of_fit(store: str, features: Features, fit: Fit, jobs: ScoredJobs) -> int:
    try:
        model = DeployableModel.load(artifact_path(Layout(Path(store)), fit.digest))
    except ArtifactError as error:
        logger.warning("an earlier fit of %s gives no evidence: %s", fit.family, error)
        return 0
    return enter_evidence(store, features, model, jobs, model.predict(jobs.rows), recipe_id=fit.recipe)
