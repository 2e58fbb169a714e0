"""Nights, ledgers and nominations by hand, for the tests of the gate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resource_prediction.evidence import LEDGER_COLUMNS, iso_time
from resource_prediction.gate import Candidate, GateRule, Night, Nomination, RecipeId
from resource_prediction.scoring import Score

START = pd.Timestamp("2025-04-28")
CHAMPION = RecipeId("champion-digest", "lightgbm_regression")
CHALLENGER = RecipeId("challenger-digest", "xgboost_classification")
RULE = GateRule(resamples=300)


def scored(score: float, rows: int = 800) -> Score:
    return Score(score, 0.0, score, rows)


def candidates_of(champion: float = 80.0, challenger: float = 70.0) -> tuple[Candidate, ...]:
    return Candidate(CHAMPION, scored(champion)), Candidate(CHALLENGER, scored(challenger))


def day_at(day: float) -> str:
    return iso_time(START + pd.Timedelta(days=day))


def night_of(day: float, **changes: object) -> Night:
    """A night whose complete blocks end with the given day."""
    night = Night(candidates_of(), {"memreq": scored(160.0)}, 100, day_at(day + 25 / 24), champion=CHAMPION)
    return replace(night, **changes)  # type: ignore[arg-type]


def blocks(recipe: str, days: int, over_pct: float, *, segment: str = "core", fitted_until: str = "") -> pd.DataFrame:
    """Blocks of 100 jobs and 1,000 GiB each, with a ripple over nights so that there is a spread to studentise."""
    starts = [iso_time(START + pd.Timedelta(hours=6 * block)) for block in range(4 * days)]
    ripple = np.resize(np.repeat([-0.5, 0.5], 4), len(starts))
    columns = (starts, recipe, segment, fitted_until or day_at(-1), 100, 0, 10.0 * (over_pct + ripple), 1000.0)
    return pd.DataFrame(dict(zip(LEDGER_COLUMNS, columns, strict=True)))


def ledger_of(days: int, champion: float = 80.0, challenger: float = 70.0) -> pd.DataFrame:
    challenger_entries = blocks(CHALLENGER.digest, days, challenger)
    challenger_entries["excess_gib"] += np.resize([0.0, 3.0], len(challenger_entries))
    return pd.concat([blocks(CHAMPION.digest, days, champion), challenger_entries], ignore_index=True)


def nomination_on(day: int, champion: str = CHAMPION.digest) -> Nomination:
    return Nomination(CHALLENGER, champion, day_at(day), 10.0)
