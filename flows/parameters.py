"""The parameters of the main job, checked and bounded, for command line and deployment. Not here: argv."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flows.runner import PATTERN, THREADS, Runner
from resource_prediction.config import MODEL_FAMILIES, families_of
from resource_prediction.date_range import DateRange
from resource_prediction.defaults import (
    DEMO_DAYS,
    DEMO_ROWS,
    HEADROOM_PCT,
    HOLDOUT,
    LABEL_DELAY,
    SEED,
    TRIALS,
    UNDER_COST,
)
from resource_prediction.durations import parse_duration_us, parse_seconds
from resource_prediction.errors import ResourcePredictionError, UnknownFamilyError
from resource_prediction.holdout import Holdout

DEMO = "demo"
Mode = Literal["train", "search", "evaluate"]
TaskType = Literal["regression", "classification"]


class RetrainParameters(BaseModel):
    """What one run of the main job does; the text below each field is what the form in Prefect's UI shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    source: Annotated[tuple[str, ...], Field(min_length=1)] = (DEMO,)
    """`demo` (synthetic), or files, folders and globs of telemetry, or `SCHEME://...` for any other source."""
    from_date: date | None = None
    """Backfill: only rows from this day on are ingested; days are UTC."""
    until_date: date | None = None
    """Backfill: the first day that is no more ingested."""
    ingest_retries: Annotated[int, Field(ge=0, le=20)] = 3
    """Further attempts where the source does not answer, or another process writes to the store."""
    ingest_retry_seconds: Annotated[float, Field(ge=0, le=3_600)] = 5.0
    """About how long to wait before the first of them; each wait is twice the one before."""
    demo_rows: Annotated[int, Field(ge=500, le=50_000_000)] = DEMO_ROWS
    """Jobs of the synthetic farm; of no meaning with another source."""
    demo_days: Annotated[float, Field(gt=0, le=3_650)] = DEMO_DAYS
    """Days that these jobs are spread over."""
    mode: Mode = "train"
    """`train`: every family with its defaults. `search`: an Optuna search for each. `evaluate`: only score."""
    trials: Annotated[int, Field(ge=1, le=100_000)] = TRIALS
    """Trials of each family's search, all nights on the same rows together."""
    timeout: str | None = None
    """Time for all searches of the run together: seconds, or a duration such as 10m; none is no limit."""
    task_type: TaskType | None = None
    """Only families of this type; none is both."""
    model_families: tuple[str, ...] = ()
    """Families by name; empty is all of the task type."""
    skip_preprocessing: bool = False
    """Take the features that are in the store; fails where there are none or the rows changed."""
    holdout: str = HOLDOUT
    """What nothing is fitted on: the newest 20%, 24h, or 2000 rows."""
    train_window: str | None = None
    """What fits may see before the hold-out, such as 120d; none is all. History always sees all."""
    label_delay: str = LABEL_DELAY
    """How long after its time stamp a job's peak is known, where it has no finished_at."""
    under_cost: Annotated[float, Field(gt=0, le=1_000)] = UNDER_COST
    """Points of the business score for each percent of jobs below their peak."""
    headroom_pct: Annotated[float, Field(ge=0, le=100)] = HEADROOM_PCT
    """Percent added to every allocation, up to the cap: page cache counts at a limit, and no peak contains it."""
    runner: Annotated[str, Field(json_schema_extra={"pattern": PATTERN})] = THREADS
    """Where families are fitted: `threads`, `processes`, `dask`, `ray`, or a cluster: `dask:ADDRESS`, `ray:ADDRESS`."""
    workers: Annotated[int | None, Field(ge=1, le=1_024)] = None
    """Families fitted side by side; none is one for each core. A cluster with an address has workers of its own."""
    store: str | None = None
    """Folder of the store; none is RESOURCE_PREDICTION_STORE, else var/demo for the demo and var/own for all else."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = SEED
    """Seed of fits and searches."""
    promote: bool = True
    """Off: say the verdict, change nothing."""
    job_hours: Annotated[float | None, Field(gt=0, le=8_760)] = None
    """Hours of a job whose end the telemetry does not give; for money only."""
    usd_per_gib_hour: Annotated[float | None, Field(gt=0, le=1_000)] = None
    """Price of one GiB for one hour, US dollars; for money only."""

    @model_validator(mode="after")
    def _check(self) -> RetrainParameters:
        # pydantic turns a ValueError into a line about the parameters; ours carry the next step.
        try:
            DateRange(self.from_date, self.until_date)
            Holdout.parse(self.holdout)
            parse_duration_us(self.label_delay)
            Runner.parse(self.runner)
            has_no_time = self.timeout_seconds == 0
            sees_nothing = self.train_window is not None and parse_duration_us(self.train_window) == 0
            for family in self.model_families:
                if family not in MODEL_FAMILIES:
                    raise UnknownFamilyError(family, list(MODEL_FAMILIES))
        except ResourcePredictionError as error:
            raise ValueError(str(error)) from error
        if sees_nothing:
            raise ValueError(
                f"train window: got {self.train_window}; expected a duration above 0, such as 120d. "
                "Leave it out to see all."
            )
        if has_no_time:
            raise ValueError(
                f"timeout: got {self.timeout}; expected a time above 0, such as 600 (seconds) or 10m. "
                "Leave it out to search until all trials are done."
            )
        if not self.families:
            raise ValueError(
                f"model families: got {', '.join(self.model_families)} with task type {self.task_type}; expected at "
                "least one family of that type. Leave one of the two out."
            )
        return self

    @property
    def is_demo(self) -> bool:
        """Whether the telemetry is synthetic."""
        return self.source == (DEMO,)

    @property
    def dates(self) -> DateRange:
        """The days whose rows are ingested."""
        return DateRange(self.from_date, self.until_date)

    @property
    def families(self) -> tuple[str, ...]:
        """The chosen families, in the order of MODEL_FAMILIES."""
        of_type = families_of(self.task_type)
        return tuple(family for family in of_type if not self.model_families or family in self.model_families)

    @property
    def timeout_seconds(self) -> float | None:
        """Time for all searches; None is no limit."""
        return None if self.timeout is None else parse_seconds(self.timeout)

    @property
    def label_delay_us(self) -> int:
        """How long after its time stamp a peak is known, microseconds."""
        return parse_duration_us(self.label_delay)

    @property
    def train_window_us(self) -> int | None:
        """What fits may see, microseconds; None is all."""
        return None if self.train_window is None else parse_duration_us(self.train_window)
