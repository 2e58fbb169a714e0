"""Tasks that score models and baselines on jobs, and enter evidence. Not here: how a score is made, verdicts."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from prefect import task

from resource_prediction.arrays import FloatArray
from resource_prediction.baselines import peak_history
from resource_prediction.comparison import against_peaks
from resource_prediction.errors import ArtifactError
from resource_prediction.evaluation import ScoredJobs, evaluate, score_baselines
from resource_prediction.evidence import ledger_entries, segments, served_recipe
from resource_prediction.gate import GateRule
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes
from resource_prediction.telemetry import LEARNING_COLUMNS
from tasks.features import Cut, Features
from warehouse import prepared
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import newest_time, read_rows, read_snapshot
from warehouse.registry import Registry

logger = logging.getLogger(__name__)


def load_scored_jobs(store: str, features: Features, *, since_us: int, until_us: int | None = None) -> ScoredJobs:
    """The scored jobs submitted at or after an instant, and before another one where it is given, with features."""
    layout = Layout(Path(store))
    snapshot, since = read_snapshot(layout, features.pointer), from_us(since_us)
    until = None if until_us is None else from_us(until_us)
    rows = read_rows(snapshot, LEARNING_COLUMNS, since=since, until=until)
    submitted_us = prepared.load_features(layout, features.name).jobs.submissions.submitted_us
    earlier = int(submitted_us.searchsorted(since_us))
    point_in_time = prepared.load_described(layout, features.name, earlier, earlier + len(rows))
    return ScoredJobs.select(rows, read_outcomes(rows, features.label_delay_us), point_in_time)


def load_peaks(store: str, features: Features, *, since_us: int) -> pd.DataFrame:
    """The peaks that a rolling maximum looks back on for jobs submitted at or after an instant: see `peak_history`."""
    jobs = prepared.load_features(Layout(Path(store)), features.name).jobs
    return peak_history(jobs.submissions.text["buildProfile"], jobs.outcomes, since_us=since_us)


def predict_timed(model: DeployableModel, jobs: ScoredJobs) -> tuple[FloatArray, float]:
    """Allocations for the jobs' raw rows, and milliseconds for 1,000 of them."""
    began = time.perf_counter()
    allocation_gib = model.predict(jobs.rows)
    return allocation_gib, 1e6 * (time.perf_counter() - began) / max(len(jobs.rows), 1)


def enter_evidence(
    store: str,
    features: Features,
    model: DeployableModel,
    jobs: ScoredJobs,
    allocation_gib: FloatArray,
    *,
    recipe_id: str,
) -> int:
    """Enter a model's complete blocks into the ledger, each once; returns how many rows of the ledger are new."""
    layout = Layout(Path(store))
    scored = jobs.ledger_rows(allocation_gib)
    scored["segment"] = segments(scored["component"])
    entries = ledger_entries(
        scored,
        recipe=recipe_id,
        fitted_until=from_us(model.facts.trained_until_us),
        newest_known=newest_time(read_snapshot(layout, features.pointer)),
        label_delay=timedelta(microseconds=model.recipe.label_delay_us),
    )
    with Registry.open(layout) as registry:
        return registry.evidence.add(entries)


def from_us(instant_us: int) -> datetime:
    """An instant in microseconds as UTC without a zone, as telemetry has it."""
    return datetime(1970, 1, 1) + timedelta(microseconds=instant_us)  # noqa: DTZ001 - the ledger's times have no zone


@task(name="score baselines", task_run_name="score the baselines on the hold-out")
def score_holdout_baselines(store: str, features: Features, cut: Cut, under_cost: float) -> dict[str, Any]:
    """Score the requests and the rolling maximum on the hold-out; None where one does not exist."""
    jobs = load_scored_jobs(store, features, since_us=cut.until_us)
    scores = score_baselines(jobs, load_peaks(store, features, since_us=cut.until_us), under_cost)
    return {name: None if score is None else asdict(score) for name, score in scores.items()}


@task(name="describe hold-out", task_run_name="describe the hold-out")
def describe_holdout(store: str, features: Features, cut: Cut) -> dict[str, Any]:
    """Rows of the hold-out that are scored, and the span of their times."""
    times = load_scored_jobs(store, features, since_us=cut.until_us).rows["time"]
    return {"rows": len(times), "from": times.min().isoformat(), "until": times.max().isoformat()}


@task(name="score champion as it is", task_run_name="score the champion as it serves")
def score_served_champion(store: str, features: Features) -> dict[str, Any] | None:
    """Score the champion's served artifact on the jobs that came after its fit, and enter them as evidence.

    Returns:
        The served score, for the verdict's numbers: ``version``; ``rows``, ``score``, ``live_score``, ``under_pct``,
        ``over_pct``, ``gib_saved``; ``promised_pct``, the mean risk that it shows for its allocations; ``low`` and
        ``high``, the 90 % interval of the score, None where the jobs are of too short a time; ``from`` and ``until``,
        the span of their times. None without a champion, without newer jobs, or where the artifact cannot be loaded.
    """
    layout = Layout(Path(store))
    with Registry.open(layout) as registry:
        champion = registry.champion()
    if champion is None:
        return None
    try:
        model = DeployableModel.load(artifact_path(layout, champion.served_digest))
    except ArtifactError as error:
        logger.warning("the champion as it is cannot be scored: %s", error)
        return None
    jobs = load_scored_jobs(store, features, since_us=model.facts.trained_until_us)
    if not len(jobs.rows):
        return None
    allocation_gib, _ = predict_timed(model, jobs)
    enter_evidence(store, features, model, jobs, allocation_gib, recipe_id=served_recipe(champion.recipe))
    under_cost = model.recipe.rule.under_cost
    interval = GateRule(under_cost=under_cost).improvement(against_peaks(jobs.ledger_rows(allocation_gib)))
    return {
        "version": champion.version,
        "from": jobs.rows["time"].min().isoformat(),
        "until": jobs.rows["time"].max().isoformat(),
        **evaluate(model, jobs, allocation_gib, under_cost).values,
        "promised_pct": 100 * float(model.predict_with_risk(jobs.rows, [under_cost])[1].mean()),
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
    }
