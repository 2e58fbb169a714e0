"""`DeployableModel`: raw rows in, GiB out, from one folder. Not here: learners, fitting."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from resource_prediction.allocation import allocate, request_cap, risk_under_cap, under_cost_of
from resource_prediction.array_files import ONE_READER
from resource_prediction.arrays import BoolArray, FloatArray, IntArray, Matrix
from resource_prediction.config import family_entry
from resource_prediction.distribution import Distribution
from resource_prediction.errors import FeatureVersionError
from resource_prediction.evidence import OTHER_SEGMENT
from resource_prediction.features.keys import KeyArray, level_keys
from resource_prediction.features.matrix import FEATURE_VERSION, FEATURES, as_frame, assemble
from resource_prediction.features.profile import ProfileEncoder
from resource_prediction.features.raw_rows import RawRows, Submissions, read_submissions
from resource_prediction.features.recall import Recall
from resource_prediction.features.state import HistoryState
from resource_prediction.models.artifact import check_folder, write_manifest
from resource_prediction.models.base import BasePredictor
from resource_prediction.models.observation import Ends, SeenJobs, finished_outcomes, order_finished
from resource_prediction.models.parts import Part, by_parts
from resource_prediction.recipe import Recipe
from resource_prediction.risk_correction import RiskCorrection
from resource_prediction.telemetry import MIB_PER_GIB

logger = logging.getLogger(__name__)

STEP_US = 30 * 60 * 1_000_000
"""A learner that observes is told of ended jobs at every half hour of a walk: a job's own step is never among them."""

_SIDECAR, _ENCODER, _HISTORY, _RISK, _LEARNER = "model.json", "encoder.json", "history.npz", "risk.json", "learner"


@dataclass(frozen=True)
class FitFacts:
    """What is known of a fit, beside its learner.

    Attributes:
        trained_until_us: Instant whose past the model was fitted on, microseconds since 1970 UTC.
        rows: Training rows.
        rows_digest: Digest of the features and peaks that were fitted.
        mean_peak_gib: Mean peak of the training rows; what the business score measures waste in.
        cap_ratio: No allocation exceeds this many times its request; learned from the training rows.
        seed: Seed of the fit.
        score: Of the judged twin, in the served artifact only.
    """

    trained_until_us: int
    rows: int
    rows_digest: str
    mean_peak_gib: float
    cap_ratio: float
    seed: int
    score: dict[str, Any] | None = None


@dataclass
class DeployableModel:
    """A fitted model with all it needs to predict from raw telemetry columns.

    Attributes:
        predictor: The learner.
        encoder: Codes of words, as learned from the training rows.
        state: The last finished jobs of each key; `observe` moves it on, in memory only.
        recipe: What was fitted.
        facts: On which rows, and what came of it.
        digest: Name of the artifact that it was loaded from; empty before it is saved.
        risk_correction: What is shown in place of a predicted risk; no allocation depends on it.
    """

    predictor: BasePredictor
    encoder: ProfileEncoder
    state: HistoryState
    recipe: Recipe
    facts: FitFacts
    digest: str = ""
    risk_correction: RiskCorrection = field(default_factory=RiskCorrection)
    _seen: SeenJobs = field(default_factory=SeenJobs, repr=False)
    _recall: Recall | None = field(default=None, repr=False)
    _reported: set[str] = field(default_factory=set, repr=False)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load an artifact folder, or a link to one; every file is checked against its digest.

        Raises:
            ArtifactError: The folder is no artifact, was changed, or was written by other library versions.
        """
        folder = Path(path).resolve()
        manifest = check_folder(folder)
        sidecar = json.loads((folder / _SIDECAR).read_text(encoding="utf-8"))
        recipe = Recipe.of(sidecar["recipe"])
        if recipe.feature_version != FEATURE_VERSION or sidecar["features"] != list(FEATURES):
            raise FeatureVersionError(str(folder), recipe.feature_version, FEATURE_VERSION)
        with ONE_READER, np.load(folder / _HISTORY, allow_pickle=False) as arrays:
            state = HistoryState.from_arrays(dict(arrays))
        return cls(
            predictor=family_entry(recipe.family)["class"]().load(folder / _LEARNER),
            encoder=ProfileEncoder(**json.loads((folder / _ENCODER).read_text(encoding="utf-8"))),
            state=state,
            recipe=recipe,
            facts=FitFacts(**sidecar["facts"]),
            digest=manifest.digest,
            risk_correction=_read_correction(folder / _RISK),
        )

    def save(self, folder: Path) -> str:
        """Write an artifact into an empty folder; equal models give equal bytes.

        Returns:
            The artifact's digest.
        """
        learner = folder / _LEARNER
        learner.mkdir(parents=True)
        self.predictor.save(learner)
        _write_json(folder / _ENCODER, asdict(self.encoder))
        _write_json(
            folder / _SIDECAR, {"recipe": self.recipe.values, "facts": asdict(self.facts), "features": list(FEATURES)}
        )
        _write_json(folder / _RISK, asdict(self.risk_correction))
        np.savez(folder / _HISTORY, allow_pickle=False, **self.state.to_arrays())
        self.digest = write_manifest(folder, libraries=self.predictor.library_versions())
        return self.digest

    def predict(self, rows: RawRows, under_cost: float | str | None = None) -> FloatArray:
        """Allocate memory for n jobs.

        Args:
            rows: Data frame or list of dicts in raw telemetry columns; only what is known at submission is read.
            under_cost: Another penalty for under-allocation than the model was scored with, or a preset's name such as
                "Tiny Under-allocation": higher is safer.

        Returns:
            GiB, shape (n,), finite and > 0.

        Raises:
            TelemetryError: A required column is missing, or a value has the wrong type.
            AllocationError: ``under_cost`` is not above 0, or no preset has that name.
        """
        submissions = read_submissions(rows)
        late: list[int] = []

        def allocate_part(part: Part) -> FloatArray:
            jobs = submissions.part(part)
            return self._allocate(jobs, self._features(jobs, late), under_cost)

        allocation_gib = by_parts(submissions, allocate_part)
        self._report(submissions, late)
        return allocation_gib

    def predict_with_history(
        self, rows: RawRows, point_in_time: Matrix, under_cost: float | str | None = None, ends: Ends | None = None
    ) -> FloatArray:
        """As `predict`, with point-in-time features that were made elsewhere: a history that has moved on.

        Args:
            rows: As in `predict`, n.
            point_in_time: POINT_IN_TIME_FEATURES of the same jobs, shape (n, features), float32.
            under_cost: As in `predict`.
            ends: When the peaks of the same jobs became known. A family that observes learns from each of them on the
                way, strictly after it was known; this model stays as it is. None: the learner stays frozen.
        """
        submissions = read_submissions(rows)
        if ends is not None and self.predictor.observes:
            return self._predict_on_the_way(submissions, point_in_time, under_cost, ends)

        def allocate_part(part: Part) -> FloatArray:
            jobs = submissions.part(part)
            return self._allocate(jobs, as_frame(assemble(self.encoder, jobs, point_in_time[part])), under_cost)

        return by_parts(submissions, allocate_part)

    def predict_with_risk(self, rows: RawRows, under_costs: Sequence[float | str]) -> tuple[FloatArray, FloatArray]:
        """As `predict` for several penalties at once, and the risk that each allocation is predicted to have.

        Args:
            rows: As in `predict`, n.
            under_costs: Penalties or names of presets, p of them.

        Returns:
            Allocations in GiB and P(peak > allocation), corrected by what was seen where the model has learned that,
            shape (n, p) each.
        """
        submissions = read_submissions(rows)
        late: list[int] = []

        def allocate_part(part: Part) -> FloatArray:
            jobs = submissions.part(part)
            distribution = self.predictor.predict_distribution(self._features(jobs, late))
            allocation_gib = [self._apply_rule(jobs, distribution, under_cost) for under_cost in under_costs]
            risk = [self._promise(jobs, distribution, each_gib) for each_gib in allocation_gib]
            return np.stack([np.stack(allocation_gib, axis=1), np.stack(risk, axis=1)], axis=1)

        both = by_parts(submissions, allocate_part)
        self._report(submissions, late)
        return both[:, 0], both[:, 1]

    def predict_quantiles(self, rows: RawRows, levels: npt.ArrayLike) -> FloatArray:
        """Quantiles of the peaks of n jobs, GiB, shape (n, q).

        Args:
            rows: As in `predict`.
            levels: Levels in [0, 1], shape (q,).
        """
        return self.predict_distribution(rows).quantiles(levels)

    def predict_distribution(self, rows: RawRows) -> Distribution:
        """What the peaks of n jobs are predicted to be, GiB; ``rows`` as in `predict`."""
        return self.predictor.predict_distribution(self.features(rows))

    def observe(self, finished_rows: RawRows) -> int:
        """Let jobs that have ended since the fit into the history, in memory only; a learner that observes learns too.

        Jobs without a final peak, twins, jobs observed before and jobs from before the model's own history are left
        out.

        Args:
            finished_rows: Raw rows with ``max_rss``; in any order.

        Returns:
            How many jobs went in.

        Raises:
            TelemetryError: A required column is missing, or a value has the wrong type.
        """
        if not len(finished_rows):
            return 0
        rows = order_finished(finished_rows)
        outcomes = finished_outcomes(rows, self._seen, self.recipe.label_delay_us)
        is_fresh = outcomes.is_final & (outcomes.known_us >= self.state.until_us)
        order = np.flatnonzero(is_fresh)[np.argsort(outcomes.known_us[is_fresh], kind="stable")]
        submissions = read_submissions(rows)
        keys = level_keys(submissions)[order]
        if self.predictor.observes:
            self._teach(submissions.part(order), keys, outcomes.known_us[order], outcomes.peak_gib[order])
        self.state.observe(keys, outcomes.known_us[order], outcomes.peak_gib[order])
        return len(order)

    def is_older(self, rows: RawRows) -> BoolArray:
        """Which of n jobs were submitted before the fit's cut-off, shape (n,): they get less or no history."""
        return read_submissions(rows).submitted_us < self.facts.trained_until_us

    def features(self, rows: RawRows) -> pd.DataFrame:
        """The feature matrix of n jobs, as the learner gets it; shape (n, features), float32."""
        submissions, late = read_submissions(rows), list[int]()
        frame = self._features(submissions, late)
        self._report(submissions, late)
        return frame

    def get_model_info(self) -> dict[str, Any]:
        """What this model is: type, family, version, training, score, features."""
        entry = family_entry(self.recipe.family)
        return {
            "model_type": entry["base_model"],
            "task_type": entry["type"],
            "family": self.recipe.family,
            "version": self.digest[:8],
            "trained_until": datetime.fromtimestamp(self.facts.trained_until_us / 1e6, UTC).isoformat(),
            "rows": self.facts.rows,
            "score": self.facts.score,
            "features": list(FEATURES),
        }

    def _predict_on_the_way(
        self, submissions: Submissions, point_in_time: Matrix, under_cost: float | str | None, ends: Ends
    ) -> FloatArray:
        """Allocate for steps of time, each by a learner that has observed what was known before the step began."""
        walker = replace(self, predictor=self.predictor.copy())
        features = as_frame(assemble(self.encoder, submissions, point_in_time))
        begins_us = submissions.submitted_us // STEP_US * STEP_US
        allocation_gib = np.empty(len(submissions))
        observed_us: int | None = None
        for begin_us in np.unique(begins_us).tolist():
            told = ends.since(observed_us, begin_us)
            if told.size:
                walker.predictor.observe(features.iloc[told], ends.peak_gib[told])
            observed_us = begin_us
            (step,) = np.nonzero(begins_us == begin_us)
            allocation_gib[step] = walker._allocate(submissions.part(step), features.iloc[step], under_cost)
        return allocation_gib

    def _teach(self, submissions: Submissions, keys: KeyArray, known_us: IntArray, peak_gib: FloatArray) -> None:
        """Hand ended jobs to the learner, with features as of their submission, where history reaches back so far."""
        if self._recall is None:
            self._recall = Recall.of(self.state)
        self._recall.learn(keys, known_us, peak_gib)
        point_in_time, is_described = self._recall.describe(keys, submissions.submitted_us)
        if is_described.any():
            features = as_frame(assemble(self.encoder, submissions, point_in_time))
            self.predictor.observe(features[is_described], peak_gib[is_described])

    def _allocate(self, submissions: Submissions, features: pd.DataFrame, under_cost: float | str | None) -> FloatArray:
        return self._apply_rule(submissions, self.predictor.predict_distribution(features), under_cost)

    def _apply_rule(
        self, submissions: Submissions, distribution: Distribution, under_cost: float | str | None
    ) -> FloatArray:
        rule = self.recipe.rule
        if under_cost is not None:
            rule = replace(rule, under_cost=under_cost_of(under_cost))
        return allocate(distribution, rule, self.facts.mean_peak_gib, self._cap_gib(submissions))

    def _promise(self, submissions: Submissions, distribution: Distribution, allocation_gib: FloatArray) -> FloatArray:
        component = submissions.text["component"]
        segment = np.array([word or OTHER_SEGMENT for word in component.values], dtype=np.str_)[component.codes]
        risk = self.risk_correction.apply(distribution.exceedance(allocation_gib), segment)
        return risk_under_cap(risk, allocation_gib, self._cap_gib(submissions))

    def _cap_gib(self, submissions: Submissions) -> FloatArray:
        return request_cap(submissions.numbers["memreq"] / MIB_PER_GIB, self.facts.cap_ratio)

    def _features(self, submissions: Submissions, late: list[int]) -> pd.DataFrame:
        """The feature matrix; the number of rows that are older than a state is added to ``late``."""
        point_in_time, count = self.state.describe(level_keys(submissions), submissions.submitted_us)
        late.append(count)
        return as_frame(assemble(self.encoder, submissions, point_in_time))

    def _report(self, submissions: Submissions, late: list[int]) -> None:
        if count := sum(late):
            logger.warning(
                "%d of %d rows are older than a history state of this model and get no history from it",
                count,
                len(submissions),
            )
        for column, word in self.encoder.unseen(submissions, self._reported):
            self._reported.add(column)
            what = "a missing value" if word is None else f"the value {word!r}, which training had not"
            logger.warning("column %s has %s; it is predicted as unknown, and not reported again", column, what)
        for column in submissions.empty_columns():
            if column not in self._reported:
                self._reported.add(column)
                logger.warning("column %s is missing; it is predicted as unknown, and not reported again", column)


def _read_correction(path: Path) -> RiskCorrection:
    """The correction beside a model; artifacts of earlier releases have none."""
    return RiskCorrection(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else RiskCorrection()


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n", encoding="utf-8", newline="\n")
