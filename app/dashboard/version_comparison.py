"""Two versions on the jobs that came after both fits, as a table. Not here: allocations and scores (the library)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.loading import KEPT_TABLES, load_model, load_rows
from dashboard.words import signed_points
from resource_prediction.telemetry import LEARNING_COLUMNS
from resource_prediction.version_comparison import VersionComparison, compare_versions
from warehouse.layout import Layout
from warehouse.overview import Overview
from warehouse.published import read_pointer
from warehouse.registry import Registry, VersionContent

JUDGED = (
    "Compared are the two versions' *judged* fits: of the same recipes as those that serve, fitted on what was known "
    "before the hold-out of their runs. So there are always jobs that neither has seen. Where one was fitted earlier, "
    "its age counts against it as well."
)


def show_comparison(layout: Layout, overview: Overview) -> None:
    """Let two versions be chosen, and score them on the same jobs."""
    versions = list(dict.fromkeys(entry.version for entry in reversed(overview.promotions)))
    if len(versions) < 2:
        st.info("There are not two versions yet; each promotion adds one.")
        return
    left, right = st.columns(2)
    first = left.selectbox("One version", versions, index=1, key="first_version")
    second = right.selectbox("Another", versions, index=0, key="second_version")
    if first == second:
        st.info("Choose two different versions.")
        return
    st.caption(JUDGED)
    _show(first, second, _compare(layout, first, second), key="compared")


def show_last_champion(layout: Layout, overview: Overview) -> None:
    """The champion, who served before it, and the requests on the same jobs.

    Raises:
        ArtifactError: An artifact is missing, was changed, or is of other library versions.
        ScoringError: No job came after the fits of both.
        StoreError: Nothing is published, or it is damaged.
    """
    versions = list(dict.fromkeys(entry.version for entry in reversed(overview.promotions)))
    if len(versions) < 2:
        st.info("Nobody served before this champion.")
        return
    _show(versions[1], versions[0], _compare(layout, versions[1], versions[0]), key="last_champion")
    st.caption(JUDGED)


def _show(first: str, second: str, found: VersionComparison, key: str) -> None:
    scores = {first: found.first, second: found.second, "requests": found.requests}
    rows = [
        {
            "version": name,
            "score": score.score,
            "under %": score.under_pct,
            "over %": score.over_pct,
            "jobs": score.rows,
        }
        for name, score in scores.items()
        if score
    ]
    figures = {name: st.column_config.NumberColumn(format="%.1f") for name in ("score", "under %", "over %")}
    figures["jobs"] = st.column_config.NumberColumn(format="localized")
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=figures, key=key)
    st.markdown(_sentence(second, found))


def _compare(layout: Layout, first: str, second: str) -> VersionComparison:
    with Registry.read(layout) as registry:
        contents: list[VersionContent] = [registry.content(version) for version in (first, second)]
    digests = [content.judged_digest for content in contents]
    return _compared(layout.store, read_pointer(layout).sha256, *digests)


@st.cache_data(max_entries=KEPT_TABLES, show_spinner="Scoring two versions on the same jobs")
def _compared(store: Path, manifest_sha256: str, first_digest: str, second_digest: str) -> VersionComparison:
    del manifest_sha256  # what the answer is kept under
    layout = Layout(store)
    first, second = (load_model(layout, digest) for digest in (first_digest, second_digest))
    return compare_versions(first, second, load_rows(layout, LEARNING_COLUMNS), second.recipe.rule.under_cost)


def _sentence(second: str, found: VersionComparison) -> str:
    span = f"On {found.first.rows:,} jobs, {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"
    difference = found.first.score - found.second.score
    text = f"{span}, **{second}** is {signed_points(difference)}"
    if found.gain is None:
        return f"{text}; the jobs are of too short a time to say how sure that is."
    return f"{text} (90 % interval of its gain: {found.gain.low:.1f} to {found.gain.high:.1f})."
