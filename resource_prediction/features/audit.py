"""The leak audit of every run: features again, from what was known alone. Not here: how features are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.arrays import BoolArray, IntArray, Matrix
from resource_prediction.features.job_table import Described
from resource_prediction.features.keys import LEVELS, level_keys
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.withheld import AuditedJobs, describe_as_trained, walk
from resource_prediction.outcomes import read_outcomes
from resource_prediction.telemetry import COLUMNS

AUDITED_ROWS = 2_000
_SEGMENT = 1_000
"""Consecutive rows that share one start of a walk; each walk builds a history of its own, from all jobs before it."""

_SCRAMBLED = tuple(
    column for column in COLUMNS if not column.at_submission and column.name not in ("ts_status", "finished_at")
)
"""Raw columns that a job has only afterwards; status and end stay, as they say which jobs count and since when."""


@dataclass(frozen=True)
class LeakAudit:
    """What the audit saw.

    Attributes:
        rows: Rows described a second time.
        twins: Of these, rows that are twins or have one.
        ties: Of these, rows that share their time stamp with another.
        passed: Whether every feature came out the same, bit for bit.
        finding: The first difference in words; None where there is none.
    """

    rows: int
    twins: int
    ties: int
    passed: bool
    finding: str | None

    @property
    def values(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def audit_leaks(
    parts: Sequence[Callable[[], pd.DataFrame]], label_delay_us: int, point_in_time: Described, seed: int
) -> LeakAudit:
    """Describe at least AUDITED_ROWS rows again, or all of a smaller table, from what was known at their submission.

    In two ways. *Withheld*: in segments of consecutive rows, a history is built of the jobs known before the segment
    and walks forward; each row is described before any job that was not known strictly before it is handed over.
    *Scrambled*: in a copy of the raw rows, whatever the jobs not known at one instant have only afterwards is replaced
    by noise; the copy is read again, and its rows submitted up to then are described by the same code as in training.

    Args:
        parts: What reads accepted rows in contract columns, in the order of (time, id) when one part is put behind the
            other, n in all. Parts are read twice at most, and no two are held at the same time.
        label_delay_us: When a peak without an end counts as known; microseconds after submission.
        point_in_time: The features under test, shape (n, features), or a table that makes them.
        seed: Seed of the choice of segments and of the noise.
    """
    jobs, starts = _read_parts(parts, label_delay_us)
    generator = np.random.default_rng(seed)
    is_twin, is_tie = np.isin(jobs.submitted_us, jobs.submitted_us[jobs.is_twin]), _ties(jobs.submitted_us)
    audited = _choose(len(jobs), is_twin, is_tie, generator)
    found = None
    for segment in audited:
        found = found or _difference(walk(jobs, segment), point_in_time[segment], segment)
    if len(jobs):
        cut_us = int(jobs.submitted_us[int(generator.integers(len(jobs) // 4, len(jobs)))])
        _scramble_parts(jobs, zip(starts, parts, strict=True), cut_us, label_delay_us, generator)
        checked = np.flatnonzero(jobs.submitted_us <= cut_us)[-AUDITED_ROWS:]
        found = found or _difference(describe_as_trained(jobs, checked), point_in_time[checked], checked)
    chosen = np.concatenate(audited) if audited else np.empty(0, dtype=np.intp)
    finding = None if found is None else _name(found, starts, parts)
    return LeakAudit(len(chosen), int(is_twin[chosen].sum()), int(is_tie[chosen].sum()), finding is None, finding)


def _read_parts(parts: Sequence[Callable[[], pd.DataFrame]], label_delay_us: int) -> tuple[AuditedJobs, list[int]]:
    """All jobs, and the position of each part's first one."""
    read = [_read(part(), label_delay_us) for part in parts]
    starts = np.concatenate([[0], np.cumsum([len(jobs) for jobs in read])]).astype(int).tolist()
    everything = AuditedJobs.empty(starts.pop(), len(LEVELS))
    for first in reversed(starts):
        everything.put(first, read.pop())  # each goes as soon as it is copied
    return everything, starts


def _read(rows: pd.DataFrame, label_delay_us: int) -> AuditedJobs:
    submissions, outcomes = read_submissions(rows), read_outcomes(rows, label_delay_us)
    return AuditedJobs(
        keys=level_keys(submissions),
        submitted_us=submissions.submitted_us,
        known_us=outcomes.known_us,
        peak_gib=outcomes.peak_gib,
        is_final=outcomes.is_final,
        is_twin=rows["is_twin"].to_numpy(dtype=bool),
    )


def _scramble_parts(
    jobs: AuditedJobs,
    parts: Iterable[tuple[int, Callable[[], pd.DataFrame]]],
    cut_us: int,
    label_delay_us: int,
    generator: np.random.Generator,
) -> None:
    """Read the parts again that hold something unknown at the cut, with noise instead, and put them over the jobs."""
    is_unknown = jobs.known_us >= cut_us
    for first, part in parts:
        if is_unknown[first:].any():
            rows = part()
            scrambled = _scramble(rows, is_unknown[first : first + len(rows)], generator)
            jobs.put(first, _read(scrambled, label_delay_us))


def _choose(count: int, is_twin: BoolArray, is_tie: BoolArray, generator: np.random.Generator) -> list[np.ndarray]:
    """Segments of rows: first around a twin and around a tie, then anywhere."""
    if count <= AUDITED_ROWS:
        return [np.arange(start, min(start + _SEGMENT, count)) for start in range(0, count, _SEGMENT)]
    segments = np.arange(count // _SEGMENT)
    with_both = np.unique(np.flatnonzero(is_twin) // _SEGMENT)
    with_tie = np.unique(np.flatnonzero(is_tie) // _SEGMENT)
    first = [generator.permutation(special[special < len(segments)])[:2] for special in (with_both, with_tie)]
    order = np.concatenate([*first, generator.permutation(segments)])
    chosen = list(dict.fromkeys(order.tolist()))[: -(-AUDITED_ROWS // _SEGMENT)]
    return [np.arange(segment * _SEGMENT, (segment + 1) * _SEGMENT) for segment in chosen]


def _scramble(rows: pd.DataFrame, is_unknown: BoolArray, generator: np.random.Generator) -> pd.DataFrame:
    """A copy of the rows with noise in place of all that the unknown ones have only afterwards."""
    noisy = {}
    for column in _SCRAMBLED:
        if column.name not in rows:
            continue
        is_text = column.type == "text"
        # Around 10^10, which in bytes is a usual peak, and from far below to far above it.
        noise = np.rint(generator.lognormal(23, 5, int(is_unknown.sum()))) + 1
        values = rows[column.name].to_numpy(dtype=object if is_text else np.float64, copy=True, na_value=np.nan)
        values[is_unknown] = noise.astype(str) if is_text else noise
        noisy[column.name] = values
    return rows.assign(**noisy)


def _difference(again: Matrix, before: Matrix, places: np.ndarray) -> tuple[int, str] | None:
    """Position of the first row that came out differently, and what of it did."""
    # Equal bits, so that a missing value equals itself.
    differs = again.view(np.uint32) != np.ascontiguousarray(before).view(np.uint32)
    if not differs.any():
        return None
    row, column = (int(axis[0]) for axis in np.nonzero(differs))
    return int(places[row]), (
        f"feature {POINT_IN_TIME_FEATURES[column]}: "
        f"{before[row, column]} in the table, {again[row, column]} from what was known"
    )


def _name(found: tuple[int, str], starts: list[int], parts: Sequence[Callable[[], pd.DataFrame]]) -> str:
    row, what = found
    part = int(np.searchsorted(starts, row, side="right")) - 1
    return f"row {parts[part]()['atom_id'].iloc[row - starts[part]]}, {what}"


def _ties(submitted_us: IntArray) -> BoolArray:
    _, inverse, counts = np.unique(submitted_us, return_inverse=True, return_counts=True)
    tied: BoolArray = counts[inverse] > 1
    return tied
