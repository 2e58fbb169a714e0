"""What the trials of a study were: read from Optuna, as values. Not here: taking trials (study.py), drawing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

Kind = Literal["defaults", "earlier study", "drawn", "variant"]

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
"""What counts against the budget."""

UNTIL = "until_us"
"""Attribute of a study: its training rows were known before this instant."""

KIND, VARIANT_OF = "kind", "variant_of"
"""Attributes of a trial in the study: where its parameters came from; number of the trial that it is a variant of."""

FEWEST_RANKED = 10
"""With fewer trials the importance of parameters is chance."""


@dataclass(frozen=True)
class Trial:
    """A finished trial.

    Attributes:
        number: In the study, from 0; numbers of trials that a killed search left are not given again.
        kind: Where its parameters came from.
        score: Over all folds; of a pruned trial over those it got to.
        is_pruned: Whether it was stopped before the last fold.
        seconds: Wall clock.
        parameters: What it was fitted with.
    """

    number: int
    kind: Kind
    score: float
    is_pruned: bool
    seconds: float
    parameters: Mapping[str, Any]


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Optuna's records of the finished trials, in the order in which they began."""
    return study.get_trials(deepcopy=False, states=FINISHED)


def read_trials(study: optuna.Study) -> tuple[Trial, ...]:
    """The finished trials of a study, in the order in which they began."""
    return tuple(
        Trial(
            number=each.number,
            kind=each.user_attrs[KIND],
            score=_score(each),
            is_pruned=each.state == TrialState.PRUNED,
            seconds=each.duration.total_seconds() if each.duration else 0.0,
            parameters=dict(each.params),
        )
        for each in finished(study)
    )


def best_trials(trials: Sequence[Trial], most: int) -> list[Trial]:
    """The best complete trials, best first; of equal ones the earlier, and each set of parameters once."""
    complete = sorted((each for each in trials if not each.is_pruned), key=lambda each: (each.score, each.number))
    unique = {tuple(sorted(each.parameters.items())): each for each in reversed(complete)}
    return sorted(unique.values(), key=lambda each: (each.score, each.number))[:most]


def earlier_best(storages: Iterable[optuna.storages.BaseStorage], until_us: int, most: int) -> list[dict[str, Any]]:
    """Parameters of the best trials of the newest earlier study, best first; empty where there is none.

    One whose rows reach beyond ``until_us`` is passed over: it saw jobs of the hold-out.

    Args:
        storages: The studies, newest first, one in each.
        until_us: Cut-off of the new study.
        most: How many trials.
    """
    for storage in storages:
        for name in optuna.get_all_study_names(storage):
            study = optuna.load_study(study_name=name, storage=storage)
            best = best_trials(read_trials(study), most)
            if best and study.user_attrs.get(UNTIL, until_us + 1) <= until_us:
                return [dict(each.parameters) for each in best]
    return []


def importance(study: optuna.Study) -> dict[str, float]:
    """Share of each parameter in what the score varies by, most important first; empty with few trials.

    It is of the score of the first fold: every trial has one, while those that were not pruned are all good.

    Source: Hutter, Hoos, Leyton-Brown: An efficient approach for assessing hyperparameter importance (fANOVA), 2014,
    as in Optuna. Its default, PED-ANOVA, looks at where good trials lie, and took the sampler's taste for importance.
    """
    trials = finished(study)
    if len(trials) < FEWEST_RANKED or len({each.intermediate_values[0] for each in trials}) == 1:
        return {}
    first_fold = optuna.create_study(storage=optuna.storages.InMemoryStorage())
    for each in trials:
        value = each.intermediate_values[0]
        first_fold.add_trial(create_trial(value=value, params=each.params, distributions=each.distributions))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    shares = optuna.importance.get_param_importances(first_fold, evaluator=evaluator)
    return {name: float(share) for name, share in shares.items()}


def _score(record: FrozenTrial) -> float:
    assert record.value is not None  # noqa: S101 - Optuna's record of a finished trial has one
    return record.value
