"""Finished raw rows on their way into a model's history: which of them count. Not here: the history itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.errors import MissingColumnError
from resource_prediction.features.raw_rows import RawRows, Submissions, read_instants, read_number, read_submissions
from resource_prediction.outcomes import Outcomes, read_outcomes
from resource_prediction.telemetry import TWIN_COLUMNS

_NUMBERS = ("max_rss", "memreq", "allocation")
_REMEMBERED = 100_000
"""Jobs and twin signatures kept; the oldest go first."""


@dataclass(frozen=True)
class Ends:
    """When the peaks of n jobs became known, for a model that learns from them on its way through the same jobs.

    Attributes:
        known_us: Microseconds, shape (n,).
        peak_gib: Shape (n,).
        is_final: The peak is the job's own; the others are not learned from; shape (n,).
    """

    known_us: IntArray
    peak_gib: FloatArray
    is_final: BoolArray

    def since(self, start_us: int | None, before_us: int) -> npt.NDArray[np.intp]:
        """Jobs whose final peak became known from ``start_us`` on and strictly before ``before_us``, in that order."""
        told = self.is_final & (self.known_us < before_us)
        if start_us is not None:
            told &= self.known_us >= start_us
        chosen = np.flatnonzero(told)
        return chosen[np.argsort(self.known_us[chosen], kind="stable")]


@dataclass
class SeenJobs:
    """The jobs that were observed, so that none counts twice.

    Attributes:
        holders: Twin signature of each job, and the job: an equal signature of another job is a twin.
        counted: Jobs with a final peak; one that was running before is not among them.
    """

    holders: dict[str, str] = field(default_factory=dict)
    counted: dict[str, None] = field(default_factory=dict)

    def is_new(self, job: str, signature: str, *, is_final: bool) -> bool:
        """Whether neither the end of this job nor a twin of it was observed before; it is remembered."""
        if self.holders.setdefault(signature, job) != job or job in self.counted:
            return False
        if is_final:
            self.counted[job] = None
        for remembered in (self.holders, self.counted):
            if len(remembered) > _REMEMBERED:
                del remembered[next(iter(remembered))]
        return True


def order_finished(rows: RawRows) -> pd.DataFrame:
    """Finished raw rows in the order of (time, id), in which ties among jobs known at one instant are broken.

    Raises:
        MissingColumnError: Without ``max_rss``, ``time`` or ``buildProfile``.
        TelemetryError: On a value of the wrong type.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if "max_rss" not in frame.columns and len(frame):
        raise MissingColumnError("max_rss", [str(column) for column in frame.columns])
    submitted_us = read_submissions(frame).submitted_us
    ids = frame["atom_id"].astype(str) if "atom_id" in frame else pd.Series("", index=frame.index)
    order = np.lexsort((ids.to_numpy(dtype=str), submitted_us))
    return frame.iloc[order].reset_index(drop=True)


def finished_outcomes(rows: pd.DataFrame, seen: SeenJobs, label_delay_us: int) -> Outcomes:
    """Outcomes of finished raw rows; one that was observed before, or whose twin was, counts as a twin."""
    submissions = read_submissions(rows)
    typed = pd.DataFrame({name: read_number(name, rows[name]) for name in _NUMBERS if name in rows})
    typed["time"] = submissions.submitted_us.astype("datetime64[us]")
    if "ts_status" in rows:
        typed["ts_status"] = rows["ts_status"]
    if "finished_at" in rows:
        typed["finished_at"] = read_instants("finished_at", rows["finished_at"]).dt.tz_localize(None)
    typed["is_twin"] = False
    is_final = read_outcomes(typed, label_delay_us).is_final
    jobs = _jobs(rows, submissions, typed["max_rss"].to_numpy())
    typed["is_twin"] = [
        not seen.is_new(job, signature, is_final=bool(final))
        for (job, signature), final in zip(jobs, is_final, strict=True)
    ]
    return read_outcomes(typed, label_delay_us)


def _jobs(rows: pd.DataFrame, submissions: Submissions, max_rss: FloatArray) -> list[tuple[str, str]]:
    """Name and twin signature of each job, from typed values: a text of a number is the number."""
    values = {"time": submissions.submitted_us, "max_rss": max_rss, **submissions.numbers}
    values |= {name: np.array(column.values, dtype=object)[column.codes] for name, column in submissions.text.items()}
    own = [values[name].tolist() for name in TWIN_COLUMNS]
    signatures = [repr(signature) for signature in zip(*own, strict=True)]
    ids = rows["atom_id"].tolist() if "atom_id" in rows else [None] * len(rows)
    # Without an id, a job is what its columns say: the branch tells it from a twin.
    return [
        (signature + repr(branch) if pd.isna(job) or job == "" else str(job), signature)
        for job, signature, branch in zip(ids, signatures, values["branch"].tolist(), strict=True)
    ]
