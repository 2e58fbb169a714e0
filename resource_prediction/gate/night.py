"""A night's verdict out of its questions: first, switch, refresh. Not here: how each question is answered."""

from __future__ import annotations

import pandas as pd

from resource_prediction.comparison import LedgerBlocks
from resource_prediction.evidence import served_recipe
from resource_prediction.gate.first import best_candidate, check_candidates, judge_first
from resource_prediction.gate.nomination import SwitchAnswer, follow_nomination, open_nomination
from resource_prediction.gate.refresh import Refresh, SameHoldout, judge_refresh
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.switch import Reference, best_challenger, confirm
from resource_prediction.gate.verdict import Night, RecipeId, Verdict, VerdictKind


def judge(night: Night, ledger: pd.DataFrame, rule: GateRule) -> Verdict:
    """Decide what happens to the champion tonight.

    Without a champion the best candidate must beat the requests. Without new telemetry all stays. Else an open
    nomination is confirmed or waits, or a new one is opened; and unless another recipe is promoted, the champion's own
    recipe is refreshed.

    Args:
        night: What was fitted and scored, and the state of the gate.
        ledger: The evidence ledger, with the entries of this night's complete blocks.
        rule: Thresholds.

    Raises:
        GateError: Where nothing was fitted, hold-outs differ, or the ledger lacks a column.
    """
    return judge_blocks(night, LedgerBlocks.of(ledger), rule)


def judge_blocks(night: Night, ledger: LedgerBlocks, rule: GateRule) -> Verdict:
    """Decide as `judge` does, on a ledger that has been summed up.

    Raises:
        GateError: Where nothing was fitted, or hold-outs differ.
    """
    champion = night.champion
    if champion is None:
        return judge_first(night)
    if night.new_rows == 0:
        reason = f"No new telemetry has come in since the last verdict, so {champion.family} stays."
        return Verdict("kept", reason, champion, _runner_up(night, champion), nomination=night.nomination)
    check_candidates(night.candidates)
    answer = _switch(night, champion, ledger, rule)
    if answer.promoted is not None:
        return _verdict("promoted", answer.promoted, champion, answer)
    return _refreshed_or_kept(night, champion, answer, ledger, rule)


def _switch(night: Night, champion: RecipeId, ledger: LedgerBlocks, rule: GateRule) -> SwitchAnswer:
    """Follow the open nomination; without one, look for a recipe to nominate."""
    reference = Reference(champion.digest)
    if not night.champion_can_be_fitted:
        reference = Reference(served_recipe(champion.digest), "any")
    if night.nomination is not None:
        complete = night.complete_until()
        found = confirm(ledger, reference, night.nomination, complete_until=complete, rule=rule)
        return follow_nomination(night, champion, night.nomination, found, rule)
    others = [candidate.recipe for candidate in night.candidates if candidate.recipe.digest != champion.digest]
    contest = best_challenger(ledger.recipes, reference, others, night.seen_until, rule)
    return open_nomination(night, champion, contest, rule)


def _refreshed_or_kept(
    night: Night, champion: RecipeId, answer: SwitchAnswer, ledger: LedgerBlocks, rule: GateRule
) -> Verdict:
    refresh = Refresh(False, f"{champion.family} was not fitted in this run, so it stays as it is.", None)
    newer = night.score_of(champion)
    if newer is not None and not night.champion_is_whole:
        reason = f"{champion.family} was fitted again and goes in, because what serves cannot be loaded."
        refresh = Refresh(True, reason, None)
    elif newer is not None:
        tonight = None if night.older_fit is None else SameHoldout(night.older_fit, newer)
        refresh = judge_refresh(ledger.recipes, champion, rule, tonight, served_until=night.champion_fitted_until)
    other = answer.challenger or _runner_up(night, champion)
    kind: VerdictKind = "refreshed" if refresh.goes_in else "kept"
    return _verdict(kind, champion, other, answer, refresh)


def _verdict(
    kind: VerdictKind, champion: RecipeId, other: RecipeId | None, answer: SwitchAnswer, refresh: Refresh | None = None
) -> Verdict:
    return Verdict(
        kind=kind,
        reason=answer.sentence if refresh is None else f"{refresh.reason} {answer.sentence}",
        champion=champion,
        challenger=other,
        improvement=answer.improvement,
        refresh=None if refresh is None else refresh.improvement,
        nomination=answer.nomination,
        closed=answer.closed,
        seen=answer.seen,
    )


def _runner_up(night: Night, champion: RecipeId) -> RecipeId | None:
    """The best other recipe on this run's hold-out."""
    others = tuple(candidate for candidate in night.candidates if candidate.recipe.digest != champion.digest)
    return best_candidate(others).recipe if others else None
