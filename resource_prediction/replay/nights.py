"""The gate over simulated nights: who would have served in each period. Not here: the gate's rules, real champions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from resource_prediction.evidence import BLOCK_HOURS
from resource_prediction.gate import GateRule, Night, Nomination, RecipeId, Verdict, judge


@dataclass(frozen=True)
class JudgedNight:
    """The gate's answer at the beginning of a period.

    Attributes:
        at: When, ISO time in UTC.
        serving: The recipe that serves from then on; None where none does.
        verdict: Why.
    """

    at: str
    serving: RecipeId | None
    verdict: Verdict


def judge_nights(nights: Sequence[Night], ledger: pd.DataFrame, rule: GateRule) -> tuple[JudgedNight, ...]:
    """Ask the gate night after night, each with what was known by then.

    A champion is fitted again for each period, as the deployment refreshes it; its older fits are not kept beside the
    newer ones, so that a refresh is never refused here.

    Args:
        nights: In order of time, without champion and nomination: these follow from one night to the next.
        ledger: Evidence of all periods; a night sees the blocks that were complete by then.
        rule: Thresholds.
    """
    ends = pd.to_datetime(ledger["block_start"]) + pd.Timedelta(hours=BLOCK_HOURS)
    serving: RecipeId | None = None
    nomination: Nomination | None = None
    seen: dict[str, str] = {}
    judged = []
    for night in nights:
        if night.candidates:
            asked = replace(night, champion=serving, nomination=nomination, seen_until=seen)
            verdict = judge(asked, ledger[ends <= night.complete_until()], rule)
        else:
            verdict = Verdict("kept", "Nothing was fitted before this night.", serving, nomination=nomination)
        serving = verdict.champion or serving
        nomination, seen = verdict.nomination, {**seen, **verdict.seen}
        judged.append(JudgedNight(night.newest_known, serving, verdict))
    return tuple(judged)
