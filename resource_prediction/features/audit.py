"""The leak audit of every run: features again, from what was known alone. Not here: how features are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.arrays import BoolArray, IntArray, Matrix
from resource_prediction.features.job_table import Described
from resource_prediction.features.keys import KeyArray, level_keys
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES, History
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.features.state import HistoryState
from resource_prediction.outcomes import Outcomes, read_outcomes
from resource_prediction.telemetry import COLUMNS

AUDITED_ROWS = 2_000
_SEGMENT = 250
"""Consecutive rows that share one start of a walk."""

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


def audit_leaks(rows: pd.DataFrame, label_delay_us: int, point_in_time: Described, seed: int) -> LeakAudit:
    """Describe at least AUDITED_ROWS rows again, or all of a smaller table, from what was known at their submission.

    In two ways. *Withheld*: in segments of consecutive rows, a history is built of the jobs known before the segment
    and walks forward; each row is described before any job that was not known strictly before it is handed over.
    *Scrambled*: in a copy of the raw rows, whatever the jobs not known at one instant have only afterwards is replaced
    by noise; the copy is read again, and its rows submitted up to then are described by the same code as in training.

    Args:
        rows: Accepted rows in contract columns in the order of (time, id), n.
        label_delay_us: When a peak without an end counts as known; microseconds after submission.
        point_in_time: The features under test, shape (n, features), or a table that makes them.
        seed: Seed of the choice of segments and of the noise.
    """
    submissions, outcomes = read_submissions(rows), read_outcomes(rows, label_delay_us)
    keys, submitted_us = level_keys(submissions), submissions.submitted_us
    generator = np.random.default_rng(seed)
    is_twin, is_tie = _twins(rows, submitted_us), _ties(submitted_us)
    audited = _choose(len(rows), is_twin, is_tie, generator)
    finding = None
    for segment in audited:
        again = _walk(keys, submitted_us, outcomes, segment)
        finding = finding or _difference(rows, again, point_in_time[segment], segment)
    if len(rows):
        cut_us = int(submitted_us[int(generator.integers(len(rows) // 4, len(rows)))])
        scrambled = _scramble(rows, outcomes.known_us >= cut_us, generator)
        checked = np.flatnonzero(submitted_us <= cut_us)[-AUDITED_ROWS:]
        again = _describe(scrambled, label_delay_us, checked)
        finding = finding or _difference(rows, again, point_in_time[checked], checked)
    chosen = np.concatenate(audited) if audited else np.empty(0, dtype=np.intp)
    return LeakAudit(len(chosen), int(is_twin[chosen].sum()), int(is_tie[chosen].sum()), finding is None, finding)


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


def _walk(keys: KeyArray, submitted_us: IntArray, outcomes: Outcomes, segment: np.ndarray) -> Matrix:
    start_us = int(submitted_us[segment[0]])
    known = outcomes.is_final & (outcomes.known_us < start_us)
    history = History.build(keys[known], outcomes.known_us[known], outcomes.peak_gib[known])
    state = HistoryState.at(history, start_us)
    coming = np.flatnonzero(
        outcomes.is_final & (outcomes.known_us >= start_us) & (outcomes.known_us < submitted_us[segment[-1]])
    )
    coming = coming[np.argsort(outcomes.known_us[coming], kind="stable")]
    described = np.empty((len(segment), len(POINT_IN_TIME_FEATURES)), dtype=np.float32)
    handed = 0
    for place, row in enumerate(segment):
        known_by_now = int(np.searchsorted(outcomes.known_us[coming], submitted_us[row], side="left"))
        if known_by_now > handed:
            fresh = coming[handed:known_by_now]
            state.observe(keys[fresh], outcomes.known_us[fresh], outcomes.peak_gib[fresh])
            handed = known_by_now
        described[place] = state.describe(keys[row : row + 1], submitted_us[row : row + 1])[0][0]
    return described


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


def _describe(rows: pd.DataFrame, label_delay_us: int, chosen: np.ndarray) -> Matrix:
    """Some rows of a table, described as in training by all of it."""
    submissions, outcomes = read_submissions(rows), read_outcomes(rows, label_delay_us)
    keys, final = level_keys(submissions), outcomes.is_final
    history = History.build(keys[final], outcomes.known_us[final], outcomes.peak_gib[final])
    return history.describe(keys[chosen], submissions.submitted_us[chosen])


def _difference(rows: pd.DataFrame, again: Matrix, before: Matrix, places: np.ndarray) -> str | None:
    # Equal bits, so that a missing value equals itself.
    differs = again.view(np.uint32) != np.ascontiguousarray(before).view(np.uint32)
    if not differs.any():
        return None
    row, column = (int(axis[0]) for axis in np.nonzero(differs))
    name = POINT_IN_TIME_FEATURES[column]
    return (
        f"row {rows['atom_id'].iloc[places[row]]}, feature {name}: "
        f"{before[row, column]} in the table, {again[row, column]} from what was known"
    )


def _twins(rows: pd.DataFrame, submitted_us: IntArray) -> BoolArray:
    flagged = rows["is_twin"].to_numpy(dtype=bool)
    return np.isin(submitted_us, submitted_us[flagged])


def _ties(submitted_us: IntArray) -> BoolArray:
    _, inverse, counts = np.unique(submitted_us, return_inverse=True, return_counts=True)
    tied: BoolArray = counts[inverse] > 1
    return tied
