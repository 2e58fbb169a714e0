"""Training rows at a cut-off, and the fit of a recipe on them. Not here: families, scores, where things are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resource_prediction.allocation import CAP_RISK
from resource_prediction.arrays import BoolArray, FloatArray, IntArray, Matrix
from resource_prediction.config import create_predictor
from resource_prediction.errors import TooFewRowsError
from resource_prediction.features.asof import Positions
from resource_prediction.features.job_table import Described, JobTable
from resource_prediction.features.keys import level_keys
from resource_prediction.features.matrix import FEATURES, as_frame, assemble
from resource_prediction.features.point_in_time import History
from resource_prediction.features.profile import ProfileEncoder
from resource_prediction.features.raw_rows import Submissions, read_submissions
from resource_prediction.features.state import HistoryState
from resource_prediction.models.out_of_time import thin
from resource_prediction.models.unified_wrapper import DeployableModel, FitFacts
from resource_prediction.outcomes import Outcomes
from resource_prediction.recipe import Recipe

MIN_TRAINING_ROWS = 50
"""Fewer rows give no out-of-time residuals worth the name."""

TRAINING_ROWS = 160_000
"""Rows of a training set at most: the newest half, and older rows evenly thinned. A default fit sees 40,000 of them."""

_CAP_QUANTILE = 1 - CAP_RISK
"""Share of training jobs that must fit below the cap: where requests were always enough, the request is the cap."""


@dataclass(frozen=True)
class TrainingSet:
    """What every family shares at one cut-off.

    Attributes:
        until_us: Only what was known before this instant is inside; microseconds.
        matrix: Features of the training rows in time order, shape (n, len(FEATURES)), float32.
        peak_gib: What a fit learns as their peaks, shape (n,).
        memreq_gib: What people asked for, shape (n,); NaN where nobody did.
        submitted_us: When they were submitted, ascending, shape (n,).
        known_us: When their peaks were known, shape (n,).
        encoder: Learned from the same rows.
        state: History at the cut-off.
        mean_peak_gib: Mean of ``peak_gib``.
        cap_ratio: Multiple of the request above which no allocation goes.
        rows_digest: Digest of matrix and peaks.
    """

    until_us: int
    matrix: Matrix
    peak_gib: FloatArray
    memreq_gib: FloatArray
    submitted_us: IntArray
    known_us: IntArray
    encoder: ProfileEncoder
    state: HistoryState
    mean_peak_gib: float
    cap_ratio: float
    rows_digest: str


def training_rows(submitted_us: IntArray, outcomes: Outcomes, until_us: int, train_window_us: int | None) -> BoolArray:
    """Which of n rows a fit may see: scored ones, known strictly before the cut-off, inside the window."""
    known: BoolArray = outcomes.is_scored & (outcomes.known_us < until_us)
    return known if train_window_us is None else known & (submitted_us >= until_us - train_window_us)


def build_training_set(
    rows: pd.DataFrame,
    outcomes: Outcomes,
    point_in_time: Described,
    *,
    until_us: int,
    train_window_us: int | None = None,
) -> TrainingSet:
    """Cut training rows, codes and history states at an instant.

    Args:
        rows: Accepted rows in contract columns in the order of (time, id), n.
        outcomes: What became of them.
        point_in_time: Their features from `describe_table`, or a table that makes them.
        until_us: Cut-off: what was not known before it is not looked at.
        train_window_us: How far back training rows go; None is all.

    Raises:
        TooFewRowsError: Where fewer than MIN_TRAINING_ROWS rows are left.
    """
    submitted_us = rows["time"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    fitted = _choose(training_rows(submitted_us, outcomes, until_us, train_window_us))
    submissions, state = read_submissions(rows.iloc[fitted]), _state(rows, outcomes, until_us)
    return _training_set(submissions, outcomes.part(fitted), point_in_time[fitted], state)


def cut_table(load_table: Callable[[], JobTable], *, until_us: int, train_window_us: int | None = None) -> TrainingSet:
    """Cut a training set as `build_training_set` does, out of a table that has its history already.

    Args:
        load_table: Gives the table; asked twice, and let go of in between: all of a large one's mapped files and
            a state together take more memory than either.
        until_us: Cut-off: what was not known before it is not looked at.
        train_window_us: How far back training rows go; None is all.

    Raises:
        TooFewRowsError: Where fewer than MIN_TRAINING_ROWS rows are left.
    """
    rows = _fitted_rows(load_table(), until_us, train_window_us)
    return _training_set(*rows, HistoryState.at(load_table().history, until_us))


def _fitted_rows(table: JobTable, until_us: int, train_window_us: int | None) -> tuple[Submissions, Outcomes, Matrix]:
    submissions, outcomes = table.jobs.submissions, table.jobs.outcomes
    fitted = _choose(training_rows(submissions.submitted_us, outcomes, until_us, train_window_us))
    return submissions.part(fitted), outcomes.part(fitted), table[fitted]


def _choose(may_be_seen: BoolArray) -> Positions:
    rows = np.flatnonzero(may_be_seen)
    if len(rows) < MIN_TRAINING_ROWS:
        raise TooFewRowsError(len(rows), MIN_TRAINING_ROWS)
    return rows[thin(len(rows), TRAINING_ROWS)]


def _training_set(
    submissions: Submissions, outcomes: Outcomes, point_in_time: Matrix, state: HistoryState
) -> TrainingSet:
    """Put a training set together; all but the state are of its rows."""
    peak_gib = outcomes.training_gib
    encoder = ProfileEncoder.fit(submissions, peak_gib)
    matrix = assemble(encoder, submissions, point_in_time)
    return TrainingSet(
        until_us=state.until_us,
        matrix=matrix,
        peak_gib=peak_gib,
        memreq_gib=outcomes.memreq_gib,
        submitted_us=submissions.submitted_us,
        known_us=outcomes.known_us,
        encoder=encoder,
        state=state,
        mean_peak_gib=float(peak_gib.mean()),
        cap_ratio=learn_cap_ratio(outcomes.peak_gib, outcomes.memreq_gib),
        rows_digest=_digest(matrix, peak_gib),
    )


def fit_recipe(recipe: Recipe, data: TrainingSet, seed: int, score: dict[str, object] | None = None) -> DeployableModel:
    """Fit a recipe on a training set.

    Args:
        recipe: What to fit.
        data: On which rows.
        seed: Seed of the learner.
        score: Of the judged twin, for a served fit.

    Raises:
        FitError: The family cannot be fitted on these rows.
    """
    predictor = create_predictor(recipe.family, recipe.parameters, random_state=seed)
    predictor.fit_distribution(as_frame(data.matrix), data.peak_gib)
    facts = FitFacts(
        trained_until_us=data.until_us,
        rows=len(data.peak_gib),
        rows_digest=data.rows_digest,
        mean_peak_gib=data.mean_peak_gib,
        cap_ratio=data.cap_ratio,
        seed=seed,
        score=score,
    )
    assert len(FEATURES) == data.matrix.shape[1]  # noqa: S101 - a matrix of another feature version is never handed in
    return DeployableModel(predictor, data.encoder, data.state, recipe, facts)


def knowledge_end_us(rows: pd.DataFrame) -> int:
    """The instant just after the newest thing that the rows tell: a submission, or an end where ends are told."""
    newest = rows["time"].max()
    if "finished_at" in rows and rows["finished_at"].notna().any():
        newest = max(newest, rows["finished_at"].max())
    return int(np.datetime64(newest, "us").astype(np.int64)) + 1


def _state(rows: pd.DataFrame, outcomes: Outcomes, until_us: int) -> HistoryState:
    known = outcomes.is_final & (outcomes.known_us < until_us)
    keys = level_keys(read_submissions(rows[known]))
    return HistoryState.at(History.build(keys, outcomes.known_us[known], outcomes.peak_gib[known]), until_us)


def _digest(*arrays: Matrix | FloatArray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def learn_cap_ratio(peak_gib: FloatArray, memreq_gib: FloatArray) -> float:
    """Multiple of its request that a job may get, learned from n jobs; at least 1, and 1 where nobody asked."""
    asked = memreq_gib > 0
    if not asked.any():
        return 1.0
    return max(1.0, float(np.quantile(peak_gib[asked] / memreq_gib[asked], _CAP_QUANTILE)))
