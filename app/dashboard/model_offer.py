"""The four models that one can try: what each is, and its artifact. Not here: what they answer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.loading import load_model
from dashboard.words import family_title
from resource_prediction.allocation import PRESETS
from resource_prediction.models import DeployableModel
from warehouse.best_family import best_family
from warehouse.layout import Layout
from warehouse.overview import Overview
from warehouse.registry import Registry

QUANTILE_ENSEMBLE = "quantile_ensemble_regression"
PRESET_CAPTIONS = {
    "Balanced": "the penalty that runs are scored with",
    "Tiny Under-allocation": "more memory, fewer jobs below their peak",
    "Small Waste": "less memory, more jobs below their peak",
}


@dataclass(frozen=True)
class Offer:
    """One of the choices.

    Attributes:
        title: As it is called in the list.
        caption: What it is, in a line below.
        family: Its family; None where no run has scored one.
        preset: Name of its preset; empty where the model's own penalty counts.
        digest: The artifact that the caption tells of; None is the family's newest judged fit.
    """

    title: str
    caption: str
    family: str | None
    preset: str = ""
    digest: str | None = None


def offers(overview: Overview) -> list[Offer]:
    """The choices, whether their models are there or not."""
    best = best_family(overview, "classification")
    first = Offer("Classification", "no run has scored a classification family yet", None)
    if best is not None:
        # A run that does not tell its artifacts may have scored another fit than the newest.
        scored = "" if best.digest is None else f", with a score of {best.score:.1f}"
        caption = f"{family_title(best.family)}: the best of run {best.run_id}{scored}"
        first = Offer("Classification", caption, best.family, digest=best.digest)
    return [
        first,
        *(
            Offer(f"Quantile Ensemble: {name}", PRESET_CAPTIONS.get(name, ""), QUANTILE_ENSEMBLE, name)
            for name in PRESETS
        ),
    ]


def load_offer(layout: Layout, offer: Offer) -> DeployableModel | None:
    """The offered artifact, else the family's newest judged fit; where there is none, says so in the place.

    Judged and not served: such a fit has not seen the newest jobs, and so its answers can be held against their peaks.

    Raises:
        ArtifactError: The artifact is missing, was changed, or is of other library versions.
    """
    digest = offer.digest or _newest_judged(layout, offer.family)
    if digest is None:
        asked = offer.family or "FAMILY"
        st.info(f"{offer.title} is not there: no run of this store has fitted it yet. Choose another one above, or run")
        st.code(f"python flows/train.py --model-families {asked} --store {layout.store}", language="bash")
        return None
    return load_model(layout, digest)


def _newest_judged(layout: Layout, family: str | None) -> str | None:
    if family is None:
        return None
    with Registry.read(layout) as registry:
        fit = registry.fits.newest(family, "judged")
    return None if fit is None else fit.digest
