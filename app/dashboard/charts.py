"""Charts of the dashboard, as values: colours, axes with units, marks. Not here: reading what they show, Streamlit."""

from __future__ import annotations

import altair as alt
import pandas as pd

CHAMPION, REQUEST, OTHER, RISK = "#0072b2", "#7f7f7f", "#009e73", "#d55e00"
"""Colours of Okabe and Ito (2008), which colour-blind people tell apart, on a light and on a dark page."""

POLICIES = {"champion": "champion", "memreq": "requests", "rolling_max_20": "rolling maximum of 20"}
"""Policies of a hold-out, as they are called in a legend."""

RUNNING = {"score": "allocations", "requests": POLICIES["memreq"]}
"""Lines of a walk's score, by column."""

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart

SCORE_AXIS = "business score (lower is better)"
TIME_AXIS = alt.Axis(format="%m-%d %H:%M", labelOverlap=True)
WHOLE_AXIS = alt.Axis(format=",d", tickMinStep=1)


def served_chart(scores: pd.DataFrame, promotions: pd.DataFrame) -> Drawn:
    """How champions did on jobs after their fits, night by night: 90 % interval, and a rule where somebody else came.

    Args:
        scores: As `warehouse.overview.served_scores`.
        promotions: As `warehouse.overview.promotion_times`.
    """
    night = alt.X("given_at:T", title="night (UTC)", axis=TIME_AXIS)
    base = alt.Chart(_without_zone(scores)).encode(x=night)
    band = base.mark_rule(color=CHAMPION, opacity=0.5, strokeWidth=3).encode(
        y=alt.Y("low:Q", title=SCORE_AXIS, scale=alt.Scale(zero=False)), y2="high:Q"
    )
    line = base.mark_line(color=CHAMPION, point=alt.OverlayMarkDef(color=CHAMPION, size=60)).encode(
        y=alt.Y("score:Q", title=SCORE_AXIS, scale=alt.Scale(zero=False)),
        tooltip=[
            alt.Tooltip("given_at:T", title="night (UTC)", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("version:N"),
            alt.Tooltip("score:Q", format=".1f"),
            alt.Tooltip("low:Q", format=".1f", title="90 % from"),
            alt.Tooltip("high:Q", format=".1f", title="90 % to"),
            alt.Tooltip("under_pct:Q", format=".1f", title="under %"),
            alt.Tooltip("over_pct:Q", format=".1f", title="over %"),
            alt.Tooltip("rows:Q", format=",.0f", title="jobs"),
        ],
    )
    return alt.layer(promotion_rules(promotions), band, line).properties(height=300)


def promotion_rules(promotions: pd.DataFrame) -> Drawn:
    """A vertical rule at every change of who serves; a switch to another recipe is solid, a refresh dotted."""
    drawn: Drawn = (
        alt.Chart(_without_zone(promotions))
        .mark_rule(color=OTHER)
        .encode(
            x=alt.X("promoted_at:T", title="night (UTC)", axis=TIME_AXIS),
            strokeDash=alt.StrokeDash(
                "kind:N",
                title="promotion",
                scale=alt.Scale(
                    domain=["first", "promoted", "refreshed", "rollback"], range=[[1, 0], [1, 0], [2, 4], [8, 4]]
                ),
            ),
            tooltip=[
                alt.Tooltip("promoted_at:T", title="when (UTC)", format="%Y-%m-%d %H:%M"),
                "kind:N",
                "version:N",
                "reason:N",
            ],
        )
    )
    return drawn


def holdout_chart(scores: pd.DataFrame) -> Drawn:
    """Each run's hold-out: the champion's recipe beside the requests and the rolling maximum.

    Args:
        scores: As `warehouse.overview.holdout_scores`.
    """
    named = _without_zone(scores).assign(policy=scores["policy"].map(POLICIES))
    drawn: Drawn = (
        alt.Chart(named)
        .mark_line(point=True)
        .encode(
            x=alt.X("finished_at:T", title="run ended (UTC)", axis=TIME_AXIS),
            y=alt.Y("score:Q", title=SCORE_AXIS, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "policy:N",
                title=None,
                scale=alt.Scale(domain=list(POLICIES.values()), range=[CHAMPION, REQUEST, OTHER]),
                legend=alt.Legend(orient="top"),
            ),
            shape=alt.Shape("policy:N", title=None, scale=alt.Scale(domain=list(POLICIES.values()))),
            tooltip=[
                alt.Tooltip("finished_at:T", title="run ended (UTC)", format="%Y-%m-%d %H:%M"),
                "policy:N",
                alt.Tooltip("score:Q", format=".1f"),
                alt.Tooltip("under_pct:Q", format=".1f", title="under %"),
                alt.Tooltip("over_pct:Q", format=".1f", title="over %"),
            ],
        )
        .properties(height=300)
    )
    return drawn


def saved_chart(nights: pd.DataFrame) -> Drawn:
    """GiB saved a day, and below it the jobs that got less than their peak, at the end of each night's jobs.

    Args:
        nights: As `warehouse.nightly_savings.nightly_savings`.
    """
    base = alt.Chart(nights).encode(
        x=alt.X("until:T", title="jobs until (UTC)", axis=TIME_AXIS),
        tooltip=[
            alt.Tooltip("from:T", title="jobs from (UTC)", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("until:T", title="until (UTC)", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("jobs:Q", format=",.0f"),
            alt.Tooltip("under_jobs:Q", title="below their peak", format=",.0f"),
            alt.Tooltip("gib_saved_a_day:Q", title="GiB saved a day", format=",.0f"),
        ],
    )
    saved = base.mark_line(color=CHAMPION, point=alt.OverlayMarkDef(color=CHAMPION, size=60)).encode(
        y=alt.Y("gib_saved_a_day:Q", title="GiB saved a day")
    )
    risk = base.mark_line(color=RISK, point=alt.OverlayMarkDef(color=RISK, shape="triangle-up", size=60)).encode(
        y=alt.Y("under_jobs:Q", title="jobs below peak", axis=WHOLE_AXIS)
    )
    drawn: Drawn = alt.vconcat(saved.properties(height=140), risk.properties(height=100))
    return drawn


def walk_chart() -> Drawn:
    """Request, allocation and peak of jobs, of a table as `Walk.window`; one that would have died is a triangle."""
    job = alt.X(
        "job:Q", title="job, in the order of submission", scale=alt.Scale(zero=False, nice=False), axis=WHOLE_AXIS
    )
    memory, dead = "memory of a job, GiB", [False, True]
    seen = [
        alt.Tooltip("time:T", title="submitted (UTC)", format="%Y-%m-%d %H:%M:%S"),
        alt.Tooltip("buildProfile:N"),
        alt.Tooltip("peak_gib:Q", title="peak, GiB", format=".1f"),
        alt.Tooltip("allocation_gib:Q", title="allocation, GiB", format=".1f"),
        alt.Tooltip("request_gib:Q", title="request, GiB", format=".1f"),
    ]
    base = alt.Chart().encode(x=job)
    request = base.mark_line(interpolate="step", color=REQUEST, strokeDash=[4, 3]).encode(
        y=alt.Y("request_gib:Q", title=memory)
    )
    allocation = base.mark_line(interpolate="step", color=CHAMPION).encode(y=alt.Y("allocation_gib:Q", title=memory))
    peaks = base.mark_point(filled=True, opacity=0.9).encode(
        y=alt.Y("peak_gib:Q", title=memory),
        color=alt.Color(
            "is_under:N",
            scale=alt.Scale(domain=dead, range=[OTHER, RISK]),
            legend=alt.Legend(
                title=None, orient="top", labelExpr="datum.value ? 'would have died' : 'peak within its allocation'"
            ),
        ),
        shape=alt.Shape("is_under:N", scale=alt.Scale(domain=dead, range=["circle", "triangle-up"]), legend=None),
        size=alt.Size("is_under:N", scale=alt.Scale(domain=dead, range=[25, 110]), legend=None),
        tooltip=seen,
    )
    return alt.layer(request, allocation, peaks).properties(
        height=320, title=alt.Title("dashed: request; line: allocation; points: peaks", fontSize=12, anchor="start")
    )


def score_lines(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores as `Walk.scores_so_far`, a row for each point of each line."""
    long = scores.rename(columns=RUNNING).melt("job", var_name="policy", value_name="value")
    return long.dropna().reset_index(drop=True)


def running_score_chart() -> Drawn:
    """The score so far of allocations and requests, of a table as `score_lines`."""
    drawn: Drawn = (
        alt.Chart()
        .mark_line()
        .encode(
            x=alt.X("job:Q", title="jobs so far", axis=WHOLE_AXIS),
            y=alt.Y("value:Q", title="business score so far"),
            color=alt.Color(
                "policy:N",
                title=None,
                scale=alt.Scale(domain=list(RUNNING.values()), range=[CHAMPION, REQUEST]),
                legend=alt.Legend(orient="top"),
            ),
            strokeDash=alt.StrokeDash(
                "policy:N", scale=alt.Scale(domain=list(RUNNING.values()), range=[[1, 0], [4, 3]]), legend=None
            ),
        )
        .properties(height=220)
    )
    return drawn


def rows_a_day_chart(days: pd.DataFrame) -> Drawn:
    """Accepted rows by day.

    Args:
        days: As `warehouse.telemetry_report.rows_a_day`.
    """
    drawn: Drawn = (
        alt.Chart(days)
        .mark_bar(color=CHAMPION)
        .encode(
            x=alt.X("yearmonthdate(day):T", title="day of submission (UTC)"),
            y=alt.Y("rows:Q", title="accepted rows"),
            tooltip=[
                alt.Tooltip("day:T", format="%Y-%m-%d"),
                alt.Tooltip("rows:Q", format=","),
                alt.Tooltip("twins:Q", format=","),
                alt.Tooltip("mean_peak_gib:Q", title="mean peak, GiB", format=".1f"),
                alt.Tooltip("mean_request_gib:Q", title="mean request, GiB", format=".1f"),
            ],
        )
        .properties(height=240)
    )
    return drawn


def _without_zone(table: pd.DataFrame) -> pd.DataFrame:
    """Times as UTC without a zone: with one, a browser shows them in its own."""
    zoned = table.select_dtypes("datetimetz")
    return table.assign(**{str(name): zoned[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in zoned})
