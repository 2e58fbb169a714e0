"""When a trial is stopped before its end. Not here: scores, what becomes of a stopped trial (study.py)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import wilcoxon

FOLD_CHANCE = 0.25
"""A trial is stopped after a fold where it would look as bad as it does by less than this chance, were it as good as
the best. At 0.32 it cost a fifth less and lost the best of two searches out of five, by 1.0 and 2.2 points."""

LOOK_CHANCE = 0.1
"""The same at the first look at a fold, which tells less: at the first fold, behind on all four blocks."""


def is_behind(block_scores: Sequence[float], best_scores: Sequence[float], chance: float = FOLD_CHANCE) -> bool:
    """Whether a trial is likely worse than the best so far, judged on the same blocks of jobs.

    `benchmarks/pruning.py` measures what it saves, and what it loses.

    Args:
        block_scores: Of the trial, the blocks so far.
        best_scores: Of the best complete trial, in the same order; there may be more.
        chance: Of being stopped wrongly.

    Source: Wilcoxon's signed-rank test, one-sided, as in Optuna's ``WilcoxonPruner``; that one wants to be told of
    single blocks, which would be all that the sampler gets to see of a stopped trial.
    """
    behind = np.subtract(block_scores, best_scores[: len(block_scores)])
    if behind.mean() <= 0:
        return False
    return bool(wilcoxon(behind, alternative="greater", zero_method="zsplit").pvalue < chance)
