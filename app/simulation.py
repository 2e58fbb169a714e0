"""Page: walk through jobs that the model has not seen, at one's own pace. Not here: the walk's figures, loading."""

from __future__ import annotations

import streamlit as st

from dashboard.charts import running_score_chart, score_lines, walk_chart
from dashboard.frame import shown_store
from dashboard.loading import load_walk, said_where_it_fails
from dashboard.metrics import Metric, show_metrics
from dashboard.pace import Pace
from dashboard.words import figure
from resource_prediction.summary.figures import whole
from resource_prediction.walk import Walk, WalkFigures
from warehouse.layout import Layout
from warehouse.registry import Fit, Registry

SHOWN_JOBS, SCORE_POINTS = 120, 200
"""What a step draws, whatever the walk's length: the page costs the same after an hour as after a minute."""


def show_page() -> None:
    """The page from top to bottom."""
    layout, overview = shown_store()
    st.title("Simulation")
    with Registry.read(layout) as registry:
        fits = {name: fit for name in registry.fits.families() if (fit := registry.fits.newest(name, "judged"))}
    if not fits:
        st.info("No family has been judged in this store: `python flows/train.py` fits and judges them.")
        return
    serves = overview.champion.family if overview.champion else next(iter(fits))
    names = sorted(fits, key=lambda name: (name != serves, name))
    family = st.selectbox("Model", names, key="simulated_family", help="The newest judged fit of a family.")
    with said_where_it_fails(f"A walk with {family}"):
        _show_walk(layout, fits[family])


def _show_walk(layout: Layout, fit: Fit) -> None:
    walk = load_walk(layout, fit.digest)
    st.caption(
        f"{len(walk):,} jobs that this fit has not seen, {walk.jobs['time'].iloc[0]:%Y-%m-%d %H:%M} to "
        f"{walk.jobs['time'].iloc[-1]:%Y-%m-%d %H:%M} UTC. Allocations were made with history as it stood at the "
        "fit; each step shows the peaks of the next jobs."
    )
    pace = Pace.of_session(fit.digest, len(walk))
    pace.show_controls()
    st.fragment(_show_step, run_every=pace.delay_s if pace.is_running else None)(walk, pace)


def _show_step(walk: Walk, pace: Pace) -> None:
    """One step: figures so far, the newest jobs, the score so far."""
    pace.advance()
    if pace.position == 0:
        st.info("Press Start to walk, or Step for the next jobs.")
        return
    found = walk.figures(pace.position)
    st.progress(pace.position / len(walk), f"Job {pace.position:,} of {len(walk):,}")
    show_metrics(
        Metric("Score so far", figure(found.score.score), "Lower is better."),
        Metric("Requests so far", figure(found.requests.score if found.requests else None)),
        Metric("Under-allocated", figure(found.score.under_pct, " %")),
        Metric("Over-allocated", figure(found.score.over_pct, " %")),
        Metric("GiB saved", whole(found.gib_saved), "Jobs that got too little ran again at their request."),
    )
    # A chart of which only the data change is not built anew at each step, as `st.altair_chart` would do it.
    st.vega_lite_chart(
        walk.window(pace.position, SHOWN_JOBS),
        walk_chart().to_dict(),
        width="stretch",
        alt="Peak, allocation and request of the newest jobs; a triangle is a job that would have died",
    )
    st.caption(f"Jobs that would have died so far: {found.under_rows:,}; each is a triangle.{_said_of_requests(found)}")
    st.vega_lite_chart(
        score_lines(walk.scores_so_far(pace.position, SCORE_POINTS)),
        running_score_chart().to_dict(),
        width="stretch",
        alt="The score so far of allocations and requests",
    )
    if pace.position == len(walk) and pace.is_running:
        pace.pause()
        st.rerun()


def _said_of_requests(found: WalkFigures) -> str:
    """Which jobs the figures of requests are of, where some have none."""
    asked = found.requests.rows if found.requests else 0
    if asked == found.score.rows:
        return ""
    return (
        f" {found.score.rows - asked:,} of these {found.score.rows:,} jobs have no request: they count in the score "
        "and in under- and over-allocated, not in the score of requests and in GiB saved."
    )


show_page()
