"""Refresh: whether the champion's recipe, fitted on newer data, replaces its older fit. Not here: other recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resource_prediction.comparison import RecipeBlocks, pair
from resource_prediction.evidence import served_recipe
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.verdict import RecipeId
from resource_prediction.improvement import Improvement


@dataclass(frozen=True)
class Refresh:
    """Whether the newer fit goes in, why, and the newer fit's gain where there is enough evidence for one."""

    goes_in: bool
    reason: str
    improvement: Improvement | None


def judge_refresh(evidence: Mapping[str, RecipeBlocks], champion: RecipeId, rule: GateRule) -> Refresh:
    """Let the newer fit in unless it is likely worse than the tolerance: staleness costs.

    The recipe's judged fits are compared with its served artifact as it is, on blocks that both have and for which the
    judged fit had seen at least as new rows. Where the served artifact had seen newer ones, its lead is only that.

    Args:
        evidence: The ledger's blocks by recipe.
        champion: RecipeId that serves.
        rule: Thresholds.
    """
    pairs = pair(evidence.get(served_recipe(champion.digest)), evidence.get(champion.digest), "newer")
    gain = rule.improvement(pairs)
    if gain is None:
        reason = (
            f"{champion.family} was fitted again on newer jobs and goes in, because a stale model costs: only "
            f"{pairs.blocks} blocks of 6 hours on {pairs.days} days compare such a fit with the older one, and "
            f"{rule.min_blocks} on {rule.min_days} days are needed to refuse it."
        )
        return Refresh(True, reason, None)
    worse = rule.probability_worse(pairs, rule.refresh_tolerance)
    found = (
        f"on {gain.rows} jobs it gains {gain.mean:+.1f} points over the older fit, and the chance that it loses more "
        f"than {rule.refresh_tolerance:g} is {100 * worse:.0f} %"
    )
    if worse >= rule.refresh_probability:
        reason = f"{champion.family} fitted on newer jobs is likely worse, so the older fit stays: {found}."
        return Refresh(False, reason, gain)
    return Refresh(True, f"{champion.family} was fitted again on newer jobs and goes in: {found}.", gain)
