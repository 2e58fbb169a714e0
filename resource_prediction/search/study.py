"""A family's search: which trial is next, pruned after each fold, resumable. Not here: objective, where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from resource_prediction.config import default_parameters, hyperparameters
from resource_prediction.errors import ResourcePredictionError
from resource_prediction.models.shared_work import SharedWork
from resource_prediction.recipe import Recipe
from resource_prediction.search.folds import FOLDS
from resource_prediction.search.history import (
    KIND,
    UNTIL,
    VARIANT_OF,
    Trial,
    best_trials,
    finished,
    importance,
    read_trials,
)
from resource_prediction.search.pruning import FOLD_CHANCE, LOOK_CHANCE, is_behind
from resource_prediction.search.space import suggest, variants
from resource_prediction.search.trial import FoldScore, score_folds
from resource_prediction.training import TrainingSet

Progress = Callable[[int, float], None]

STARTS, RETRY_OF = "starts", "retry_of"
"""Attributes in Optuna: of a study, the parameters that it starts from; of a trial, whose retry it is."""

STAGES = "block_scores_by_stage"
"""Attribute of a complete trial: what later ones are compared with."""

_LAST = FoldScore(FOLDS - 1, 0.0, ()).stage


@dataclass(frozen=True)
class SearchResult:
    """What a search came to.

    Attributes:
        recipe: The best one.
        score: Its score over the folds.
        done: Finished trials of the study, pruned ones included.
        new: Those of this call.
        trials: All finished ones.
        importance: Of the parameters; empty where there are too few trials.
    """

    recipe: Recipe
    score: float
    done: int
    new: int
    trials: tuple[Trial, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """How far a search goes, and with what.

    Attributes:
        trials: Finished trials, those of earlier calls included.
        seed: Seed of learner and sampler.
        is_over: Asked before each fold; where it says so, the search ends once it has one complete trial.
        threads: Asked at the start of each trial: threads of its fits.
    """

    trials: int
    seed: int
    is_over: Callable[[], bool] = lambda: False
    threads: Callable[[], int] = lambda: 1


class _TimeIsUpError(Exception):
    """The trial is left unfinished: the next search tries it again."""


def search(
    recipe: Recipe,
    data: TrainingSet,
    storage: optuna.storages.BaseStorage,
    *,
    name: str,
    budget: Budget,
    starts: Sequence[Mapping[str, Any]] = (),
    report: Progress | None = None,
) -> SearchResult:
    """Tune a family until its study has as many finished trials as asked for; the defaults are the first trial.

    Which trial is next follows from the finished trials and the seed alone, so a search that was killed and begun
    again takes the same trials as one that was not. Where time ran out, the unfinished trial is left for the next call.

    Args:
        recipe: The family and its rule.
        data: Training rows; nothing of the hold-out is inside.
        storage: Where the study is kept; one that is there is gone on with.
        name: Name of the study.
        budget: How far to go.
        starts: Parameters to try after the defaults, such as an earlier study's best; of no meaning for a study that
            is there.
        report: Called after each trial with the finished trials and the best score so far.
    """
    study = optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
    if STARTS not in study.user_attrs:
        study.set_user_attr(UNTIL, data.until_us)
        study.set_user_attr(STARTS, _starts(recipe.family, starts))
    before, work = len(finished(study)), SharedWork()
    while (done := len(finished(study))) < budget.trials and not (done and budget.is_over()):
        try:
            _take(study, recipe, data, budget, work)
        except _TimeIsUpError:
            break
        if report is not None:
            report(done + 1, study.best_value)
    return _result(study, recipe, before)


def _result(study: optuna.Study, recipe: Recipe, before: int) -> SearchResult:
    trials = read_trials(study)
    best = best_trials(trials, 1)[0]
    found = replace(recipe, parameters={**recipe.parameters, **best.parameters})
    return SearchResult(found, best.score, len(trials), len(trials) - before, trials, importance(study))


def _take(study: optuna.Study, recipe: Recipe, data: TrainingSet, budget: Budget, work: SharedWork) -> None:
    """Take the next trial to its end, or to the stage at which it is pruned."""
    trial = _ask(study, recipe.family, budget.seed)
    if VARIANT_OF not in trial.user_attrs:
        work.forget_grown()
    parameters = suggest(trial, recipe.family)
    scores = score_folds(recipe, parameters, data, budget.seed, work=work, n_jobs=budget.threads(), looks=True)
    best = _best(study)
    stages: dict[str, tuple[float, ...]] = {}
    try:
        for scored in scores:
            stages[scored.stage] = scored.blocks
            if not scored.is_first_look:
                trial.report(scored.score, scored.fold)
            if best is None or scored.stage == _LAST:
                continue
            if is_behind(scored.blocks, _rival(best, scored), LOOK_CHANCE if scored.is_first_look else FOLD_CHANCE):
                _prune(study, trial, scored, best)
                return
            if budget.is_over():
                raise _TimeIsUpError
    except ResourcePredictionError:
        study.tell(trial, state=TrialState.FAIL)
        raise
    trial.set_user_attr(STAGES, stages)
    study.tell(trial, scored.score)


def _best(study: optuna.Study) -> FrozenTrial | None:
    """The best complete trial; none before the first, which is never pruned and always finished."""
    return study.best_trial if study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]) else None


def _rival(best: FrozenTrial, scored: FoldScore) -> Sequence[float]:
    """Block scores of the best trial at the same stage; those of the trial itself where there are none."""
    found: Sequence[float] = best.user_attrs.get(STAGES, {}).get(scored.stage, scored.blocks)
    return found


def _prune(study: optuna.Study, trial: optuna.Trial, scored: FoldScore, best: FrozenTrial) -> None:
    """Stop a trial. At a first look its score is what the best one's was, plus what it is behind that one's look."""
    if scored.is_first_look:
        behind = float(np.mean(np.subtract(scored.blocks, _rival(best, scored))))
        trial.report(best.intermediate_values[scored.fold] + behind, scored.fold)
    study.tell(trial, state=TrialState.PRUNED)


def _ask(study: optuna.Study, family: str, seed: int) -> optuna.Trial:
    """The next trial, with what is known of its parameters queued, and the rest drawn."""
    _retry_unfinished(study)
    if not study.get_trials(deepcopy=False, states=[TrialState.WAITING]):
        parameters, attributes = _next(study, family)
        study.enqueue_trial(parameters, user_attrs=attributes)
    # A sampler for each trial: what it draws does not depend on what this process drew before.
    study.sampler = optuna.samplers.TPESampler(seed=_sampler_seed(seed, len(finished(study))))
    return study.ask()


def _next(study: optuna.Study, family: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is known of the next trial's parameters, and its attributes: a start, else a variant, else drawn."""
    trials = finished(study)
    grown = [each for each in trials if VARIANT_OF not in each.user_attrs]
    if grown and grown[-1].state == TrialState.COMPLETE:
        possible = variants(family, grown[-1].params)
        taken = sum(each.user_attrs.get(VARIANT_OF) == grown[-1].number for each in trials)
        if taken < len(possible):
            return possible[taken], {KIND: "variant", VARIANT_OF: grown[-1].number}
    if not grown:
        return _searched(family, default_parameters(family)), {KIND: "defaults"}
    if len(grown) <= len(starts := study.user_attrs[STARTS]):
        return starts[len(grown) - 1], {KIND: "earlier study"}
    return {}, {KIND: "drawn"}


def _retry_unfinished(study: optuna.Study) -> None:
    """Queue the parameters of trials that a killed search left, each once, and mark those as failed."""
    retried = {each.user_attrs.get(RETRY_OF) for each in study.get_trials(deepcopy=False)}
    for left in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        if left.number not in retried:
            known = {**left.system_attrs.get("fixed_params", {}), **left.params}
            study.enqueue_trial(known, user_attrs={**left.user_attrs, RETRY_OF: left.number})
        study.tell(left.number, state=TrialState.FAIL)


def _starts(family: str, starts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What to start from beside the defaults."""
    searched = [_searched(family, each) for each in starts]
    return [each for each in searched if each != _searched(family, default_parameters(family))]


def _searched(family: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the family's space holds today."""
    return {name: parameters[name] for name in hyperparameters(family) if name in parameters}


def _sampler_seed(seed: int, finished_trials: int) -> int:
    return int(np.random.SeedSequence([seed, finished_trials]).generate_state(1)[0])
