"""The first champion: must beat the requests on the hold-out. Not here: replacing one (refresh.py, switch.py)."""

from __future__ import annotations

from resource_prediction.errors import GateError
from resource_prediction.gate.verdict import Candidate, Night, Verdict
from resource_prediction.scoring import Score

BASELINE_TEXTS = {
    "memreq": "the requests",
    "rolling_max_20": "the maximum of each profile's last 20 peaks",
}
"""Baselines in the order in which they are asked for, and what they are called in a sentence."""


def check_candidates(candidates: tuple[Candidate, ...]) -> None:
    """Raise GateError where there is no candidate, or where they were scored on different numbers of rows."""
    if not candidates:
        raise GateError("verdict", got="no candidates", expected="a fitted family", next_step="See why each failed.")
    rows = {candidate.score.rows for candidate in candidates}
    if len(rows) > 1:
        raise GateError(
            "verdict",
            got=f"candidates scored on {', '.join(map(str, sorted(rows)))} rows",
            expected="one hold-out for all",
            next_step="Score every family on the same rows.",
        )


def best_candidate(candidates: tuple[Candidate, ...]) -> Candidate:
    """The candidate with the lowest score on the hold-out; the first of equals.

    Raises:
        GateError: As in ``check_candidates``.
    """
    check_candidates(candidates)
    return min(candidates, key=lambda candidate: candidate.score.score)


def judge_first(night: Night) -> Verdict:
    """Let the best candidate serve where it beats the requests, or without requests the rolling maximum.

    It may be chosen on the hold-out, as there is nothing to lose; so the hold-out is no later evidence for any of the
    candidates. The lowest of eight noisy scores is often the luckiest, so frozen and live score decide together.

    Raises:
        GateError: As in ``check_candidates``.
    """
    lowest = best_candidate(night.candidates)
    rows = lowest.score.rows
    seen = {candidate.recipe.digest: night.newest_known for candidate in night.candidates}
    name = _baseline(night, rows)
    if name is None:
        reason = (
            f"Nothing to compare with: neither requests nor a rolling maximum cover all {rows} hold-out jobs; "
            f"{lowest.recipe.family} scores {lowest.score.score:.1f} there, and no model serves."
        )
        return Verdict("kept", reason, challenger=lowest.recipe, seen=seen)
    baseline, text = night.baselines[name], BASELINE_TEXTS[name]
    able = [candidate for candidate in night.candidates if candidate.score.score < baseline.score]
    if not able:
        reason = (
            f"The best model, {lowest.recipe.family}, scores {lowest.score.score:.1f} on the {rows} newest jobs and "
            f"does not beat {text} with {baseline.score:.1f} (lower is better), so no model serves."
        )
        return Verdict("kept", reason, challenger=lowest.recipe, seen=seen)
    best = min(able, key=lambda candidate: candidate.both)
    reason = (
        f"{best.recipe.family} scores {best.score.score:.1f} on the {rows} newest jobs where {text} would score "
        f"{baseline.score:.1f} (lower is better), so it becomes the first champion.{_other_is_lower(lowest, best)}"
    )
    return Verdict("first", reason, champion=best.recipe, seen=seen)


def judge_evaluated(candidates: tuple[Candidate, ...]) -> Verdict:
    """Say how fitted models do on rows that none of them has seen; nothing changes.

    Raises:
        GateError: As in ``check_candidates``, but no candidates are legal.
    """
    if not candidates:
        return Verdict("evaluated", "There is no row that none of the models was fitted on, so there are no scores.")
    best = best_candidate(candidates)
    reason = (
        f"{best.recipe.family} scores best of {len(candidates)} with {best.score.score:.1f} on {best.score.rows} jobs "
        f"that none of them was fitted on; nothing was fitted or promoted."
    )
    return Verdict("evaluated", reason)


def _other_is_lower(lowest: Candidate, best: Candidate) -> str:
    if lowest.score.score == best.score.score:
        return ""
    return (
        f" {lowest.recipe.family} scores {lowest.score.score:.1f}, but is behind where the score with moving history "
        f"counts as well: {lowest.both:.1f} against {best.both:.1f} on average."
    )


def _baseline(night: Night, rows: int) -> str | None:
    """The first baseline that was scored on the candidates' rows."""
    scores: dict[str, Score | None] = {name: night.baselines.get(name) for name in BASELINE_TEXTS}
    return next((name for name, score in scores.items() if score is not None and score.rows == rows), None)
