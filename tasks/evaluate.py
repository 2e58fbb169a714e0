"""The task behind --evaluate-only: newest judged models on rows that none of them was fitted on. Not here: fitting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from prefect import task

from resource_prediction.errors import ArtifactError, EveryFamilyFailedError
from resource_prediction.evaluation import MEMREQ, ROLLING_MAX, evaluate, score_baselines
from resource_prediction.gate import Candidate, RecipeId, Verdict, judge_evaluated
from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from tasks.features import Features
from tasks.fit import Fitted
from tasks.report import FamilyOutcome
from tasks.score import load_peaks, load_scored_jobs, predict_timed
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Fit, Registry


@dataclass(frozen=True)
class NewestEvaluation:
    """Scores of the newest judged models on their common unseen rows.

    Attributes:
        families: One outcome for each chosen family that has a judged fit.
        baselines: Scores of the baselines on the same rows; None for each without such rows.
        holdout: Rows and span.
        verdict: ``evaluated``, with the reason.
    """

    families: tuple[FamilyOutcome, ...]
    baselines: dict[str, Any]
    holdout: dict[str, Any]
    verdict: Verdict


def judged_label_delays(store: str, families: tuple[str, ...]) -> set[int]:
    """Label delays of what `evaluate_newest` would score, microseconds."""
    return {Recipe.of(dict(fit.recipe_values)).label_delay_us for fit in _newest(Layout(Path(store)), families)}


@task(name="evaluate", task_run_name="evaluate the newest models")
def evaluate_newest(
    store: str, features: Features, families: tuple[str, ...], under_cost: float, others: Mapping[int, Features]
) -> NewestEvaluation:
    """Score the newest judged artifact of every chosen family; nothing is fitted or promoted.

    Args:
        store: The store's folder.
        features: Of all rows, under the run's label delay.
        families: Whose fits.
        under_cost: Penalty of the score.
        others: Features of the same rows under each other label delay that a fit was made under, by that delay.

    Raises:
        EveryFamilyFailedError: None of the artifacts can be loaded.
    """
    layout = Layout(Path(store))
    newest = _newest(layout, families)
    outcomes, models = _load(layout, newest)
    if not newest:
        reason = "No model has been fitted in this store yet, so there are no scores: run once without --evaluate-only."
        return replace(_without_rows(outcomes), verdict=Verdict("evaluated", reason))
    if not models:
        raise EveryFamilyFailedError({outcome.family: outcome.error or "" for outcome in outcomes})
    since_us = max(model.facts.trained_until_us for model in models.values())
    jobs = load_scored_jobs(store, features, since_us=since_us)
    if not len(jobs.rows):
        return _without_rows(outcomes)
    under_delay = {delay: load_scored_jobs(store, each, since_us=since_us) for delay, each in others.items()}
    candidates = []
    for outcome in outcomes:
        if outcome.fitted is None:
            continue
        model = models[outcome.family]
        allocation_gib, predict_ms = predict_timed(model, jobs)
        # The same rows in the same order: what the model knew on the way is told by its own delay.
        known = under_delay.get(model.recipe.label_delay_us, jobs)
        evaluation = evaluate(model, known, allocation_gib, under_cost)
        outcome.fitted.metrics.update({**evaluation.values, "predict_ms_per_1000": predict_ms})
        candidates.append(Candidate(RecipeId(model.recipe.digest, outcome.family), evaluation.frozen))
    baselines = score_baselines(jobs, load_peaks(store, features, since_us=since_us), under_cost)
    times = jobs.rows["time"]
    return NewestEvaluation(
        tuple(outcomes),
        {name: None if score is None else asdict(score) for name, score in baselines.items()},
        {"rows": len(times), "from": times.min().isoformat(), "until": times.max().isoformat()},
        judge_evaluated(tuple(candidates)),
    )


def _newest(layout: Layout, families: tuple[str, ...]) -> list[Fit]:
    with Registry.open(layout) as registry:
        return [fit for family in families if (fit := registry.fits.newest(family, "judged")) is not None]


def _load(layout: Layout, fits: list[Fit]) -> tuple[list[FamilyOutcome], dict[str, DeployableModel]]:
    """Load each fit's model; one that cannot be loaded is an outcome with its error."""
    outcomes, models = [], {}
    for fit in fits:
        try:
            models[fit.family] = DeployableModel.load(artifact_path(layout, fit.digest))
        except ArtifactError as error:
            outcomes.append(FamilyOutcome(fit.family, error=str(error)))
            continue
        outcomes.append(
            FamilyOutcome(fit.family, fitted=Fitted(dict(fit.recipe_values), fit.digest, {}, 0.0, fit.run_id))
        )
    return outcomes, models


def _without_rows(outcomes: list[FamilyOutcome]) -> NewestEvaluation:
    held = {"rows": 0, "from": None, "until": None}
    return NewestEvaluation(tuple(outcomes), dict.fromkeys((MEMREQ, ROLLING_MAX)), held, judge_evaluated(()))
