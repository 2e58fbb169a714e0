"""The telemetry contract as one table: columns, types, when they are known, status words. Not here: reading files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ColumnType = Literal["text", "count", "bytes", "mib", "time"]

BYTES_PER_GIB = 1024**3
MIB_PER_GIB = 1024


@dataclass(frozen=True)
class Column:
    """One raw column.

    Attributes:
        name: Name in raw telemetry.
        type: How its text is read; ``bytes`` and ``mib`` are whole numbers in that unit.
        at_submission: Whether it is known when the job is submitted, and so legal in a feature.
        needed_to_train: Whether a row without it is quarantined.
        in_twin: Whether two rows that are twins have it in common.
        positive: Whether zero is quarantined; negative numbers are for every whole number.
    """

    name: str
    type: ColumnType
    at_submission: bool = True
    needed_to_train: bool = False
    in_twin: bool = False
    positive: bool = False


COLUMNS: tuple[Column, ...] = (
    Column("atom_id", "text"),
    Column("time", "time", needed_to_train=True, in_twin=True),
    Column("location", "text", in_twin=True),
    Column("memory_fail_count", "count", at_submission=False),
    Column("branch", "text"),
    Column("buildProfile", "text", needed_to_train=True, in_twin=True),
    Column("jobs", "count", in_twin=True),
    Column("localJobs", "count", in_twin=True),
    Column("makeType", "text", in_twin=True),
    Column("targets", "text", in_twin=True),
    Column("component", "text", in_twin=True),
    Column("ts_phase", "text", at_submission=False),
    Column("ts_status", "text", at_submission=False),
    Column("cgroup", "text", at_submission=False),
    Column("max_rss", "bytes", at_submission=False, needed_to_train=True, in_twin=True, positive=True),
    Column("max_cache", "bytes", at_submission=False),
    Column("memreq", "mib", in_twin=True, positive=True),
    Column("finished_at", "time", at_submission=False),
    Column("allocation", "mib", at_submission=False, positive=True),
)

COLUMN_BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
TWIN_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS if column.in_twin)
NEEDED_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS if column.needed_to_train)
SUBMISSION_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS if column.at_submission)

LEARNING_COLUMNS: tuple[str, ...] = (
    "time",
    "location",
    "branch",
    "buildProfile",
    "jobs",
    "localJobs",
    "makeType",
    "targets",
    "component",
    "ts_status",
    "max_rss",
    "memreq",
    "finished_at",
    "allocation",
    "is_twin",
)
"""What features and outcomes of an accepted row are made of: the long ids of job and cgroup are not among it."""

FINAL_STATUSES: tuple[str, ...] = ("ok", "unstable")
"""Statuses whose peak is the job's own; a row without a status counts as final too."""

STATUSES: tuple[str, ...] = (*FINAL_STATUSES, "error", "canceled", "running", "oom")
"""All words of ``ts_status``; others are quarantined."""

STATUS_RANK: dict[str | None, int] = {
    "running": 0,
    None: 1,
    "error": 2,
    "canceled": 2,
    "oom": 2,
    **dict.fromkeys(FINAL_STATUSES, 3),
}
"""How settled a row is: a later row of the same identity replaces it only where its rank is higher."""

EARLIEST_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - times of the contract are naive UTC
"""A time before it is a clock that was never set (most often 1970), and quarantined."""

FUTURE_TOLERANCE = timedelta(hours=24)
"""A time later than this after ingest is quarantined: one wrong year would move every cut-off."""

CENSORED_SHARE = 0.98
"""A failed job whose peak is at this share of its allocation or more was cut off by it."""
