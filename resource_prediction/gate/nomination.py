"""The life of a nomination: opened, waiting, promoted or ended, each with its sentence. Not here: the statistics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pandas as pd

from resource_prediction.evidence import BLOCK_HOURS, iso_time
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.switch import Confirmation, Contest
from resource_prediction.gate.verdict import ClosedNomination, Night, Nomination, Outcome, RecipeId
from resource_prediction.improvement import Improvement


@dataclass(frozen=True)
class SwitchAnswer:
    """What the switch question came to tonight.

    Attributes:
        sentence: The answer in plain words.
        challenger: The recipe that it is about; None where no challenger has evidence enough.
        improvement: Its gain over the champion, from the ledger.
        nomination: The nomination that is open from now on.
        closed: The nomination that has ended.
        seen: Recipes whose rows until that ISO time are no evidence for them any more.
    """

    sentence: str
    challenger: RecipeId | None = None
    improvement: Improvement | None = None
    nomination: Nomination | None = None
    closed: ClosedNomination | None = None
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def promoted(self) -> RecipeId | None:
        """The recipe that takes over, if one does."""
        if self.closed is None or self.closed.outcome != "promoted":
            return None
        return self.closed.nomination.recipe


def open_nomination(night: Night, champion: RecipeId, contest: Contest | None, rule: GateRule) -> SwitchAnswer:
    """Nominate the best challenger where it gains at least the margin.

    Args:
        night: What was fitted, and the state of the gate.
        champion: RecipeId that serves.
        contest: The best challenger on the ledger; None where none has evidence enough.
        rule: Thresholds.
    """
    if contest is None:
        return SwitchAnswer(
            f"No other model has been compared with it on {rule.min_blocks} blocks of 6 hours over {rule.min_days} "
            "days yet, the least that a switch can rest on."
        )
    gain, name = contest.improvement, named(contest.recipe, champion)
    found = f"{gain.mean:+.1f} points against the champion over {gain.days} days and {gain.rows} jobs"
    if gain.mean < rule.margin:
        return SwitchAnswer(
            f"The best other model, {name}, has {found}; a switch must gain at least {rule.margin:g}.",
            contest.recipe,
            gain,
        )
    # Rows up to now have spoken already: the confirming nights begin with the first block that has no row yet.
    since = iso_time(pd.Timestamp(night.newest_known).floor(f"{BLOCK_HOURS}h") + timedelta(hours=BLOCK_HOURS))
    return SwitchAnswer(
        f"{name} has {found} and is nominated: the next {rule.nights} nights decide.",
        contest.recipe,
        gain,
        nomination=Nomination(contest.recipe, champion.digest, since, gain.mean),
    )


def follow_nomination(
    night: Night, champion: RecipeId, nomination: Nomination, found: Confirmation, rule: GateRule
) -> SwitchAnswer:
    """Promote the nominated recipe, end its nomination, or wait for more nights.

    Args:
        night: What was fitted, and the state of the gate.
        champion: RecipeId that serves.
        nomination: The open nomination.
        found: What the nights since it was opened say.
        rule: Thresholds.
    """
    name = named(nomination.recipe, champion)
    if nomination.champion != champion.digest:
        closed = ClosedNomination(nomination, "champion changed")
        return SwitchAnswer(f"The nomination of {name} ends, as it was against another champion.", closed=closed)
    fitted = night.fitted(nomination.recipe)
    if found.decided and (fitted or not found.passes(rule)):
        return _decide(nomination, name, found, rule)
    if night.complete_until() >= pd.Timestamp(nomination.since) + timedelta(days=rule.patience_days):
        closed = ClosedNomination(nomination, "expired", found.nightly_gains, found.bound, found.vetoes)
        return SwitchAnswer(f"The nomination of {name} ends undecided after {rule.patience_days} days.", closed=closed)
    nights = len(found.nightly_gains)
    waiting = f"{nights} of {rule.nights} nights with jobs enough are in" if not found.decided else "it was not fitted"
    return SwitchAnswer(
        f"{name} is nominated and waits: {waiting}.", nomination.recipe, found.improvement, nomination=nomination
    )


def named(recipe: RecipeId, other: RecipeId) -> str:
    """A recipe's name in a sentence about it and another one."""
    return recipe.family if recipe.family != other.family else f"{recipe.family} with other settings"


def _decide(nomination: Nomination, name: str, found: Confirmation, rule: GateRule) -> SwitchAnswer:
    """Close a nomination that has had its nights."""
    outcome: Outcome = "not confirmed"
    if found.passes(rule):
        outcome = "promoted"
    elif found.vetoes and found.bound is not None and found.bound > 0:
        outcome = "segment veto"
    gain = found.improvement.mean if found.improvement else float("nan")
    bound = f"{100 * rule.level:g} % sure of {found.bound:+.1f} or more a night"
    facts = f"{gain:+.1f} points over the {len(found.nightly_gains)} nights since its nomination, {bound}"
    sentence = {
        "promoted": f"{name} replaces the champion: it gains {facts}.",
        "segment veto": f"{name} is not promoted, as {', '.join(found.vetoes)} would get worse: it has {facts}.",
        "not confirmed": (
            f"{name} is not promoted: it has {facts}; needed are a gain of {rule.margin:g} and a bound above 0."
        ),
    }[outcome]
    closed = ClosedNomination(nomination, outcome, found.nightly_gains, found.bound, found.vetoes)
    seen = {nomination.recipe.digest: found.until} if found.until is not None else {}
    return SwitchAnswer(sentence, nomination.recipe, found.improvement, closed=closed, seen=seen)
