"""The flow of the main job: ingest, describe, fit every family, judge, promote, report. Not here: its command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import TerminationSignal
from prefect.states import Cancelled, Completed, Failed

from flows.exit_status import is_bad_input
from flows.fan_out import Recipes, fit_families, search_families
from flows.interrupt import FitThreads, leave_soon, stoppable
from flows.night import CORES, Night, fit_runner, store_of
from flows.parameters import RetrainParameters
from flows.showing import Meanwhile, draw_meanwhile, show_night
from resource_prediction.errors import EveryFamilyFailedError, ResourcePredictionError, StoreBusyError
from resource_prediction.features.matrix import FEATURE_VERSION
from resource_prediction.gate import Verdict
from resource_prediction.recipe import Recipe
from resource_prediction.summary.aside import Aside, Price
from resource_prediction.summary.explanation import is_withheld
from tasks.evaluate import evaluate_newest, judged_label_delays
from tasks.events import announce_quarantine
from tasks.features import Cut, Features, audit_features, build_features, cut_training_set
from tasks.fit import Fitted, Purpose, fit_served
from tasks.ingest import generate_demo, with_retries
from tasks.promote import (
    PROMOTIONS,
    Evening,
    Judgement,
    carry_out,
    current_champion,
    judge_night,
    nominated_fit,
    record_evaluation,
)
from tasks.report import FamilyOutcome, RunReport
from tasks.run import begin_run, end_run
from tasks.run_logs import logs_of_run
from tasks.score import describe_holdout, score_holdout_baselines, score_served_champion
from tasks.settle import enter_settled_evidence
from warehouse.faults import store_faults
from warehouse.layout import Layout
from warehouse.registry import Champion

STATE_NAMES = {kind: kind.capitalize() for kind in ("first", "refreshed", "promoted", "kept", "evaluated")}
BAD_INPUT = "Bad input"
"""Name of the failed state that a user can mend; the command line ends with status 2."""


RUNNER: Any = FitThreads(max_workers=CORES)


def _run_name() -> str:
    return f"retrain-{datetime.now(UTC):%Y-%m-%d}"


@flow(name="retrain", flow_run_name=_run_name, task_runner=RUNNER)
def retrain(parameters: RetrainParameters) -> State[Any]:
    """Learn from what is new, and promote a model that is better than the champion."""
    store = store_of(parameters)
    try:
        runner = fit_runner(parameters)
        run_id = begin_run(store, parameters.model_dump(mode="json"))
    except StoreBusyError as error:
        return Cancelled(message=str(error))
    except ResourcePredictionError as error:
        return _failed(error)
    price = Price(parameters.job_hours, parameters.usd_per_gib_hour)
    night = Night(parameters, store, RunReport(run_id, store, parameters.is_demo, price), runner)
    steps = evaluate_night if parameters.mode == "evaluate" else train_night
    _limit_fits(parameters.workers)
    with stoppable(store, run_id), runner:
        return _take_steps(night, steps)


def _limit_fits(workers: int | None) -> None:
    """Fit so many families side by side; a deployment's runner is made before its parameters are known."""
    context = FlowRunContext.get()
    if workers is not None and context is not None and isinstance(context.task_runner, FitThreads):
        context.task_runner.limit(workers)


def _take_steps(night: Night, steps: Callable[[Night], tuple[dict[str, Any], Aside]]) -> State[Any]:
    """Take a run's steps, and record how it ends before anybody else is let into the store."""
    store, run_id = night.store, night.report.run_id
    try:
        with store_faults(Layout(Path(store))), logs_of_run():
            result, aside = steps(night)
            end_run(store, run_id, "done", night.report.record(result, aside))
    except ResourcePredictionError as error:
        night.runner.close()
        return _failed(error, _note_end(store, run_id, "failed"))
    except Exception:
        night.runner.close()
        _note_end(store, run_id, "failed")
        raise
    except BaseException as error:
        _note_end(store, run_id, "stopped")
        if isinstance(error, TerminationSignal):
            leave_soon()
        raise
    return Completed(name=STATE_NAMES[result["verdict"]], message=_message(result), data=result)


def train_night(night: Night) -> tuple[dict[str, Any], Aside]:
    """The steps of a run that fits, in order; returns its result, and what is told beside it."""
    new_rows = _ingest(night)
    asked = night.parameters
    features = _describe(night, asked.label_delay_us)
    cut = _cut(night, features, asked.train_window_us, holdout=asked.holdout)
    audit = audit_features.submit(night.store, features, night.parameters.seed)
    fits = _fit(night, features, cut)
    night.report.audit = audit.result()
    evening = Evening(
        store=night.store,
        run_id=night.report.run_id,
        features=features,
        fits=fits,
        baselines=night.report.baselines,
        new_rows=new_rows,
        under_cost=night.parameters.under_cost,
        applies=night.parameters.promote,
        searched_until_us={
            Recipe.of(outcome.fitted.recipe).digest: cut.until_us
            for outcome in night.report.families
            if outcome.trials and outcome.fitted
        },
        served=night.report.served,
    )
    return _conclude(night, evening, judge_night(evening))


def evaluate_night(night: Night) -> tuple[dict[str, Any], Aside]:
    """The steps of a run that only scores what is there; returns its result, and what is told beside it."""
    _ingest(night)
    features = _describe(night, night.parameters.label_delay_us)
    audit = audit_features.submit(night.store, features, night.parameters.seed)
    asked = night.parameters
    delays = judged_label_delays(night.store, asked.families) - {asked.label_delay_us}
    others = {delay: _describe(night, delay) for delay in sorted(delays)}
    with night.watch.stage("fit"):
        evaluation = evaluate_newest(night.store, features, asked.families, asked.under_cost, others)
    night.report.audit = audit.result()
    night.report.families = list(evaluation.families)
    night.report.baselines, night.report.holdout = evaluation.baselines, evaluation.holdout
    champion = record_evaluation(night.store, night.report.run_id, evaluation.verdict, features.data_digest)
    return _report(night, None, evaluation.verdict, before=champion, champion=champion, applied=False)


def _ingest(night: Night) -> int:
    asked = night.parameters
    places: list[str] = list(asked.source)
    telemetry: dict[str, str | int | float | None] = {"kind": "own", "mapping": None}
    if asked.is_demo:
        with night.watch.excluded():
            places = [generate_demo(night.store, asked.demo_rows, asked.demo_days)]
        telemetry = {"kind": "demo", "rows": asked.demo_rows, "days": asked.demo_days}
    attempt = with_retries(asked.ingest_retries, asked.ingest_retry_seconds)
    ingested = attempt(night.store, places, telemetry, asked.dates)
    night.report.ingest = ingested.counts
    night.watch.add("ingest", ingested.seconds)
    counts = ", ".join(f"{count:,} {name}" for name, count in ingested.counts.items())
    which = "" if asked.dates.is_everything else f" only rows {asked.dates}"
    get_run_logger().info("ingested%s: %s; the store holds %s rows", which, counts, f"{ingested.rows:,}")
    night.report.files_not_read = ingested.notes
    night.report.not_shown += announce_quarantine(night.store, night.report.run_id, ingested.counts)
    for note in ingested.notes:
        # As an error, so that it is seen where quiet is asked for: the result has no place for whole files.
        get_run_logger().error("file not read: %s", note)
    return ingested.counts["accepted"] + ingested.counts["updated"]


def _describe(night: Night, label_delay_us: int) -> Features:
    asked = night.parameters
    features = build_features(
        night.store,
        label_delay_us,
        asked.workers or CORES,
        reuse=asked.skip_preprocessing,
        beside=tuple(night.described),
    )
    night.described.append(features)
    night.watch.add("features", features.seconds)
    return features


def _under_delay(night: Night, features: Features, label_delay_us: int) -> Features:
    """The features of the same rows under a recipe's label delay, which need not be the run's."""
    return features if label_delay_us == features.label_delay_us else _describe(night, label_delay_us)


def _cut(night: Night, features: Features, train_window_us: int | None, *, holdout: str | None) -> Cut:
    role, stage = ("served", "serve") if holdout is None else ("judged", "features")
    cut = cut_training_set(
        night.store,
        features,
        role,
        holdout=holdout,
        train_window_us=train_window_us,
        workers=night.parameters.workers or CORES,
    )
    night.watch.add(stage, cut.seconds)
    return cut


def _fit(night: Night, features: Features, cut: Cut) -> tuple[Fitted, ...]:
    """Search where asked for, then fit the chosen families and, beside them, the champion's and the nominated one."""
    report, asked = night.report, night.parameters
    report.families = [FamilyOutcome(family) for family in asked.families]
    with night.watch.stage("fit"):
        recipes = (
            search_families(night, features, cut)
            if asked.mode == "search"
            else {family: night.default_recipe(family) for family in asked.families}
        )
        fits = fit_families(night, features, cut, report.families, recipes)
        if not fits:
            raise EveryFamilyFailedError({outcome.family: outcome.error or "" for outcome in report.families})
        fits += _fit_champion_again(night, features, cut, recipes)
        fits += _fit_nominated_again(night, features, cut, {Recipe.of(fitted.recipe).digest for fitted in fits})
        enter_settled_evidence(night.store, features, [Recipe.of(fitted.recipe).digest for fitted in fits])
        report.served = _score_served(night, features)
        _say_how_the_champion_serves(report.served)
        report.baselines = score_holdout_baselines(night.store, features, cut, asked.under_cost)
        report.holdout = describe_holdout(night.store, features, cut)
    return fits


def _score_served(night: Night, features: Features) -> dict[str, Any] | None:
    """How the champion does as it serves, with what it knew on the way by its own label delay."""
    champion = current_champion(night.store)
    if champion is None:
        return None
    delay = Recipe.of(champion.recipe_values).label_delay_us
    return score_served_champion(night.store, _under_delay(night, features, delay))


def _say_how_the_champion_serves(served: dict[str, Any] | None) -> None:
    if served is not None:
        get_run_logger().info(
            "the champion as it serves scores %.1f on the %d jobs that came after its fit",
            served["score"],
            served["rows"],
        )


def _fit_champion_again(night: Night, features: Features, cut: Cut, recipes: Recipes) -> tuple[Fitted, ...]:
    """The champion's own recipe on the same rows as its challengers, where it is none of them; age is no skill."""
    champion = current_champion(night.store)
    if champion is None or champion.recipe in {recipe.digest for recipe in recipes.values()}:
        return ()
    recipe = Recipe.of(champion.recipe_values)
    if recipe.feature_version != FEATURE_VERSION:
        get_run_logger().warning("%s was fitted on features that this release no longer makes", champion.version)
        return ()
    _say_where_headroom_is_another(champion, recipe, night.parameters.headroom_pct)
    night.report.beside = FamilyOutcome(champion.family)
    return _fit_beside(night, night.report.beside, recipe, features, cut, purpose="champion's recipe")


def _say_where_headroom_is_another(champion: Champion, recipe: Recipe, asked_pct: float) -> None:
    if recipe.rule.headroom_pct != asked_pct:
        get_run_logger().warning(
            "%s keeps its own headroom of %g %%; asked for are %g %%. Headroom costs points, so the gate will not "
            "switch to more of it: for that, take another --store",
            champion.version,
            recipe.rule.headroom_pct,
            asked_pct,
        )


def _fit_beside(
    night: Night, outcome: FamilyOutcome, recipe: Recipe, features: Features, cut: Cut, *, purpose: Purpose
) -> tuple[Fitted, ...]:
    """Fit a recipe of an earlier run under its own label delay and training window, at this run's cut-off."""
    asked = night.parameters
    features = _under_delay(night, features, recipe.label_delay_us)
    if (recipe.label_delay_us, recipe.train_window_us) != (asked.label_delay_us, asked.train_window_us):
        cut = _cut(night, features, recipe.train_window_us, holdout=asked.holdout)
    return fit_families(night, features, cut, [outcome], {outcome.family: recipe}, purpose=purpose)


def _fit_nominated_again(night: Night, features: Features, cut: Cut, fitted: set[str]) -> tuple[Fitted, ...]:
    """The open nomination's recipe, where it is not fitted already: the nights that are to confirm it need its fits."""
    found = nominated_fit(night.store)
    if found is None or found.recipe in fitted:
        return ()
    recipe = Recipe.of(dict(found.recipe_values))
    if recipe.feature_version != FEATURE_VERSION:
        get_run_logger().warning("the nominated %s needs features that this release no longer makes", found.family)
        return ()
    night.report.nominated = FamilyOutcome(found.family)
    return _fit_beside(night, night.report.nominated, recipe, features, cut, purpose="nominated")


def _conclude(night: Night, evening: Evening, judgement: Judgement) -> tuple[dict[str, Any], Aside]:
    """Fit the recipe that is to serve on everything known, promote it, and report."""
    verdict = judgement.verdict
    judged = next((fitted for fitted in evening.fits if _is_chosen(fitted, verdict)), None)
    changes = evening.applies and judged is not None and verdict.kind in PROMOTIONS
    meanwhile = draw_meanwhile(night, evening.features, _serving(judged if changes else None, judgement))
    served = None
    if changes and judged is not None:
        recipe = Recipe.of(judged.recipe)
        features = _under_delay(night, evening.features, recipe.label_delay_us)
        order = night.order(judged.recipe, features, _cut(night, features, recipe.train_window_us, holdout=None))
        with night.watch.stage("serve"):
            served = fit_served(order, judged)
    champion = carry_out(evening, judgement, judged if served else None, served)
    return _report(night, meanwhile, verdict, before=judgement.champion, champion=champion, applied=served is not None)


def _serving(promoted: Fitted | None, judgement: Judgement) -> str | None:
    """Id of the recipe that will serve when the verdict is carried out; None where nobody will."""
    if promoted is not None:
        return Recipe.of(promoted.recipe).digest
    return None if judgement.champion is None else judgement.champion.recipe


def _is_chosen(fitted: Fitted, verdict: Verdict) -> bool:
    return verdict.champion is not None and Recipe.of(fitted.recipe).digest == verdict.champion.digest


def _report(
    night: Night,
    meanwhile: Meanwhile | None,
    verdict: Verdict,
    *,
    before: Champion | None,
    champion: Champion | None,
    applied: bool,
) -> tuple[dict[str, Any], Aside]:
    """The result, and what is told beside it; both are shown in the UI, with what was made of the hold-out."""
    night.report.seconds = night.watch.seconds()
    result = night.report.result(verdict, applied=applied, champion=champion, before=before)
    return result, show_night(night, result, champion, meanwhile)


def _note_end(store: str, run_id: str, state: Literal["failed", "stopped"]) -> str:
    """Record how a run ended; where that fails too, returns a sentence for the message, as the first error counts."""
    try:
        end_run(store, run_id, state, None)
    except ResourcePredictionError as error:
        get_run_logger().exception("run %s could not be recorded as %s", run_id, state)
        return f" The run could not be recorded as {state} (got {error.got}): the next one marks it as stopped."
    return ""


def _message(result: dict[str, Any]) -> str:
    """The verdict's reason, and which families it was given without."""
    failed = [family["family"] for family in result["families"] if family["status"] == "failed"]
    note = f" {len(failed)} of {len(result['families'])} families failed: {', '.join(failed)}." if failed else ""
    withheld = " Nothing was changed: this run was asked not to promote." if is_withheld(result) else ""
    return f"{result['reason']}{withheld}{note}"


def _failed(error: ResourcePredictionError, note: str = "") -> State[Any]:
    return Failed(name=BAD_INPUT if is_bad_input(error) else "Failed", message=f"{error}{note}")
