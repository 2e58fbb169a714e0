"""Tasks of a replay: what to walk over, fits of a period. Not here: what it came to (replay_outcome.py)."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import Failed

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.date_range import DateRange
from resource_prediction.errors import ResourcePredictionError, StoreBusyError, StoreError
from resource_prediction.evidence import iso_time
from resource_prediction.recipe import Recipe
from resource_prediction.replay.allocations import Offers, make_offers, offered_costs
from resource_prediction.replay.periods import Period, choose_span, lead_in, split
from resource_prediction.training import cut_table, fit_recipe
from tasks.elsewhere import Origin, at_hand, hand_in
from tasks.features import Cut, Features
from tasks.score import from_us, load_scored_jobs
from warehouse import prepared
from warehouse.exchange import Parcel
from warehouse.faults import store_faults
from warehouse.layout import Layout
from warehouse.registry import Registry
from warehouse.replays import allocations_key, find_offers, save_offers
from warehouse.run_locks import hold_run, release_run
from warehouse.store import open_store

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Walk:
    """What a replay walks over.

    Attributes:
        span: The days that are replayed.
        periods: Periods with jobs, in order of time.
        before: The period before the span, whose fits the first night judges; None where too little was known.
    """

    span: Period
    periods: tuple[Period, ...]
    before: Period | None

    @property
    def all(self) -> tuple[Period, ...]:
        """Every period that is fitted for."""
        return self.periods if self.before is None else (self.before, *self.periods)


@dataclass(frozen=True)
class ReplayRecipe:
    """A family's recipe in a replay.

    Attributes:
        values: Of the recipe.
        is_default: It has the code's own parameters, so that its evidence enters the ledger.
        in_hindsight: A search, or a first verdict, had seen rows of the replayed days when it chose it.
    """

    values: dict[str, Any]
    is_default: bool
    in_hindsight: bool


@dataclass(frozen=True)
class PeriodOrder:
    """What to fit for which period; the order of a task.

    Attributes:
        store: The store's folder.
        features: Features of all rows.
        recipe: Values of the recipe.
        period: Jobs that are allocated for; its beginning is the cut-off.
        seed: Seed of the fit.
        origin: Where the order comes from, for a task outside the flow's process.
    """

    store: str
    features: Features
    recipe: dict[str, Any]
    period: Period
    seed: int
    origin: Origin | None = None

    @property
    def replay(self) -> Layout:
        """What replays of the store keep."""
        return Layout(Path(self.store)).replay

    @property
    def fitted(self) -> Recipe:
        """What is fitted: the recipe without what needs no other fit, its penalty and its headroom."""
        recipe = Recipe.of(self.recipe)
        return replace(recipe, rule=AllocationRule(max_risk=recipe.rule.max_risk))

    @property
    def under_costs(self) -> tuple[float, ...]:
        """Penalties that the fit is asked for."""
        return offered_costs(Recipe.of(self.recipe).rule.under_cost)

    @property
    def key(self) -> str:
        """Name of what comes of it."""
        return allocations_key(self.features.name, self.fitted.digest, self.period, self.seed, self.under_costs)

    def find(self) -> Offers | None:
        """What the fit offers, where it is finished."""
        return find_offers(self.replay, self.key, self.under_costs)


@contextmanager
def held_store(store: str) -> Iterator[str]:
    """Hold a store for a replay as a run of the main job does; yields the replay's id.

    Raises:
        StoreBusyError: A living run or replay holds it.
    """
    layout, now = Layout(Path(store)), datetime.now(UTC)
    replay_id = f"replay-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    open_store(layout)
    holder = hold_run(layout.run_lock, replay_id, at=now)
    if holder is not None:
        raise StoreBusyError(store, **asdict(holder))
    try:
        yield replay_id
    finally:
        release_run(layout.run_lock, replay_id)


@task(name="plan replay", task_run_name="plan the replay")
def plan_walk(store: str, features: Features, dates: DateRange, every_us: int) -> Walk:
    """Choose the days and cut them into periods; those without a scored job are left out.

    Raises:
        TooFewRowsError: Less was known at the beginning than a fit needs.
        ReplayRangeError: No scored job lies in the days.
    """
    jobs = prepared.load_features(Layout(Path(store)), features.name).jobs
    is_scored = jobs.outcomes.is_scored
    submitted_us, known_us = jobs.submissions.submitted_us[is_scored], jobs.outcomes.known_us[is_scored]
    span = choose_span(submitted_us, known_us, dates)

    def has_jobs(period: Period) -> bool:
        return bool(((submitted_us >= period.since_us) & (submitted_us < period.until_us)).any())

    before = lead_in(span, every_us, known_us)
    periods = tuple(filter(has_jobs, split(span.since_us, span.until_us, every_us)))
    return Walk(span, periods, before if before is not None and has_jobs(before) else None)


@task(name="choose recipes", task_run_name="choose the recipes to replay")
def choose_recipes(
    store: str, families: tuple[str, ...], rule: AllocationRule, label_delay_us: int, since_us: int
) -> dict[str, ReplayRecipe]:
    """Each family with its defaults; the champion's family with the champion's parameters where they are others."""
    with Registry.read(Layout(Path(store))) as registry:
        champion, seen = registry.champion(), registry.seen.until()
    chosen = {}
    for family in families:
        parameters, is_default, in_hindsight = default_parameters(family), True, False
        if champion is not None and champion.family == family and champion.recipe_values["parameters"] != parameters:
            parameters, is_default = dict(champion.recipe_values["parameters"]), False
            in_hindsight = seen.get(champion.recipe, "") > iso_time(from_us(since_us))
        recipe = Recipe(family, parameters, rule, label_delay_us)
        chosen[family] = ReplayRecipe(recipe.values, is_default, in_hindsight)
    return chosen


@task(name="cut period", task_run_name="cut what was known before {period.since}")
def cut_period(store: str, features: Features, period: Period) -> Cut:
    """Cut the training set of a period: what was known before its beginning.

    Raises:
        TooFewRowsError: Too few rows are left.
    """
    layout, began = Layout(Path(store)), time.perf_counter()
    name = prepared.training_key(features.name, period.since_us, None)
    if not prepared.has_training_set(layout.replay, name):
        data = cut_table(partial(prepared.load_features, layout, features.name), until_us=period.since_us)
        prepared.save_training_set(layout.replay, name, data)
    return Cut(name, period.since_us, time.perf_counter() - began)


def is_finished(order: PeriodOrder) -> bool:
    """Whether an earlier replay, also one that was stopped, has made these allocations."""
    return order.find() is not None


@task(name="replay fit", task_run_name="fit {order.recipe[family]} before {order.period.since}")
def fit_period(order: PeriodOrder, cut: Cut) -> Parcel | State[Any] | None:
    """Fit a recipe on what was known, allocate for its period, and keep what it offers.

    A family that cannot be fitted ends as a failed task with one line, and stops no other.

    Returns:
        The allocations, of a worker that cannot see the store; else None.

    Raises:
        StoreError: The store cannot be read or written, which is no fault of the family.
    """
    try:
        with at_hand(order.store, order.origin) as store, store_faults(Layout(Path(store)).replay):
            replay, period = Layout(Path(store)).replay, order.period
            model = fit_recipe(order.fitted, prepared.load_training_set(replay, cut.name), order.seed)
            jobs = load_scored_jobs(store, order.features, since_us=period.since_us, until_us=period.until_us)
            path = save_offers(replay, order.key, make_offers(model, jobs, order.under_costs))
            return hand_in(store, order.origin, [path.relative_to(store).as_posix()])
    except StoreError:
        raise
    except ResourcePredictionError as error:
        return Failed(message=str(error))
