"""How the leak audit describes jobs again, from what was known alone. Not here: which jobs, comparing (audit.py)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray, Matrix
from resource_prediction.features.asof import Positions
from resource_prediction.features.keys import CONFIGURATION, LEVELS, KeyArray
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES, History
from resource_prediction.features.state import HistoryState

_ELSEWHERE = np.arange(2, 2 + len(LEVELS), dtype=np.uint64)
"""What stands at each level for the keys that no described job has; 0 and 1 have a meaning of their own."""


@dataclass(frozen=True)
class AuditedJobs:
    """What features are made of, read by the audit itself; n jobs in the order of (time, id).

    Attributes:
        keys: `level_keys`, shape (n, levels).
        submitted_us: Shape (n,).
        known_us: When each peak was known, shape (n,).
        peak_gib: Shape (n,).
        is_final: Whether a job counts in history, shape (n,).
        is_twin: Shape (n,).
    """

    keys: KeyArray
    submitted_us: IntArray
    known_us: IntArray
    peak_gib: FloatArray
    is_final: BoolArray
    is_twin: BoolArray

    def __len__(self) -> int:
        return len(self.submitted_us)

    def put(self, first: int, other: AuditedJobs) -> None:
        """Put other jobs in the place of those from position ``first`` on."""
        for name, values in vars(other).items():
            getattr(self, name)[first : first + len(other)] = values

    @classmethod
    def empty(cls, count: int, levels: int) -> AuditedJobs:
        """Room for ``count`` jobs."""
        return cls(
            keys=np.empty((count, levels), dtype=np.uint64),
            submitted_us=np.empty(count, dtype=np.int64),
            known_us=np.empty(count, dtype=np.int64),
            peak_gib=np.empty(count),
            is_final=np.empty(count, dtype=bool),
            is_twin=np.empty(count, dtype=bool),
        )


def walk(jobs: AuditedJobs, segment: Positions) -> Matrix:
    """Describe consecutive jobs while history moves on: no job is handed over before it is strictly known.

    Returns:
        Shape (len(segment), features).
    """
    start_us, end_us = int(jobs.submitted_us[segment[0]]), jobs.submitted_us[segment[-1]]
    coming = np.flatnonzero(jobs.is_final & (jobs.known_us >= start_us) & (jobs.known_us < end_us))
    coming = coming[np.argsort(jobs.known_us[coming], kind="stable")]
    known = np.flatnonzero(jobs.is_final & (jobs.known_us < start_us))
    state = HistoryState.at(_history(jobs, known, np.concatenate([segment, coming])), start_us)
    described = np.empty((len(segment), len(POINT_IN_TIME_FEATURES)), dtype=np.float32)
    handed = 0
    for place, row in enumerate(segment):
        known_by_now = int(np.searchsorted(jobs.known_us[coming], jobs.submitted_us[row], side="left"))
        if known_by_now > handed:
            fresh = coming[handed:known_by_now]
            state.observe(jobs.keys[fresh], jobs.known_us[fresh], jobs.peak_gib[fresh])
            handed = known_by_now
        described[place] = state.describe(jobs.keys[row : row + 1], jobs.submitted_us[row : row + 1])[0][0]
    return described


def describe_as_trained(jobs: AuditedJobs, chosen: Positions) -> Matrix:
    """Describe some jobs by all of them, with the code that describes a training set."""
    history = _history(jobs, np.flatnonzero(jobs.is_final), chosen)
    return history.describe(jobs.keys[chosen], jobs.submitted_us[chosen])


def _history(jobs: AuditedJobs, finished: Positions, asked: Positions) -> History:
    """History of finished jobs as far as the asked ones see it.

    A job that shares no key with an asked one is seen in two ways only: as one more on the farm, and by its ratio to
    its configuration. So configurations stay, and the other keys that nobody asks for become one: an index of a few
    keys takes a third of the time of one of millions, and a state of them next to no memory.
    """
    keys = np.tile(_ELSEWHERE, (len(finished), 1))
    for level in range(len(LEVELS)):
        own = jobs.keys[finished, level]
        wanted = pd.Series(own).isin(jobs.keys[asked, level]).to_numpy() if level != CONFIGURATION else slice(None)
        keys[wanted, level] = own[wanted]
    return History.build(keys, jobs.known_us[finished], jobs.peak_gib[finished])
