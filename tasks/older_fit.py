"""The fit behind the champion, scored on tonight's hold-out beside tonight's fit. Not here: what follows from it."""

from __future__ import annotations

import logging
from pathlib import Path

from resource_prediction.errors import ArtifactError
from resource_prediction.models import DeployableModel
from resource_prediction.recipe import Recipe
from resource_prediction.scoring import Score
from tasks.features import Features
from tasks.fit import Fitted
from tasks.score import load_scored_jobs
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Champion

logger = logging.getLogger(__name__)


def score_older_fit(
    store: str, features: Features, champion: Champion | None, fits: tuple[Fitted, ...], under_cost: float
) -> Score | None:
    """Score the judged fit of the version that serves on this run's hold-out.

    Returns:
        None without a champion, where its recipe was not fitted in this run or the fit was taken over, where the older
        fit has seen rows of the hold-out, or where its artifact cannot be loaded.
    """
    tonight = next((fitted for fitted in fits if champion and Recipe.of(fitted.recipe).digest == champion.recipe), None)
    if champion is None or tonight is None or tonight.digest == champion.judged_digest:
        return None
    try:
        model = DeployableModel.load(artifact_path(Layout(Path(store)), champion.judged_digest))
    except ArtifactError as error:
        logger.warning("the older fit of %s cannot be scored: %s", champion.family, error)
        return None
    until_us = int(tonight.metrics["until_us"])
    if model.facts.trained_until_us > until_us:
        return None
    jobs = load_scored_jobs(store, features, since_us=until_us)
    return jobs.score(model.predict(jobs.rows), under_cost)
