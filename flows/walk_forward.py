"""The flow of a replay: ingest, describe, fit period by period, draw together. Not here: its command line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.exit_status import is_bad_input
from flows.fit_runner import FitRunner
from flows.interrupt import FitThreads, taking_signals
from flows.night import CORES, fit_runner, store_of
from flows.replay_parameters import ReplayParameters
from flows.retrain import BAD_INPUT
from resource_prediction.allocation import AllocationRule
from resource_prediction.errors import EveryFamilyFailedError, ResourcePredictionError
from resource_prediction.replay.periods import Period
from resource_prediction.summary.aside import Price
from tasks.elsewhere import take_in
from tasks.features import Features, build_features
from tasks.ingest import generate_demo, with_retries
from tasks.replay import (
    PeriodOrder,
    ReplayRecipe,
    Walk,
    choose_recipes,
    cut_period,
    fit_period,
    held_store,
    is_finished,
    plan_walk,
)
from tasks.replay_outcome import ReplayEnd, conclude_replay
from tasks.run_logs import logs_of_run
from tasks.ui import show_replay
from warehouse.faults import store_faults
from warehouse.layout import Layout

RUNNER: Any = FitThreads(max_workers=CORES)


@dataclass
class Replay:
    """A replay on its way.

    Attributes:
        parameters: What was asked.
        store: The store's folder.
        features: Features of all rows.
        walk: What is walked over.
        recipes: Of each family.
        runner: Where families are fitted.
        failed: Error of each family that failed in some period; it is not fitted any more.
    """

    parameters: ReplayParameters
    store: str
    features: Features
    walk: Walk
    recipes: Mapping[str, ReplayRecipe]
    runner: FitRunner
    failed: dict[str, str] = field(default_factory=dict)

    def orders(self, period: Period) -> list[PeriodOrder]:
        """What is to be fitted for a period."""
        return [
            PeriodOrder(self.store, self.features, recipe.values, period, self.parameters.seed)
            for family, recipe in self.recipes.items()
            if family not in self.failed
        ]


def _run_name() -> str:
    return f"replay-{datetime.now(UTC):%Y-%m-%d}"


@flow(name="replay", flow_run_name=_run_name, task_runner=RUNNER)
def replay(parameters: ReplayParameters) -> State[Any]:
    """Walk forward over the past, and report what each policy would have cost; nothing that serves is changed."""
    store = store_of(parameters)
    try:
        runner = fit_runner(parameters)
        with held_store(store), taking_signals(), runner, store_faults(Layout(Path(store))), logs_of_run():
            result = _take_steps(parameters, store, runner)
    except ResourcePredictionError as error:
        return Failed(name=BAD_INPUT if is_bad_input(error) else "Failed", message=str(error))
    return Completed(name="Replayed", message=f"report: {result['report']}", data=result)


def _take_steps(parameters: ReplayParameters, store: str, runner: FitRunner) -> dict[str, Any]:
    began = time.perf_counter()
    _ingest(parameters, store)
    features = build_features(store, parameters.label_delay_us, parameters.workers or CORES, reuse=False)
    walk = plan_walk(store, features, parameters.dates, parameters.every_us)
    rule = AllocationRule(under_cost=parameters.under_cost, headroom_pct=parameters.headroom_pct)
    recipes = choose_recipes(store, parameters.families, rule, parameters.label_delay_us, walk.span.since_us)
    under_way = Replay(parameters, store, features, walk, recipes, runner)
    prepared_seconds = time.perf_counter() - began
    _fit_periods(under_way)
    end = ReplayEnd(
        store=store,
        features=features,
        walk=walk,
        recipes=recipes,
        failed=under_way.failed,
        seed=parameters.seed,
        under_cost=parameters.under_cost,
        headroom_pct=parameters.headroom_pct,
        every=parameters.every,
        price=Price(parameters.job_hours, parameters.usd_per_gib_hour),
    )
    total = time.perf_counter() - began
    result = conclude_replay(end, {"prepare": prepared_seconds, "fit": total - prepared_seconds, "total": total})
    # The report is written by now: a task that fails here stays failed in the UI, and fails no replay.
    show_replay(result, return_state=True)
    return result


def _ingest(parameters: ReplayParameters, store: str) -> None:
    """All rows: the days that are asked for are those that are replayed, and fits need what came before."""
    places: list[str] = list(parameters.source)
    telemetry: dict[str, str | int | float | None] = {"kind": "own", "mapping": None}
    if parameters.is_demo:
        places = [generate_demo(store, parameters.demo_rows, parameters.demo_days)]
        telemetry = {"kind": "demo", "rows": parameters.demo_rows, "days": parameters.demo_days}
    ingested = with_retries(parameters.ingest_retries, parameters.ingest_retry_seconds)(store, places, telemetry)
    counts = ", ".join(f"{count:,} {name}" for name, count in ingested.counts.items())
    get_run_logger().info("ingested: %s; the store holds %s rows", counts, f"{ingested.rows:,}")
    for note in ingested.notes:
        get_run_logger().error("file not read: %s", note)


def _fit_periods(under_way: Replay) -> None:
    """Fit every family for every period, families side by side; what an earlier replay finished is taken over.

    Raises:
        EveryFamilyFailedError: No family is left.
        StoreError: A task could not read or write the store.
    """
    periods = under_way.walk.all
    for number, period in enumerate(periods, start=1):
        orders = under_way.orders(period)
        missing = [order for order in orders if not is_finished(order)]
        if missing:
            _fit_missing(under_way, period, missing)
        if len(under_way.failed) == len(under_way.recipes):
            raise EveryFamilyFailedError(under_way.failed)
        get_run_logger().info(
            "replay: %d of %d periods done: fits before %s, %d made and %d taken over",
            number,
            len(periods),
            period.since,
            len(missing),
            len(orders) - len(missing),
        )


def _fit_missing(under_way: Replay, period: Period, orders: list[PeriodOrder]) -> None:
    cut = cut_period(under_way.store, under_way.features, period)
    origin = under_way.runner.origin(under_way.store, under_way.features, cut, of_replay=True)
    calls = {str(order.recipe["family"]): {"order": replace(order, origin=origin), "cut": cut} for order in orders}
    for family, ended in under_way.runner.run(fit_period, calls):
        if ended.error is None:
            take_in(under_way.store, ended.value)
        else:
            under_way.failed[family] = ended.error
            get_run_logger().error("%s failed, the others go on: %s", family, ended.error)
