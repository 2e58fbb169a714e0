"""Refresh: whether the champion's recipe, fitted on newer data, replaces its older fit. Not here: other recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resource_prediction.comparison import PairedBlocks, RecipeBlocks, pair
from resource_prediction.evidence import served_recipe
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.verdict import RecipeId
from resource_prediction.improvement import Improvement
from resource_prediction.scoring import Score


@dataclass(frozen=True)
class SameHoldout:
    """The champion's recipe on tonight's hold-out, of which neither fit has seen a row: older fit and tonight's.

    The older one is the judged fit of the version that serves. What serves has itself seen more, up to all of the
    hold-out, so its own score there would flatter it.
    """

    older: Score
    newer: Score

    def is_broken(self, rule: GateRule) -> bool:
        """Whether tonight's fit is so much worse that it cannot be chance, on jobs enough."""
        enough = self.newer.rows == self.older.rows and self.newer.rows >= rule.refresh_rows
        least = max(rule.refresh_worse_share * self.older.score, rule.refresh_tolerance)
        return enough and self.newer.score - self.older.score > least


@dataclass(frozen=True)
class Refresh:
    """Whether the newer fit goes in, why, and the newer fit's gain where there is enough evidence for one."""

    goes_in: bool
    reason: str
    improvement: Improvement | None


def judge_refresh(
    evidence: Mapping[str, RecipeBlocks],
    champion: RecipeId,
    rule: GateRule,
    tonight: SameHoldout | None = None,
    *,
    served_until: str | None,
) -> Refresh:
    """Let the newer fit in unless it is likely worse than the tolerance: staleness costs.

    A fit that is broken tonight is refused. Of one that is not, blocks speak: the recipe's judged fits are compared
    with its served artifact as it is, on blocks that both have and for which the judged fit had seen at least as new
    rows. Where the served artifact had seen newer ones, its lead is only that. Blocks of artifacts that served before
    it say nothing of it. While there are too few blocks, as for a champion that is refreshed every night, the fit goes
    in. A champion that was left to grow old gets its blocks, and they decide.

    Args:
        evidence: The ledger's blocks by recipe.
        champion: RecipeId that serves.
        rule: Thresholds.
        tonight: Both fits on the hold-out; None where they cannot be compared there.
        served_until: Time before which the served artifact has seen rows, as the ledger writes it; None where it is
            not known, and no block counts as its.
    """
    if tonight is not None and tonight.is_broken(rule):
        return Refresh(False, _why_broken(champion, tonight, rule), None)
    served = evidence.get(served_recipe(champion.digest))
    if served is not None:
        # NaT equals no time, so it is of no fit.
        served = served.of_fit(np.datetime64(served_until or "NaT", "us"))
    pairs = pair(served, evidence.get(champion.digest), "newer")
    gain = rule.improvement(pairs)
    if gain is None:
        return _refresh_without_blocks(champion, pairs, rule, tonight)
    worse = rule.probability_worse(pairs, rule.refresh_tolerance)
    found = (
        f"on {gain.rows} jobs it gains {gain.mean:+.1f} points over the older fit, and the chance that it loses more "
        f"than {rule.refresh_tolerance:g} is {100 * worse:.0f} %"
    )
    if worse >= rule.refresh_probability:
        reason = f"{champion.family} fitted on newer jobs is likely worse, so the older fit stays: {found}."
        return Refresh(False, reason, gain)
    return Refresh(True, f"{champion.family} was fitted again on newer jobs and goes in: {found}.", gain)


def _why_broken(champion: RecipeId, tonight: SameHoldout, rule: GateRule) -> str:
    return (
        f"{champion.family} fitted again scores {tonight.newer.score:.1f} on the {tonight.newer.rows} jobs of the "
        f"hold-out where its older fit scores {tonight.older.score:.1f}, worse by more than "
        f"{100 * rule.refresh_worse_share:g} %, which is more than chance, so the older fit stays: look for "
        f"what is new in the telemetry or the software."
    )


def _refresh_without_blocks(
    champion: RecipeId, pairs: PairedBlocks, rule: GateRule, tonight: SameHoldout | None
) -> Refresh:
    """Let the newer fit in: it is not broken, and there are too few blocks to see less than that."""
    beside = ""
    if tonight is not None:
        beside = f" ({tonight.newer.score:.1f} on the hold-out, its older fit {tonight.older.score:.1f})"
    reason = (
        f"{champion.family} was fitted again on newer jobs and goes in{beside}, because a stale model costs: only "
        f"{pairs.blocks} blocks of 6 hours on {pairs.days} days compare such a fit with the older one, and "
        f"{rule.min_blocks} on {rule.min_days} days are needed to refuse one that is not plainly broken."
    )
    return Refresh(True, reason, None)
