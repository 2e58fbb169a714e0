"""A search as a task: its study is kept in the store, belongs to one training set, and starts from earlier ones."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from prefect.client.schemas.objects import State

from resource_prediction.errors import FitError
from resource_prediction.recipe import Recipe
from resource_prediction.search import FoldScore
from resource_prediction.search import study as study_module
from resource_prediction.search.history import FINISHED
from tasks.features import cut_training_set
from tasks.search import Searched, SearchOrder, search_family
from tests.tasks.conftest import FAMILY, Prepared

ROOT = Path(__file__).resolve().parents[2]


def bins(_recipe: Any, drawn: dict[str, Any], *_: Any, **__: Any) -> Iterator[FoldScore]:
    """A trial's score without a fit: the more bins the better."""
    score = 100.0 - drawn["n_bins"]
    yield from [FoldScore(fold, score, (score,) * 4 * (fold + 1)) for fold in range(3)]


@pytest.fixture
def trial_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_module, "score_folds", bins)


def order(prepared: Prepared, trials: int, **changed: Any) -> SearchOrder:
    values = {"store": prepared.store, "run_id": "run-1", "cut": prepared.cut, "seed": 1, **changed}
    return SearchOrder(recipe=prepared.order().recipe, trials=trials, **values)


def search(prepared: Prepared, trials: int, **changed: Any) -> Searched:
    found = search_family.fn(order(prepared, trials, **changed))
    assert isinstance(found, Searched)
    return found


def journals(prepared: Prepared) -> list[Path]:
    return list((Path(prepared.store) / "studies" / FAMILY).glob("*.journal"))


@pytest.mark.usefixtures("trial_scores")
def test_a_study_goes_on_in_the_next_run(prepared: Prepared) -> None:
    assert search(prepared, 3).trials == {"done": 3, "new": 3}
    assert search(prepared, 3).trials == {"done": 3, "new": 0}
    assert search(prepared, 5).trials == {"done": 5, "new": 2}


@pytest.mark.usefixtures("trial_scores")
def test_the_best_recipe_keeps_the_rule_and_all_parameters(prepared: Prepared) -> None:
    found = search(prepared, 6)
    start = Recipe.of(prepared.order().recipe)
    best = Recipe.of(found.recipe)
    assert best.rule == start.rule
    assert best.parameters.keys() == start.parameters.keys()
    assert found.score == 100.0 - best.parameters["n_bins"] < 100.0 - start.parameters["n_bins"]


@pytest.mark.usefixtures("trial_scores")
def test_other_rows_are_another_question_that_starts_from_the_earlier_answer(prepared: Prepared) -> None:
    first = search(prepared, 6)
    later = replace(prepared.cut, name=_earlier_cut(prepared).name)
    assert search(prepared, 2, cut=later).trials == {"done": 2, "new": 2}
    assert len(journals(prepared)) == 2
    kinds = [row["from"] for row in _trials_of_run(prepared)]
    assert kinds == ["defaults", "earlier study"]
    assert float(_trials_of_run(prepared)[1]["score"]) == first.score


@pytest.mark.usefixtures("trial_scores")
def test_a_study_does_not_start_from_one_that_saw_its_holdout(prepared: Prepared) -> None:
    search(prepared, 6)
    search(prepared, 2, cut=_earlier_cut(prepared))
    assert [row["from"] for row in _trials_of_run(prepared)] == ["defaults", "drawn"]


def test_a_search_that_cannot_be_made_ends_as_one_line(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Iterator[FoldScore]:
        raise FitError("trial", got="no luck", expected="luck", next_step="Try again.")

    monkeypatch.setattr(study_module, "score_folds", fail)
    state = search_family.fn(order(prepared, 1))
    assert isinstance(state, State)
    assert state.message == "trial: got no luck; expected luck. Try again."


@pytest.mark.usefixtures("trial_scores")
def test_a_damaged_journal_fails_its_family_in_one_line(prepared: Prepared) -> None:
    search(prepared, 1)
    [journal] = journals(prepared)
    journal.write_text("no journal\n" * 2, encoding="utf-8")
    state = search_family.fn(order(prepared, 2))
    assert isinstance(state, State)
    assert state.message is not None
    assert state.message.startswith(f"reading the trials in {journal}")
    assert "\n" not in state.message


@pytest.mark.usefixtures("trial_scores")
def test_where_time_is_up_a_family_has_its_defaults(prepared: Prepared) -> None:
    found = search(prepared, 9, ends_at=0.0)
    assert found.trials == {"done": 1, "new": 1}
    assert found.recipe == prepared.order().recipe


@pytest.mark.usefixtures("trial_scores")
def test_the_trials_lie_beside_the_run_as_csv(prepared: Prepared) -> None:
    search(prepared, 3)
    rows = _trials_of_run(prepared)
    assert [row["number"] for row in rows] == ["0", "1", "2"]
    assert rows[0]["from"] == "defaults"
    assert {"score", "pruned", "seconds", "n_bins", "C"} <= rows[0].keys()


KILLED = """
import sys
from tasks.features import Cut
from tasks.search import SearchOrder, search_family
store, recipe, cut = sys.argv[1], __import__("json").loads(sys.argv[2]), Cut(sys.argv[3], int(sys.argv[4]), 0.0)
search_family.fn(SearchOrder(store, "run-1", recipe, cut, 500, 1))
"""


@pytest.mark.slow
def test_killed_without_warning_no_finished_trial_is_lost(prepared: Prepared) -> None:
    """A real process, real fits, SIGKILL in the middle of a trial."""
    start, cut = order(prepared, 500), prepared.cut
    command = [sys.executable, "-c", KILLED, start.store, json.dumps(start.recipe), cut.name, str(cut.until_us)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "CRITICAL"}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and _finished(prepared) < 3:
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = _finished(prepared)
    assert 3 <= before < 500
    found = search(prepared, before + 2)
    assert found.trials["done"] == before + 2
    assert found.trials["new"] == 2
    study = _study(prepared)
    assert study is not None
    assert not study.get_trials(states=[optuna.trial.TrialState.RUNNING])


def _finished(prepared: Prepared) -> int:
    study = _study(prepared)
    return 0 if study is None else len(study.get_trials(states=FINISHED))


def _study(prepared: Prepared) -> optuna.Study | None:
    """The study, read beside the process that writes it."""
    for path in journals(prepared):
        storage = JournalStorage(JournalFileBackend(str(path)))
        for name in optuna.get_all_study_names(storage):
            return optuna.load_study(study_name=name, storage=storage)
    return None


def _earlier_cut(prepared: Prepared) -> Any:
    return cut_training_set.fn(prepared.store, prepared.features, "judged", holdout="40%", train_window_us=None)


def _trials_of_run(prepared: Prepared) -> list[dict[str, str]]:
    path = Path(prepared.store) / "runs" / "run-1" / f"trials-{FAMILY}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
