"""Tasks that ask the gate, and carry out what it says. Not here: its rules (library), the swap itself (warehouse)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from prefect import task

from resource_prediction.config import family_entry
from resource_prediction.errors import ArtifactError
from resource_prediction.evidence import iso_time
from resource_prediction.features.matrix import FEATURE_VERSION
from resource_prediction.gate import Candidate, GateRule, Night, Nomination, RecipeId, Verdict, judge
from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from resource_prediction.scoring import Score
from tasks.features import Features
from tasks.fit import Fitted
from tasks.older_fit import score_older_fit
from tasks.score import from_us
from warehouse.artifacts import artifact_path, check_artifact
from warehouse.layout import Layout
from warehouse.published import newest_time, read_snapshot
from warehouse.registry import Champion, Conclusion, Fit, PromotionKind, Registry, Scores, VersionContent

PROMOTIONS: tuple[str, ...] = get_args(PromotionKind)
"""Verdicts that change who serves."""


logger = logging.getLogger(__name__)

EVIDENCE_DAYS = 90
"""How far back a verdict looks into the ledger: long enough for every rule, short enough to read each night."""


@dataclass(frozen=True)
class Evening:
    """What a verdict is asked on, beside what the store knows.

    Attributes:
        store: The store's folder.
        run_id: The run.
        features: Features of all rows.
        fits: Judged fits of this run.
        baselines: Scores of the baselines on the hold-out, as dicts.
        new_rows: Rows that this run's ingest added or changed.
        under_cost: Penalty of the score.
        applies: Whether the verdict may change anything.
        searched_until_us: For each recipe that a search of the run found: the instant whose past the search saw; such
            rows are no evidence for it.
        served: How the champion did as it served, to be stored with the verdict; None where that is not known.
    """

    store: str
    run_id: str
    features: Features
    fits: tuple[Fitted, ...]
    baselines: dict[str, Any]
    new_rows: int
    under_cost: float
    applies: bool
    searched_until_us: Mapping[str, int] = field(default_factory=dict)
    served: dict[str, Any] | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict, and the state of the store that it was given for; it counts only while that state lasts.

    Attributes:
        verdict: The gate's answer.
        champion: Who served when it was asked; None where nobody did.
        nomination: The nomination that was open then.
    """

    verdict: Verdict
    champion: Champion | None
    nomination: Nomination | None


def current_champion(store: str) -> Champion | None:
    """Who serves."""
    with Registry.open(Layout(Path(store))) as registry:
        return registry.champion()


def nominated_fit(store: str) -> Fit | None:
    """The newest fit of the recipe whose nomination is open, such as to fit it again; None where none is open."""
    with Registry.open(Layout(Path(store))) as registry:
        nomination = registry.nominations.current()
        return None if nomination is None else registry.fits.of_recipe(nomination.recipe.digest)


@task(name="judge", task_run_name="judge run {evening.run_id}")
def judge_night(evening: Evening) -> Judgement:
    """Ask the gate, with the ledger and its memory out of the store."""
    layout = Layout(Path(evening.store))
    newest = newest_time(read_snapshot(layout, evening.features.pointer))
    since = iso_time(newest - timedelta(days=EVIDENCE_DAYS))
    with Registry.open(layout) as registry:
        champion, nomination = registry.champion(), registry.nominations.current()
        is_whole = champion is None or _is_whole(layout, champion)
        night = Night(
            candidates=tuple(_candidate(fitted) for fitted in evening.fits),
            baselines={name: Score(**score) for name, score in evening.baselines.items() if score is not None},
            new_rows=_new_rows(registry, evening, is_whole=is_whole),
            newest_known=iso_time(newest),
            label_delay_hours=evening.features.label_delay_us / 3.6e9,
            champion=None if champion is None else RecipeId(champion.recipe, champion.family),
            champion_can_be_fitted=champion is None or champion.recipe_values["feature_version"] == FEATURE_VERSION,
            champion_is_whole=is_whole,
            champion_fitted_until=None if champion is None else iso_time(champion.trained_until.replace(tzinfo=None)),
            older_fit=score_older_fit(evening.store, evening.features, champion, evening.fits, evening.under_cost),
            nomination=nomination,
            seen_until=_later(registry.seen.until(), _seen_by_search(evening)),
        )
        verdict = judge(night, registry.evidence.read(since=since), GateRule(under_cost=evening.under_cost))
    return Judgement(verdict, champion, nomination)


@task(name="promote", task_run_name="carry out the verdict {judgement.verdict.kind}")
def carry_out(evening: Evening, judgement: Judgement, judged: Fitted | None, served: Fitted | None) -> Champion | None:
    """Promote where the verdict says so, and store verdict and gate's memory with it.

    Args:
        evening: What was asked.
        judgement: The answer, and what it was given for.
        judged: The judged fit of the recipe that is to serve, where one is.
        served: Its served fit.

    Returns:
        Who serves now.

    Raises:
        PromotionConflictError: Another run changed the champion meanwhile.
        NominationConflictError: Another run changed the open nomination meanwhile.
    """
    layout = Layout(Path(evening.store))
    content = None if judged is None or served is None else _content(layout, evening.run_id, judged, served)
    with Registry.open(layout) as registry:
        return registry.conclude(_conclusion(evening, judgement, content), at=datetime.now(UTC))


@task(name="record evaluation", task_run_name="record the evaluation")
def record_evaluation(store: str, run_id: str, verdict: Verdict, data_digest: str) -> Champion | None:
    """Store a verdict that changes nothing by its nature; returns who serves."""
    with Registry.open(Layout(Path(store))) as registry:
        champion = registry.champion()
        conclusion = Conclusion(
            run_id=run_id,
            kind=verdict.kind,
            reason=verdict.reason,
            numbers={**verdict_numbers(verdict), "data_digest": data_digest, "asked": False},
            expected_revision=0 if champion is None else champion.revision,
        )
        return registry.conclude(conclusion, at=datetime.now(UTC))


def verdict_numbers(verdict: Verdict) -> dict[str, Any]:
    """What a verdict rests on, as JSON values."""
    values = asdict(verdict)
    return {name: values[name] for name in ("challenger", "improvement", "refresh", "nomination", "closed")}


def _candidate(fitted: Fitted) -> Candidate:
    recipe, metrics = Recipe.of(fitted.recipe), fitted.metrics
    score = Score(metrics["score"], metrics["under_pct"], metrics["over_pct"], metrics["rows"])
    return Candidate(RecipeId(recipe.digest, recipe.family), score, metrics["live_score"])


def _new_rows(registry: Registry, evening: Evening, *, is_whole: bool) -> int:
    """Rows since the last verdict that could change something, which need not be the last run.

    A champion whose artifact is damaged counts as new telemetry does: it is fitted again.
    """
    if not is_whole:
        return max(1, evening.new_rows)
    asked = [verdict.numbers for verdict in registry.verdicts.history() if verdict.numbers.get("asked")]
    if asked and asked[-1]["data_digest"] == evening.features.data_digest:
        return 0
    return max(1, evening.new_rows)


def _is_whole(layout: Layout, champion: Champion) -> bool:
    try:
        check_artifact(layout, champion.served_digest)
    except ArtifactError as error:
        logger.error("the champion cannot serve as it is, and is fitted again: %s", error)
        return False
    return True


def _content(layout: Layout, run_id: str, judged: Fitted, served: Fitted) -> VersionContent:
    model = DeployableModel.load(artifact_path(layout, served.digest))
    recipe = Recipe.of(served.recipe)
    scores = {name: judged.metrics[name] for name in ("score", "live_score", "under_pct", "over_pct")}
    return VersionContent(
        family=recipe.family,
        task_type=family_entry(recipe.family)["type"],
        recipe=recipe.digest,
        recipe_values=served.recipe,
        judged_digest=judged.digest,
        served_digest=served.digest,
        trained_until=from_us(model.facts.trained_until_us),
        rows=model.facts.rows,
        scores=Scores(**scores),
        run_id=run_id,
    )


def _conclusion(evening: Evening, judgement: Judgement, content: VersionContent | None) -> Conclusion:
    verdict, champion = judgement.verdict, judgement.champion
    conclusion = Conclusion(
        run_id=evening.run_id,
        kind=verdict.kind,
        reason=verdict.reason,
        numbers={
            **verdict_numbers(verdict),
            "data_digest": evening.features.data_digest,
            "asked": evening.applies,
            "served": evening.served,
        },
        expected_revision=0 if champion is None else champion.revision,
        content=content,
    )
    seen = _seen_by_search(evening)
    if not evening.applies:
        return replace(conclusion, seen=seen)
    opened = None if verdict.nomination == judgement.nomination else verdict.nomination
    return replace(conclusion, closed=verdict.closed, opened=opened, seen=_later(seen, verdict.seen))


def _later(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The later ISO time of each recipe."""
    return {recipe: max(one.get(recipe, ""), other.get(recipe, "")) for recipe in {**one, **other}}


def _seen_by_search(evening: Evening) -> dict[str, str]:
    """For each recipe that a search of this run found, until when it saw rows."""
    return {recipe: iso_time(from_us(until_us)) for recipe, until_us in evening.searched_until_us.items()}
