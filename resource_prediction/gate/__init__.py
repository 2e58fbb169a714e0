"""The promotion gate: champion against challenger, a verdict with its reasons. Not here: evidence, storing verdicts."""

from resource_prediction.gate.first import judge_evaluated, judge_first
from resource_prediction.gate.night import judge
from resource_prediction.gate.refresh import Refresh, judge_refresh
from resource_prediction.gate.rule import GateRule
from resource_prediction.gate.verdict import (
    Candidate,
    ClosedNomination,
    Night,
    Nomination,
    Outcome,
    RecipeId,
    Verdict,
    VerdictKind,
)

__all__ = [
    "Candidate",
    "ClosedNomination",
    "GateRule",
    "Night",
    "Nomination",
    "Outcome",
    "RecipeId",
    "Refresh",
    "Verdict",
    "VerdictKind",
    "judge",
    "judge_evaluated",
    "judge_first",
    "judge_refresh",
]
