"""The task that searches a family's parameters in a study of the store. Not here: trials (library), journals."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import Failed

from resource_prediction.errors import ResourcePredictionError, StoreError
from resource_prediction.recipe import Recipe
from resource_prediction.search import Budget, SearchResult, earlier_best, search
from tasks.elsewhere import Origin, at_hand, hand_in
from tasks.features import Cut
from tasks.progress import FamilyProgress
from tasks.study_report import report_study
from warehouse import prepared
from warehouse.exchange import Parcel
from warehouse.faults import store_faults
from warehouse.layout import Layout
from warehouse.running_searches import fit_threads, running_search
from warehouse.studies import drop_old_studies, earlier_studies, open_study, study_path

logger = logging.getLogger(__name__)

STARTS = 3
"""Trials of an earlier study that a new one begins with, after the defaults."""


@dataclass(frozen=True)
class SearchOrder:
    """What to search, on what, how far; the order of a task.

    Attributes:
        store: The store's folder.
        run_id: The run.
        recipe: Values of the recipe to start from.
        cut: The training set.
        trials: Finished trials of the study, those of earlier runs included.
        seed: Seed of learners and sampler.
        ends_at: When to begin no further trial, in seconds since 1970; None is never.
        origin: Where the order comes from, for a task outside the flow's process.
    """

    store: str
    run_id: str
    recipe: dict[str, Any]
    cut: Cut
    trials: int
    seed: int
    ends_at: float | None = None
    origin: Origin | None = None

    @property
    def layout(self) -> Layout:
        """The store."""
        return Layout(Path(self.store))

    @property
    def study(self) -> str:
        """Name of the study: of one recipe to start from, on one training set."""
        return f"{Recipe.of(self.recipe).digest}-{self.cut.name}"

    @property
    def is_over(self) -> bool:
        """Whether its time is up."""
        return self.ends_at is not None and time.time() >= self.ends_at


@dataclass(frozen=True)
class Searched:
    """What a search came to.

    Attributes:
        recipe: Values of the best recipe.
        score: Its score over the folds; not to be compared with a hold-out's.
        trials: All finished trials of the study, and those of this run.
        not_shown: What the Prefect UI could not be told of it.
        parcel: The study and its tables, of a worker that cannot see the store.
    """

    recipe: dict[str, Any]
    score: float
    trials: dict[str, int]
    not_shown: tuple[str, ...] = ()
    parcel: Parcel | None = None


@task(name="search", task_run_name="search {order.recipe[family]} ({order.trials} trials)")
def search_family(order: SearchOrder) -> Searched | State[Any]:
    """Search a family until its study has as many finished trials as asked for, or the time is up.

    The study belongs to one training set: other rows are another question, which begins with an earlier answer.

    Raises:
        StoreError: The store cannot be read or written, which is no fault of the family.
    """
    family = str(order.recipe["family"])
    progress = FamilyProgress("search", family)
    progress.tell(0, "no trial is done yet")
    try:
        with at_hand(order.store, order.origin) as store, store_faults(Layout(Path(store))):
            found, written = _search_here(replace(order, store=store), progress)
            parcel = hand_in(store, order.origin, [path.relative_to(store).as_posix() for path in written])
    except StoreError:
        raise
    except ResourcePredictionError as error:
        progress.tell(100, f"failed: {error}")
        return Failed(message=str(error))
    progress.tell(100, f"{found.done} trials done, {found.new} of them in this run; best {found.score:.1f}")
    trials_done = {"done": found.done, "new": found.new}
    return Searched(found.recipe.values, found.score, trials_done, tuple(progress.not_shown), parcel)


def _search_here(order: SearchOrder, progress: FamilyProgress) -> tuple[SearchResult, list[Path]]:
    """Search, report and tidy up; returns the files that were written as well."""
    family = str(order.recipe["family"])
    with running_search(order.layout, family):
        found = _search(order, progress)
    tables = report_study(order.layout, order.run_id, found, progress.not_shown)
    drop_old_studies(order.layout, family, order.study)
    return found, [study_path(order.layout, family, order.study), *tables]


def _search(order: SearchOrder, progress: FamilyProgress) -> SearchResult:
    layout, start = order.layout, Recipe.of(order.recipe)
    name = order.study
    storage = open_study(layout, start.family, name)
    data = prepared.load_training_set(layout, order.cut.name)
    starts = earlier_best(earlier_studies(layout, start.family, name), order.cut.until_us, STARTS)
    # In a folder of its own a search sees no other one: it leaves the machine's other cores to those.
    cores = 1 if order.origin is not None and order.origin.parcel is not None else os.cpu_count() or 1
    budget = Budget(order.trials, order.seed, lambda: order.is_over, lambda: fit_threads(layout, cores))

    def report(done: int, best: float) -> None:
        percent = min(99.0, 100 * done / order.trials)
        progress.tell(percent, f"{done} of {order.trials} trials done, best {best:.1f} so far")
        logger.info("search of %s: %d of %d trials done, best %.1f so far", start.family, done, order.trials, best)

    return search(start, data, storage, name=name, budget=budget, starts=starts, report=report)
