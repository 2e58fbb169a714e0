"""The task that searches a family's parameters in a study of the store. Not here: spaces, folds, the objective."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import Failed

from resource_prediction.errors import ResourcePredictionError, StoreError
from resource_prediction.recipe import Recipe
from resource_prediction.search import search
from tasks.elsewhere import Origin, at_hand, hand_in
from tasks.features import Cut
from tasks.progress import FamilyProgress
from warehouse import prepared
from warehouse.exchange import Parcel
from warehouse.faults import store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Searched:
    """What a search came to.

    Attributes:
        recipe: Values of the best recipe.
        score: Its score over the folds; not to be compared with a hold-out's.
        trials: All finished trials of the study, and those of this run.
        not_shown: What the Prefect UI could not be told of it.
        parcel: The study, of a worker that cannot see the store.
    """

    recipe: dict[str, Any]
    score: float
    trials: dict[str, int]
    not_shown: tuple[str, ...] = ()
    parcel: Parcel | None = None


@task(name="search", task_run_name="search {recipe[family]} ({trials} trials)")
def search_family(
    store: str, recipe: dict[str, Any], cut: Cut, *, trials: int, seed: int, origin: Origin | None = None
) -> Searched | State[Any]:
    """Search a family until its study has as many finished trials as asked for.

    The study belongs to one training set: other rows are another question.

    Raises:
        StoreError: The store cannot be read or written, which is no fault of the family.
    """
    start = Recipe.of(recipe)
    progress = FamilyProgress("search", start.family)
    progress.tell(0, "no trial is done yet")

    def report(done: int, best: float) -> None:
        progress.tell(min(99.0, 100 * done / trials), f"{done} of {trials} trials done, best {best:.1f} so far")
        logger.info("search of %s: %d of %d trials done, best %.1f so far", start.family, done, trials, best)

    try:
        with at_hand(store, origin) as here, store_faults(Layout(Path(here))):
            layout = Layout(Path(here))
            storage = _open_journal(layout, start.family)
            data = prepared.load_training_set(layout, cut.name)
            name = f"{start.digest}-{cut.name}"
            found = search(start, data, storage, name=name, trials=trials, seed=seed, report=report)
            parcel = hand_in(here, origin, [_journal(layout, start.family).relative_to(here).as_posix()])
    except StoreError:
        raise
    except ResourcePredictionError as error:
        progress.tell(100, f"failed: {error}")
        return Failed(message=str(error))
    progress.tell(100, f"{found.done} trials done, {found.new} of them in this run; best {found.score:.1f}")
    trials_done = {"done": found.done, "new": found.new}
    return Searched(found.recipe.values, found.score, trials_done, tuple(progress.not_shown), parcel)


def _open_journal(layout: Layout, family: str) -> optuna.storages.JournalStorage:
    layout.studies.mkdir(parents=True, exist_ok=True)
    journal = str(_journal(layout, family))
    return optuna.storages.JournalStorage(JournalFileBackend(journal, lock_obj=JournalFileOpenLock(journal)))


def _journal(layout: Layout, family: str) -> Path:
    return layout.studies / f"{family}.journal"
