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
    """

    title: str
    caption: str
    family: str | None
    preset: str = ""


def offers(overview: Overview) -> list[Offer]:
    """The choices, whether their models are there or not."""
    best = best_family(overview, "classification")
    caption = "no run has scored a classification family yet"
    if best is not None:
        caption = f"{family_title(best.family)}: the best of run {best.run_id}, with a score of {best.score:.1f}"
    first = Offer("Classification", caption, None if best is None else best.family)
    return [
        first,
        *(
            Offer(f"Quantile Ensemble: {name}", PRESET_CAPTIONS.get(name, ""), QUANTILE_ENSEMBLE, name)
            for name in PRESETS
        ),
    ]


def load_offer(layout: Layout, offer: Offer) -> DeployableModel | None:
    """The newest judged fit of the offered family; where there is none, says so in the place.

    Judged and not served: such a fit has not seen the newest jobs, and so its answers can be held against their peaks.

    Raises:
        ArtifactError: The artifact is missing, was changed, or is of other library versions.
    """
    fit = None
    if offer.family is not None:
        with Registry.read(layout) as registry:
            fit = registry.fits.newest(offer.family, "judged")
    if fit is None:
        asked = offer.family or "FAMILY"
        st.info(f"{offer.title} is not there: no run of this store has fitted it yet. Choose another one above, or run")
        st.code(f"python flows/train.py --model-families {asked} --store {layout.store}", language="bash")
        return None
    return load_model(layout, fit.digest)
