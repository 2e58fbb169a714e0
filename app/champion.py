"""Page: who serves, how well, and whether something is wrong. Not here: reading the store, arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboard.charts import holdout_chart, saved_chart, served_chart
from dashboard.drift_words import drift_sentences
from dashboard.frame import shown_store
from dashboard.loading import load_drift, said_where_it_fails
from dashboard.metrics import Metric, show_metrics
from dashboard.version_comparison import show_last_champion
from dashboard.words import ago, count_of, family_title, figure, interval
from resource_prediction.summary.aside import Aside
from resource_prediction.summary.explanation import explain
from resource_prediction.summary.figures import usd
from warehouse.layout import Layout
from warehouse.nightly_savings import night_times, nightly_savings
from warehouse.overview import Overview, holdout_scores, promotion_times, served_scores
from warehouse.registry import Champion

SAVED_COLUMNS: dict[str, Any] = {
    "from": st.column_config.DatetimeColumn("jobs from (UTC)", format="YYYY-MM-DD HH:mm"),
    "until": st.column_config.DatetimeColumn("until (UTC)", format="YYYY-MM-DD HH:mm"),
    "jobs": st.column_config.NumberColumn("jobs", format="localized"),
    "under_jobs": st.column_config.NumberColumn("below their peak", format="localized"),
    "gib_saved": st.column_config.NumberColumn("GiB saved", format="%.0f"),
    "gib_saved_a_day": st.column_config.NumberColumn("GiB a day", format="%.0f"),
    "usd_saved": st.column_config.NumberColumn("USD saved", format="%.2f"),
    "version": "by version",
}


def show_page() -> None:
    """The page from top to bottom."""
    layout, overview = shown_store()
    _show_alarms(layout, overview)
    champion = overview.champion
    if champion is None:
        _show_nobody(layout, overview)
        return
    st.title(family_title(champion.family))
    st.caption(
        f"Version {champion.version} serves since {champion.promoted_at:%Y-%m-%d %H:%M} UTC "
        f"({ago(champion.promoted_at)}), fitted on {champion.rows:,} jobs until "
        f"{champion.trained_until:%Y-%m-%d %H:%M} UTC."
    )
    _show_nights(overview)
    _show_figures(champion, overview)
    _show_scores(overview)
    _show_savings(overview)
    _show_verdict(overview)
    st.subheader("The champion, the last one, and the requests on the same jobs")
    with said_where_it_fails("The comparison with the last champion"):
        show_last_champion(layout, overview)


def _show_alarms(layout: Layout, overview: Overview) -> None:
    """What an operator should know before anything else."""
    if layout.current.exists():
        with said_where_it_fails("Drift"):
            sentences = drift_sentences(load_drift(layout))
            if sentences:
                st.warning(
                    "The newest day of telemetry is unlike the days before:\n"
                    + "\n".join(f"- {sentence}" for sentence in sentences),
                    icon=":material/trending_up:",
                )
    broken = overview.last_broken
    if broken is not None:
        st.error(
            f"The last run, {broken.run_id}, {'failed' if broken.state == 'failed' else 'was stopped'}"
            f"{f' {ago(broken.finished_at)}' if broken.finished_at else ''}. Who served before still serves.",
            icon=":material/error:",
        )


def _show_nights(overview: Overview) -> None:
    """When the next night comes, as far as the store knows."""
    found = night_times(overview, datetime.now(UTC))
    if found is None:
        return
    last = f"the last one {ago(found.last)}"
    if found.usual_minute is None:
        st.caption(f"One night so far, which began {ago(found.last)}.")
    else:
        hour, minute = divmod(found.usual_minute, 60)
        st.caption(f"Nights so far began about {hour:02}:{minute:02} UTC, {last}.")
    if found.is_overdue and not overview.is_synthetic:
        st.warning(
            f"No night has begun for more than 30 hours, {last}. Look at what should start it.",
            icon=":material/schedule:",
        )


def _show_nobody(layout: Layout, overview: Overview) -> None:
    st.title("No champion yet")
    if overview.verdicts:
        st.info(f"{overview.verdicts[-1].reason}")
    else:
        st.info("No run has ended in this store. The first one trains, judges and promotes:")
    st.code(f"python flows/train.py --store {layout.store}", language="bash")


def _show_figures(champion: Champion, overview: Overview) -> None:
    served, result = overview.served, overview.last_result or {}
    own = served if served is not None and served["version"] == champion.version else None
    baselines: Mapping[str, Any] = result.get("baselines", {})
    requests = (baselines.get("memreq") or {}).get("score")
    judged = champion.scores
    # Score and shares are of the same jobs, so that a reader can hold them against each other.
    shown = served or {"under_pct": judged.under_pct, "over_pct": judged.over_pct}
    where = "on the same jobs" if served else "on the hold-out of its run"
    under = count_of(served["under_pct"], served["rows"]) if served else where
    daily = served_scores(overview)["gib_saved_a_day"].dropna()
    show_metrics(
        Metric(
            "Served score",
            figure(served["score"] if served else None),
            "Business score of the served model on jobs that came after its fit: 5 for each percent of jobs that got "
            "less than their peak, plus the memory above the peaks in percent. Lower is better.",
            _whose(served, own, judged.score),
        ),
        Metric("Under-allocated", figure(shown["under_pct"], " %"), "Jobs that got less than their peak.", under),
        Metric(
            "Over-allocated",
            figure(shown["over_pct"], " %"),
            "Memory above the peaks, in percent of the peaks.",
            where,
        ),
        Metric("Requests' score", figure(requests), "What people asked for, scored alike.", "on the newest hold-out"),
        Metric(
            "GiB saved a day",
            "none yet" if daily.empty else f"{daily.iloc[-1]:,.0f}",
            "Requests less allocations over the jobs that came after the fit, per day; a job that got too little "
            "counts with its allocation, as it runs again at its request.",
            _usd_saved(overview),
        ),
    )


def _whose(served: Mapping[str, Any] | None, own: Mapping[str, Any] | None, on_holdout: float | None) -> str:
    if served is None:
        judged = "" if on_holdout is None else f"; {on_holdout:.1f} on the hold-out of its run"
        return f"no job has come after its fit yet{judged}"
    whose = "" if own is not None else f"of version {served['version'].partition('-')[0]}, which served before; "
    return f"{whose}{interval(served['low'], served['high'])}{served['rows']:,} jobs"


def _usd_saved(overview: Overview) -> str:
    saved = overview.champion_saved
    return "" if saved is None or saved.money.usd is None else f"{usd(saved.money.usd)} USD on the newest hold-out"


def _show_scores(overview: Overview) -> None:
    st.subheader("Score over the nights")
    served = served_scores(overview)
    after, on_holdout = st.tabs(["On jobs after the fit", "On each run's hold-out"])
    with after:
        if served.empty:
            st.info("A champion is scored here once jobs have come after its fit, which the next run sees.")
        else:
            st.altair_chart(
                served_chart(served, promotion_times(overview)),
                width="stretch",
                alt="Served score of each night with its 90 % interval; a rule marks each promotion",
            )
    with on_holdout:
        st.altair_chart(
            holdout_chart(holdout_scores(overview)),
            width="stretch",
            alt="Score of the champion, the requests and the rolling maximum on the hold-out of each run",
        )
        st.caption("Each run holds out other jobs: compare policies of one run, not one policy of two runs.")


def _show_savings(overview: Overview) -> None:
    st.subheader("Saved, and at risk, from night to night")
    nights = nightly_savings(overview)
    if nights.empty:
        st.info("Savings are told once jobs have come after a champion's fit, which the next run sees.")
        return
    st.altair_chart(saved_chart(nights), width="stretch", alt="GiB saved a day and jobs below their peak, by night")
    st.caption(
        "Jobs that each night saw first, with the allocations of who served. Money is told where a run had "
        "`--usd-per-gib-hour`, and end times or `--job-hours`."
    )
    shown = nights.dropna(axis="columns", how="all").iloc[::-1]
    st.dataframe(shown, hide_index=True, column_config=SAVED_COLUMNS, column_order=list(SAVED_COLUMNS), key="saved")


def _show_verdict(overview: Overview) -> None:
    st.subheader("What the last run decided")
    result = overview.last_result
    if result is None:
        st.info("No run of this store has come to its end.")
        return
    with st.container(border=True):
        st.markdown(explain(result, Aside.of(result["aside"])).replace("\n## ", "\n##### ").replace("# ", "#### ", 1))


show_page()
