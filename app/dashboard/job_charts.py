"""What charts of one job's predicted peak share: the marks, the axis in GiB. Not here: the distribution itself."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard.charts import CHAMPION, REQUEST, RISK

GIB_AXIS = "peak memory (GiB)"
JOB_CHART_HEIGHT = 300

_COLOURS = {"allocation": CHAMPION, "request": REQUEST, "real peak": RISK}
_DASHES = {"allocation": [1, 0], "request": [8, 4], "real peak": [2, 3]}


def mark_rules(marks: Mapping[str, float], x: alt.X) -> alt.Chart:
    """A vertical rule at each mark; colour and dashes both tell them apart.

    Args:
        marks: GiB by name, some of ``allocation``, ``request`` and ``real peak``.
        x: The axis of the chart that they go into, of the column ``gib``.
    """
    names = list(marks)
    legend = alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3)
    rules: alt.Chart = (
        alt.Chart(pd.DataFrame({"mark": names, "gib": list(marks.values())}))
        .mark_rule(strokeWidth=3)
        .encode(
            x=x,
            color=alt.Color(
                "mark:N",
                title=None,
                scale=alt.Scale(domain=names, range=[_COLOURS[name] for name in names]),
                legend=legend,
            ),
            strokeDash=alt.StrokeDash(
                "mark:N", title=None, scale=alt.Scale(domain=names, range=[_DASHES[name] for name in names])
            ),
            tooltip=[alt.Tooltip("mark:N", title="mark"), alt.Tooltip("gib:Q", title="GiB", format=".1f")],
        )
    )
    return rules
