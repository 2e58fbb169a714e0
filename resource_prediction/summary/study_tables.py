"""A study's trials and the importance of its parameters as rows and text. Not here: the picture, writing files."""

from __future__ import annotations

from typing import Any

from resource_prediction.search import SearchResult, Trial, best_trials
from resource_prediction.summary.tables import markdown

SHOWN = 5
"""Trials in the text, the best."""


def trial_rows(found: SearchResult) -> list[dict[str, Any]]:
    """One row a finished trial, in the order in which they began."""
    return [_row(trial) for trial in found.trials]


def importance_rows(found: SearchResult) -> list[dict[str, Any]]:
    """One row a parameter, the most important first."""
    return [{"parameter": name, "importance": share} for name, share in found.importance.items()]


def study_text(found: SearchResult) -> str:
    """What was tried, in Markdown: counts and the best trials."""
    pruned = sum(trial.is_pruned for trial in found.trials)
    counts = f"{found.done} trials, {found.new} of them in this run; {pruned} pruned before their last fold. Best:"
    rows = [_row(trial) | {"score": f"{trial.score:.1f}"} for trial in best_trials(found.trials, SHOWN)]
    return f"{counts}\n\n{markdown([_readable(row) for row in rows])}"


def _row(trial: Trial) -> dict[str, Any]:
    facts = {
        "number": trial.number,
        "from": trial.kind,
        "score": trial.score,
        "pruned": "yes" if trial.is_pruned else "no",
        "seconds": trial.seconds,
    }
    return {**facts, **trial.parameters}


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Fractions with three digits: one after the point, as scores have it, would make a learning rate 0.0."""
    return {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in row.items()}
