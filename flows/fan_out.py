"""Families side by side: searches and fits as parallel tasks, with progress. Not here: what comes before and after."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect import Task, get_run_logger

from flows.fit_runner import Calls
from flows.night import CORES, Night
from resource_prediction.recipe import Recipe
from tasks.elsewhere import take_in
from tasks.features import Cut, Features
from tasks.fit import Fitted, Purpose, fit_judged, is_fitted
from tasks.report import FamilyOutcome
from tasks.run import run_state
from tasks.search import SearchOrder, search_family
from warehouse.layout import Layout
from warehouse.running_searches import queue_searches

Recipes = dict[str, Recipe]
"""The recipe of each family."""


def search_families(night: Night, features: Features, cut: Cut) -> Recipes:
    """Search every chosen family at once; one that fails is left out, with its error in the report."""
    asked, origin = night.parameters, night.runner.origin(night.store, features, cut)
    families = [outcome.family for outcome in night.report.families]
    queue_searches(Layout(Path(night.store)), families)
    ends = search_ends(night, len(families))
    orders = {
        family: SearchOrder(
            night.store,
            night.report.run_id,
            night.default_recipe(family).values,
            cut,
            trials=asked.trials,
            seed=asked.seed,
            ends_at=end,
            origin=origin,
        )
        for family, end in zip(families, ends, strict=True)
    }
    calls = {family: {"order": order} for family, order in orders.items()}
    found: Recipes = {}
    for outcome, searched in _as_they_end(night, search_family, night.report.families, calls):
        outcome.trials, found[outcome.family] = searched.trials, Recipe.of(searched.recipe)
        outcome.not_shown += searched.not_shown
        trials = sum(each.trials["done"] for each in night.report.families if each.trials)
        get_run_logger().info(
            "search: %d of %d families, %d of %d trials done: %s best %.1f",
            len(found),
            len(calls),
            trials,
            len(calls) * asked.trials,
            outcome.family,
            searched.score,
        )
    return found


def search_ends(night: Night, families: int) -> list[float | None]:
    """When each search is to end: of the time that is asked for, each round of searches side by side gets as much."""
    seconds = night.parameters.timeout_seconds
    if seconds is None:
        return [None] * families
    began, at_once = time.time(), night.parameters.workers or CORES
    rounds = -(-families // at_once)
    return [began + seconds * (family // at_once + 1) / rounds for family in range(families)]


def fit_families(
    night: Night,
    features: Features,
    cut: Cut,
    outcomes: list[FamilyOutcome],
    recipes: Recipes,
    *,
    purpose: Purpose = "candidate",
) -> tuple[Fitted, ...]:
    """Fit and score every family that has a recipe at once; one that fails is left out, and its error reported."""
    orders = {family: night.order(recipe.values, features, cut, purpose) for family, recipe in recipes.items()}
    finished = {family for family, order in orders.items() if is_fitted(order)}
    if len(finished) < len(orders):
        origin = night.runner.origin(night.store, features, cut)
        orders |= {family: replace(orders[family], origin=origin) for family in orders.keys() - finished}
    calls = {family: {"order": order} for family, order in orders.items()}
    best: Fitted | None = None
    done = 0
    for outcome, fitted in _as_they_end(night, fit_judged, outcomes, calls, finished):
        outcome.fitted, done = fitted, done + 1
        outcome.not_shown += fitted.not_shown
        if best is None or fitted.metrics["score"] < best.metrics["score"]:
            best = fitted
        get_run_logger().info(
            "fit: %d of %d families done: %s scores %.1f %s; best so far: %s with %.1f",
            done,
            len(calls),
            outcome.family,
            fitted.metrics["score"],
            _origin(night, fitted),
            best.recipe["family"],
            best.metrics["score"],
        )
    return tuple(outcome.fitted for outcome in outcomes if outcome.fitted)


def _as_they_end(
    night: Night,
    task: Task[..., Any],
    outcomes: Iterable[FamilyOutcome],
    calls: Calls,
    here: Container[str] = frozenset(),
) -> Iterator[tuple[FamilyOutcome, Any]]:
    """Each family with its task's result as it ends; a failed one is noted and not yielded.

    Raises:
        StoreError: A task could not read or write the store.
    """
    of_family = {outcome.family: outcome for outcome in outcomes}
    for family, ended in night.runner.run(task, calls, here):
        outcome = of_family[family]
        if ended.error is None:
            take_in(night.store, ended.value.parcel)
            yield outcome, ended.value
        else:
            outcome.error = ended.error
            get_run_logger().error("%s failed, the others go on: %s", family, outcome.error)


def _origin(night: Night, fitted: Fitted) -> str:
    if fitted.taken_from is None:
        return f"in {fitted.fit_seconds:.1f} s"
    if run_state(night.store, fitted.taken_from) == "done":
        return f"(equal data, code and parameters: taken from run {fitted.taken_from})"
    return f"(taken from the stopped run {fitted.taken_from})"
