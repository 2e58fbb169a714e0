"""Searching a family's parameters: folds in time, spaces, trials, studies. Not here: where studies are kept."""

from resource_prediction.search.folds import FOLDS, Fold, folds_in_time
from resource_prediction.search.history import Trial, best_trials, earlier_best
from resource_prediction.search.space import suggest
from resource_prediction.search.study import Budget, SearchResult, search
from resource_prediction.search.trial import FoldScore, score_folds, score_parameters

__all__ = [
    "FOLDS",
    "Budget",
    "Fold",
    "FoldScore",
    "SearchResult",
    "Trial",
    "best_trials",
    "earlier_best",
    "folds_in_time",
    "score_folds",
    "score_parameters",
    "search",
    "suggest",
]
