"""The parameters of the main job, checked and bounded, for command line and deployment. Not here: argv."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resource_prediction.config import MODEL_FAMILIES, families_of
from resource_prediction.date_range import DateRange
from resource_prediction.defaults import DEMO_DAYS, DEMO_ROWS, HOLDOUT, LABEL_DELAY, SEED, TRIALS, UNDER_COST
from resource_prediction.durations import parse_duration_us
from resource_prediction.errors import ResourcePredictionError, UnknownFamilyError
from resource_prediction.holdout import Holdout

DEMO = "demo"
Mode = Literal["train", "search", "evaluate"]
TaskType = Literal["regression", "classification"]


class RetrainParameters(BaseModel):
    """What one run of the main job does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[tuple[str, ...], Field(min_length=1)] = (DEMO,)
    """``demo``, or files, folders and globs of telemetry, or ``SCHEME://...`` for any other source."""
    from_date: date | None = None
    """Backfill: only rows from this day on are ingested; days are UTC."""
    until_date: date | None = None
    """The first day that is no more ingested."""
    ingest_retries: Annotated[int, Field(ge=0, le=20)] = 3
    """Further attempts where the source does not answer, or another process writes to the store."""
    ingest_retry_seconds: Annotated[float, Field(ge=0, le=3_600)] = 5.0
    """About how long to wait before the first of them; each wait is twice the one before."""
    demo_rows: Annotated[int, Field(ge=500, le=5_000_000)] = DEMO_ROWS
    demo_days: Annotated[float, Field(gt=0, le=3_650)] = DEMO_DAYS
    mode: Mode = "train"
    trials: Annotated[int, Field(ge=1, le=100_000)] = TRIALS
    """Trials of each family's search, all nights together."""
    task_type: TaskType | None = None
    model_families: tuple[str, ...] = ()
    """Families by name; empty is all of the task type."""
    skip_preprocessing: bool = False
    holdout: str = HOLDOUT
    train_window: str | None = None
    label_delay: str = LABEL_DELAY
    under_cost: Annotated[float, Field(gt=0, le=1_000)] = UNDER_COST
    workers: Annotated[int | None, Field(ge=1, le=1_024)] = None
    """Families fitted side by side; None is one for each core."""
    store: str | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = SEED
    promote: bool = True
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
    def label_delay_us(self) -> int:
        """How long after its time stamp a peak is known, microseconds."""
        return parse_duration_us(self.label_delay)

    @property
    def train_window_us(self) -> int | None:
        """What fits may see, microseconds; None is all."""
        return None if self.train_window is None else parse_duration_us(self.train_window)
