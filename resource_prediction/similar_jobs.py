"""The past jobs that are most like one: what a prediction rests on, for people. Not here: predicting, tables on a page.

A job's likeness is first of all what is built: jobs of the same configuration come before those of the same profile,
and these before all others. Among them the nearest by the model's own features come first, each past job as it was
described when it was submitted: the hour, the branch, what jobs like it had just needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.arrays import BoolArray, FloatArray, IntArray
from resource_prediction.features.keys import LEVEL_NAMES, NO_KEY, KeyArray, level_keys
from resource_prediction.features.matrix import FEATURES, assemble
from resource_prediction.features.point_in_time import History
from resource_prediction.features.profile import CODE_FEATURES
from resource_prediction.features.raw_rows import RawRows, Submissions, read_submissions
from resource_prediction.models import DeployableModel
from resource_prediction.outcomes import read_outcomes

ALIKE = ("configuration", "profile")
"""Key levels in the order of likeness; behind them comes any job."""

MOST_CANDIDATES = 1_000
"""Jobs of one level that are compared at most, the newest: older ones say little, and a page waits."""

_SHOWN = ("time", "component", "buildProfile", "makeType", "targets", "branch")
_IS_CODE = np.isin(FEATURES, CODE_FEATURES)


@dataclass(frozen=True)
class PastJobs:
    """Finished jobs of a telemetry, ready to be searched; all arrays in the order in which peaks became known.

    Attributes:
        rows: What is shown of them, n.
        submissions: What was known when they were submitted, n.
        keys: Their keys, shape (n, levels).
        known_us: When each peak became known, ascending, shape (n,).
        peak_gib: Shape (n,).
        request_gib: Shape (n,), NaN where nobody asked.
        history: The same jobs, to describe each by what was known before it.
    """

    rows: pd.DataFrame
    submissions: Submissions
    keys: KeyArray
    known_us: IntArray
    peak_gib: FloatArray
    request_gib: FloatArray
    history: History

    @classmethod
    def build(cls, rows: pd.DataFrame, label_delay_us: int) -> PastJobs:
        """Take the jobs with a final peak of their own.

        Args:
            rows: Accepted rows in contract columns in the order of (time, id), with ``is_twin``.
            label_delay_us: When a peak counts as known, where no end is told.
        """
        outcomes = read_outcomes(rows, label_delay_us)
        final = np.flatnonzero(outcomes.is_final)
        order = final[np.argsort(outcomes.known_us[final], kind="stable")]
        submissions = read_submissions(rows).part(order)
        keys = level_keys(submissions)
        known_us, peak_gib = outcomes.known_us[order], outcomes.peak_gib[order]
        return cls(
            rows.iloc[order][[name for name in _SHOWN if name in rows]].reset_index(drop=True),
            submissions,
            keys,
            known_us,
            peak_gib,
            outcomes.memreq_gib[order],
            History.build(keys, known_us, peak_gib),
        )

    def similar(self, model: DeployableModel, job: RawRows, count: int = 5) -> pd.DataFrame:
        """The past jobs that are most like one.

        Only jobs count whose peak was known strictly before the model's cut-off and before the submission of the job
        itself. The distance is the mean over the features of the difference in units of the feature's spread among
        the compared, on a logarithmic scale; another word, or a value that only one of the two has, is one unit. Of
        equally near jobs the newest comes first.

        Args:
            model: Whose features and cut-off count; its state is not changed.
            job: One raw row.
            count: How many at most.

        Returns:
            The nearest first: ``alike`` (``configuration``, ``profile`` or ``other``), ``time``, ``peak_gib``,
            ``request_gib``, ``distance``, and what else is known of them.

        Raises:
            TelemetryError: The row lacks a required column, or has a value of the wrong type.
        """
        asked = read_submissions(job)
        before_us = min(model.facts.trained_until_us, int(asked.submitted_us[0]))
        known = int(np.searchsorted(self.known_us, before_us, side="left"))
        own = model.features(job).to_numpy()[0]
        found = [pd.DataFrame()]
        for alike, places in self._levels(level_keys(asked)[0], known):
            missing = count - sum(map(len, found))
            if missing <= 0:
                break
            found.append(self._nearest(model, own, places, missing).assign(alike=alike))
        return pd.concat(found[1:] or [self._table(np.empty(0, dtype=np.intp))], ignore_index=True)

    def _levels(self, keys: KeyArray, known: int) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
        """Places of the newest jobs of each level that are in no closer one."""
        taken: BoolArray = np.zeros(known, dtype=np.bool_)
        for name in ALIKE:
            level = LEVEL_NAMES.index(name)
            same = (self.keys[:known, level] == keys[level]) & (keys[level] != NO_KEY) & ~taken
            taken |= same
            yield name, np.flatnonzero(same)[-MOST_CANDIDATES:]
        yield "other", np.flatnonzero(~taken)[-MOST_CANDIDATES:]

    def _nearest(
        self, model: DeployableModel, own: npt.NDArray[np.float32], places: npt.NDArray[np.intp], count: int
    ) -> pd.DataFrame:
        jobs = self.submissions.part(places)
        point_in_time = self.history.describe(self.keys[places], jobs.submitted_us)
        distance = feature_distance(own, assemble(model.encoder, jobs, point_in_time))
        order = np.lexsort((-jobs.submitted_us, distance))[:count]
        return self._table(places[order]).assign(distance=distance[order])

    def _table(self, places: npt.NDArray[np.intp]) -> pd.DataFrame:
        return self.rows.iloc[places].assign(peak_gib=self.peak_gib[places], request_gib=self.request_gib[places])


def feature_distance(own: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> FloatArray:
    """Mean difference of each of m rows to one row, in units of each feature's spread.

    Args:
        own: Features of the row, shape (len(FEATURES),).
        others: Shape (m, len(FEATURES)).

    Returns:
        Shape (m,), at least 0; 0 for a row with equal features.
    """
    place, places = _log_scale(own), _log_scale(others)
    both = np.vstack([places, place])
    known = ~np.isnan(both)
    counts = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, both, 0.0).sum(axis=0) / counts
    spread = np.sqrt((np.where(known, both - mean, 0.0) ** 2).sum(axis=0) / counts)
    difference = np.abs(places - place) / np.where(spread > 0, spread, 1.0)
    difference = np.where(_IS_CODE & (places != place), 1.0, difference)
    missing = np.isnan(places).astype(np.int64) + np.isnan(place)
    difference = np.where(missing == 2, 0.0, np.where(missing == 1, 1.0, difference))
    return np.asarray(difference.mean(axis=1), dtype=np.float64)


def _log_scale(values: npt.NDArray[np.float32]) -> FloatArray:
    wide = values.astype(np.float64)
    return np.asarray(np.sign(wide) * np.log1p(np.abs(wide)))
