"""The JSON object of a run, as documented: exactly these keys, exactly these types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat


def _is_iso(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Iso = Annotated[str, AfterValidator(_is_iso)]
Number = FiniteFloat | None


class Documented(BaseModel):
    """No key more, none less, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Serving(Documented):
    """Champion or challenger."""

    version: str
    family: str
    path: str
    score: Number
    live_score: Number
    under_pct: Number
    over_pct: Number


class Improvement(Documented):
    """Points that the challenger is better, 90 % interval."""

    mean: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    probability: FiniteFloat


class Baseline(Documented):
    """What a rule without a model scores on the hold-out."""

    score: FiniteFloat
    under_pct: FiniteFloat
    over_pct: FiniteFloat


class Baselines(Documented):
    """Both rules; None where one does not exist."""

    memreq: Baseline | None
    rolling_max_20: Baseline | None


class Trials(Documented):
    """Of a family's search."""

    done: int
    new: int


class Family(Documented):
    """One line of the table."""

    family: str
    task_type: Literal["regression", "classification"]
    score: Number
    live_score: Number
    under_pct: Number
    over_pct: Number
    gib_saved: Number
    fit_seconds: Number
    predict_ms_per_1000: Number
    trials: Trials | None
    status: Literal["ok", "failed"]
    error: str | None


class HoldOut(Documented):
    """What was scored; no span where there is no row."""

    rows: int
    begin: Iso | None = Field(alias="from")
    until: Iso | None


class Ingest(Documented):
    """Every row that was read, accounted for."""

    read: int
    accepted: int
    updated: int
    known: int
    twins: int
    quarantined: int


class LeakAudit(Documented):
    """Of this run."""

    rows: int
    passed: bool


class Seconds(Documented):
    """Wall clock by stage."""

    ingest: FiniteFloat
    features: FiniteFloat
    fit: FiniteFloat
    serve: FiniteFloat
    total: FiniteFloat


class Result(Documented):
    """The last line of standard output under --json."""

    verdict: Literal["first", "refreshed", "promoted", "kept", "evaluated"]
    applied: bool
    reason: str
    run_id: str
    store: str
    champion: Serving | None
    challenger: Serving | None
    improvement: Improvement | None
    baselines: Baselines
    families: list[Family]
    holdout: HoldOut
    ingest: Ingest
    leak_audit: LeakAudit
    seconds: Seconds
