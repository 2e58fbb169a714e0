"""Page: try a model on a job, and see why it answers so. Not here: panels of one kind of model, arithmetic."""

from __future__ import annotations

import streamlit as st

from classification.bins_chart import show_bins
from dashboard.frame import shown_store
from dashboard.job_answer import job_marks, show_figures, show_similar
from dashboard.job_input import Job, show_form, show_found, show_recent
from dashboard.job_upload import show_upload
from dashboard.loading import said_where_it_fails
from dashboard.model_offer import Offer, load_offer, offers
from dashboard.penalty_curve import show_curve
from qe.penalty_choice import follow_offer, show_penalty
from qe.quantiles_chart import show_quantiles
from resource_prediction.job_answers import answer_jobs
from resource_prediction.models import DeployableModel
from resource_prediction.summary.figures import minute
from warehouse.layout import Layout

MODEL, INPUT = "model", "job_from"
FORM, UPLOAD, RECENT, BY_ID = "A form", "A CSV file", "Recent telemetry", "A job's id"


def show_page() -> None:
    """The page from top to bottom."""
    layout, overview = shown_store()
    st.title("Predict")
    offered = offers(overview)
    left, right = st.columns([2, 3])
    with left:
        offer = _show_offers(offered)
    model = None
    with right, said_where_it_fails(f"The model of {offer.title}"):
        model = load_offer(layout, offer)
    if model is None:
        return
    with left:
        under_cost = model.recipe.rule.under_cost
        if offer.preset:
            under_cost = show_penalty(offer, MODEL, offered)
        info = model.get_model_info()
        st.caption(
            f"`{info['family']}` {info['version']}, fitted on {info['rows']:,} jobs until "
            f"{minute(info['trained_until'])} UTC, before the hold-out of its run. Penalty {under_cost:g}."
        )
    with right, said_where_it_fails("The curve"):
        show_curve(layout, model, under_cost)
    with said_where_it_fails("The answer"):
        _show_answer(layout, offer, model, under_cost)


def _show_offers(offered: list[Offer]) -> Offer:
    by_title = {offer.title: offer for offer in offered}
    title = st.radio(
        "Model",
        list(by_title),
        captions=[offer.caption for offer in offered],
        key=MODEL,
        on_change=lambda: follow_offer(by_title[st.session_state[MODEL]]),
    )
    return by_title[title]


def _show_answer(layout: Layout, offer: Offer, model: DeployableModel, under_cost: float) -> None:
    asked = st.radio("Predict for", [FORM, UPLOAD, RECENT, BY_ID], horizontal=True, key=INPUT)
    if asked == UPLOAD:
        show_upload(model, under_cost)
        return
    job = _show_input(layout, model, asked)
    if job is None:
        return
    answers = answer_jobs(model, [job.row], under_cost)
    show_figures(answers, job)
    _show_age(model, job)
    distribution, marks = model.predict_distribution([job.row]), job_marks(answers, job)
    if offer.preset:
        show_quantiles(distribution, marks)
    else:
        show_bins(model, distribution, marks)
    show_similar(layout, model, job)


def _show_input(layout: Layout, model: DeployableModel, asked: str) -> Job | None:
    if asked == FORM:
        return show_form(layout)
    return show_recent(layout, model) if asked == RECENT else show_found(layout, model)


def _show_age(model: DeployableModel, job: Job) -> None:
    """A job from before the fit gets no history from it: the answer is worse than it looks."""
    if model.is_older([job.row])[0]:
        st.info("Submitted before the model's fit, so the model uses less or no history for it: choose a later time.")


show_page()
