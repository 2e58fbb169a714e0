"""The task that fits one recipe, scores it and files both; a finished equal fit is taken over. Not here: fitting."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import Failed

from resource_prediction.config import family_entry
from resource_prediction.errors import ResourcePredictionError, StoreError
from resource_prediction.evaluation import evaluate
from resource_prediction.holdout_report import correction_from
from resource_prediction.models.unified_wrapper import DeployableModel
from resource_prediction.recipe import Recipe
from resource_prediction.risk_correction import RiskCorrection
from resource_prediction.training import fit_recipe
from tasks.elsewhere import Origin, at_hand, hand_in_fit
from tasks.features import Cut, Features
from tasks.progress import FamilyProgress
from tasks.score import enter_evidence, load_scored_jobs, predict_timed
from warehouse import prepared
from warehouse.artifacts import artifact_path, store_artifact
from warehouse.code_version import code_version
from warehouse.exchange import Parcel
from warehouse.faults import store_faults
from warehouse.layout import Layout
from warehouse.registry import Fit, Registry, Role

Purpose = Literal["candidate", "champion's recipe", "nominated"]

SCORE_NAMES = ("score", "live_score", "under_pct", "over_pct", "rows")


@dataclass(frozen=True)
class Fitted:
    """A fit in the store.

    Attributes:
        recipe: Values of the recipe.
        digest: Its artifact.
        metrics: Scores on the hold-out, for a judged fit.
        fit_seconds: Wall clock of the fit in this run; 0 where it was taken over.
        taken_from: The earlier run it was taken over from, if any.
        not_shown: What the Prefect UI could not be told of it.
        parcel: What a worker that cannot see the store hands in, to be filed by the flow.
    """

    recipe: dict[str, Any]
    digest: str
    metrics: dict[str, Any]
    fit_seconds: float
    taken_from: str | None
    not_shown: tuple[str, ...] = ()
    parcel: Parcel | None = None


@dataclass(frozen=True)
class FitOrder:
    """What to fit, on what, for which run; the order of a task.

    Attributes:
        store: The store's folder.
        run_id: The run.
        recipe: Values of the recipe.
        features: Features of all rows.
        cut: The training set.
        seed: Seed of the fit.
        under_cost: Penalty that all recipes of the run are scored with; a recipe allocates by its own.
        purpose: Why it is fitted, for the task's name.
        origin: Where the order comes from, for a task outside the flow's process.
    """

    store: str
    run_id: str
    recipe: dict[str, Any]
    features: Features
    cut: Cut
    seed: int
    under_cost: float
    purpose: Purpose = "candidate"
    origin: Origin | None = None

    @property
    def layout(self) -> Layout:
        """The store."""
        return Layout(Path(self.store))

    def key(self, role: Role, score: dict[str, Any], correction: RiskCorrection) -> str:
        """Digest of all that the fit and its scores depend on; a served artifact carries ``score`` and correction."""
        recipe = Recipe.of(self.recipe).digest
        data = [self.features.name, self.cut.name]
        values = [*data, recipe, self.seed, self.under_cost, role, code_version(), score, asdict(correction)]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


@task(name="fit", task_run_name="fit {order.recipe[family]} ({order.purpose})")
def fit_judged(order: FitOrder) -> Fitted | State[Any]:
    """Fit a recipe on what was known before the hold-out, score it there, and enter its complete blocks in the ledger.

    A family that cannot be fitted ends as a failed task with one line, and stops no other.

    Raises:
        StoreError: The store cannot be read or written, which is no fault of the family.
    """
    progress = FamilyProgress("fit", str(order.recipe["family"]))
    progress.tell(0, f"{order.purpose}: fitting")
    try:
        with at_hand(order.store, order.origin) as store, store_faults(Layout(Path(store))):
            here = replace(order, store=store)
            fitted = _fit(here, "judged", {}, RiskCorrection())
            parcel = hand_in_fit(store, order.origin, here.key("judged", {}, RiskCorrection()))
    except StoreError:
        raise
    except ResourcePredictionError as error:
        progress.tell(100, f"{order.purpose}: failed: {error}")
        return Failed(message=str(error))
    origin = f"in {fitted.fit_seconds:.1f} s" if fitted.taken_from is None else f"taken over from {fitted.taken_from}"
    progress.tell(100, f"{order.purpose}: scores {fitted.metrics['score']:.1f}, fitted {origin}")
    return replace(fitted, not_shown=tuple(progress.not_shown), parcel=parcel)


@task(name="serve", task_run_name="fit {order.recipe[family]} on everything known")
def fit_served(order: FitOrder, judged: Fitted) -> Fitted:
    """Fit a recipe on everything known; the artifact carries its judged twin's score, and none of its seconds.

    What the twin's predicted risks were worth on the hold-out corrects those that the served model shows: nothing is
    fitted for it, and no allocation depends on it.
    """
    score = {name: judged.metrics[name] for name in SCORE_NAMES}
    return _fit(order, "served", score, _learn_correction(order, judged))


def is_fitted(order: FitOrder) -> bool:
    """Whether the store has the judged fit, so that it is taken over."""
    with Registry.read(order.layout) as registry:
        return registry.fits.find(order.key("judged", {}, RiskCorrection())) is not None


def _learn_correction(order: FitOrder, judged: Fitted) -> RiskCorrection:
    model = DeployableModel.load(artifact_path(order.layout, judged.digest))
    jobs = load_scored_jobs(order.store, order.features, since_us=judged.metrics["until_us"])
    return correction_from(model, jobs, known_before_us=order.cut.until_us)


def _fit(order: FitOrder, role: Role, score: dict[str, Any], correction: RiskCorrection) -> Fitted:
    recipe, key = Recipe.of(order.recipe), order.key(role, score, correction)
    with Registry.open(order.layout) as registry:
        if (found := registry.fits.find(key)) is not None:
            return Fitted(order.recipe, found.digest, dict(found.metrics), 0.0, found.run_id)
    data = prepared.load_training_set(order.layout, order.cut.name)
    began = time.perf_counter()
    model = replace(fit_recipe(recipe, data, order.seed, score or None), risk_correction=correction)
    fit_seconds = time.perf_counter() - began
    digest = store_artifact(order.layout, model.save)
    metrics = _score(order, digest) if role == "judged" else score
    with Registry.open(order.layout) as registry:
        registry.fits.record(
            Fit(
                key=key,
                digest=digest,
                family=recipe.family,
                task_type=family_entry(recipe.family)["type"],
                role=role,
                recipe=recipe.digest,
                recipe_values=order.recipe,
                metrics=metrics,
                fit_seconds=fit_seconds,
                run_id=order.run_id,
                finished_at=datetime.now(UTC),
            )
        )
    return Fitted(order.recipe, digest, metrics, fit_seconds, None)


def _score(order: FitOrder, digest: str) -> dict[str, Any]:
    """Score the stored artifact, as users will load it, on the raw rows of the hold-out."""
    model = DeployableModel.load(artifact_path(order.layout, digest))
    jobs = load_scored_jobs(order.store, order.features, since_us=order.cut.until_us)
    allocation_gib, predict_ms = predict_timed(model, jobs)
    evaluation = evaluate(model, jobs, allocation_gib, order.under_cost)
    enter_evidence(order.store, order.features, model, jobs, allocation_gib, recipe_id=model.recipe.digest)
    return {**evaluation.values, "predict_ms_per_1000": predict_ms, "until_us": order.cut.until_us}
