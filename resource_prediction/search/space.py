"""Search spaces out of HYPERPARAMETER_CONFIGS, and the variants of a trial. Not here: which is next (study.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from resource_prediction.config import family_entry, hyperparameters

TREES = "n_estimators"

VARIANT_SHARES = (0.5, 0.25)
"""Shares of a trial's trees that its variants keep."""


def suggest(trial: optuna.Trial, family: str) -> dict[str, Any]:
    """Draw a family's parameters from its search space."""
    drawn: dict[str, Any] = {}
    for name, entry in hyperparameters(family).items():
        if "choices" in entry:
            drawn[name] = trial.suggest_categorical(name, entry["choices"])
        elif entry["type"] == "int":
            drawn[name] = trial.suggest_int(name, int(entry["min"]), int(entry["max"]), log=entry.get("log", False))
        else:
            drawn[name] = trial.suggest_float(name, entry["min"], entry["max"], log=entry.get("log", False))
    return drawn


def variants(family: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Trials that follow from one with these parameters without growing trees again; what they leave out is drawn.

    Each keeps a share of the trees and all parameters but those that the family's learner can be cut to. It is what
    early stopping would find, with the business score in place of a library's loss.
    """
    space = hyperparameters(family)
    cut = family_entry(family)["class"]().cut_parameters
    if TREES not in cut or TREES not in space:
        return []
    kept = {name: value for name, value in parameters.items() if name not in cut}
    fewest, trees = int(space[TREES]["min"]), int(parameters[TREES])
    sizes = {max(fewest, round(trees * share)): None for share in VARIANT_SHARES}
    return [{**kept, TREES: size} for size in sizes if size < trees]
