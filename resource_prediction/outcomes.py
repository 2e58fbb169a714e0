"""What became of a job: its peak, when it was known, whether it is final or cut off. Not here: features, scores."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray, TimeArray
from resource_prediction.telemetry import BYTES_PER_GIB, CENSORED_SHARE, FINAL_STATUSES, MIB_PER_GIB


@dataclass(frozen=True)
class Outcomes:
    """Arrays of shape (n,), one entry a job.

    Attributes:
        known_us: When the peak was known: the end of the job, else its time stamp plus the label delay; microseconds.
        peak_gib: Peak resident memory; for a cut-off job a lower bound.
        memreq_gib: What people asked for; NaN where absent.
        run_hours: From submission to end; NaN where the end is not known.
        is_final: The peak is the job's own: such rows enter history, train, and are scored.
        is_censored: The job was killed at its allocation: scored and trained as "at least this", never in history.
    """

    known_us: IntArray
    peak_gib: FloatArray
    memreq_gib: FloatArray
    run_hours: FloatArray
    is_final: BoolArray
    is_censored: BoolArray

    def part(self, rows: npt.NDArray[np.intp]) -> Outcomes:
        """Some of the jobs."""
        return Outcomes(*(getattr(self, field.name)[rows] for field in fields(Outcomes)))

    @property
    def is_scored(self) -> BoolArray:
        """Rows that a score counts: final ones and those that the limit killed."""
        return self.is_final | self.is_censored

    @property
    def training_gib(self) -> FloatArray:
        """What a fit learns as the peak: for a cut-off job its request stands in, as its own peak is unknown."""
        request = np.where(np.isnan(self.memreq_gib), self.peak_gib, self.memreq_gib)
        return np.where(self.is_censored, np.maximum(self.peak_gib, request), self.peak_gib)


def read_outcomes(rows: pd.DataFrame, label_delay_us: int) -> Outcomes:
    """Derive the outcomes of accepted telemetry rows.

    Args:
        rows: Accepted rows in contract columns, with ``is_twin``; shape (n, columns).
        label_delay_us: How long after ``time`` a peak is known where there is no ``finished_at``; microseconds.
    """
    status = _text(rows, "ts_status")
    is_twin = rows["is_twin"].to_numpy(dtype=bool)
    peak_bytes = rows["max_rss"].to_numpy(dtype=np.float64, na_value=np.nan)
    memreq_gib = _number(rows, "memreq") / MIB_PER_GIB
    allocation_gib = _number(rows, "allocation") / MIB_PER_GIB
    limit_gib = np.where(np.isnan(allocation_gib), memreq_gib, allocation_gib)
    peak_gib = peak_bytes / BYTES_PER_GIB
    usable = ~is_twin & (peak_gib > 0)
    at_limit = (status == "error") & (peak_gib >= CENSORED_SHARE * limit_gib)
    return Outcomes(
        known_us=_known_us(rows, label_delay_us),
        peak_gib=peak_gib,
        memreq_gib=memreq_gib,
        run_hours=_run_hours(rows),
        is_final=usable & (np.isin(status, FINAL_STATUSES) | (status == "")),
        is_censored=usable & ((status == "oom") | at_limit),
    )


def _known_us(rows: pd.DataFrame, label_delay_us: int) -> IntArray:
    ends = _ends(rows)
    submitted_us: IntArray = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    return np.where(np.isnat(ends), submitted_us + label_delay_us, ends.astype(np.int64))


def _run_hours(rows: pd.DataFrame) -> FloatArray:
    took = _ends(rows) - rows["time"].to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(took), np.nan, took / np.timedelta64(1, "h"))


def _ends(rows: pd.DataFrame) -> TimeArray:
    """When each job ended, shape (n,); NaT where nobody knows.

    Two exports of one job may disagree, so that a later submission meets an earlier end. Such an end is none: a peak
    that is known before its own job was submitted would be a feature of that very job.
    """
    submitted = rows["time"].to_numpy(dtype="datetime64[us]")
    if "finished_at" not in rows:
        return np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[us]")
    finished = rows["finished_at"].to_numpy(dtype="datetime64[us]")
    return np.where(finished < submitted, np.datetime64("NaT"), finished)


def _number(rows: pd.DataFrame, column: str) -> FloatArray:
    if column not in rows:
        return np.full(len(rows), np.nan)
    return rows[column].to_numpy(dtype=np.float64, na_value=np.nan)


def _text(rows: pd.DataFrame, column: str) -> npt.NDArray[np.str_]:
    if column not in rows:
        return np.full(len(rows), "", dtype="U8")
    codes, values = pd.factorize(rows[column])
    return np.append(np.asarray(values, dtype=str), "")[codes]
