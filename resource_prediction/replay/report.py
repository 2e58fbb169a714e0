"""The page of a replay: one HTML file without network, scripts or fonts of its own. Not here: figures, sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from resource_prediction.replay.allocations import HEADROOM, REQUEST_CAP, RISK_LIMIT
from resource_prediction.replay.results import NIGHTLY, by_score
from resource_prediction.replay.sentences import first_steps, headline, warnings
from resource_prediction.summary.figures import decimal, minute, whole

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 1.8rem 0 .4rem; }
.key { font-size: 1.15rem; } .aside { color: #555; } .warning { border-left: 4px solid #d55e00; padding-left: .7rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .2rem .5rem; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; }
th:first-child, td:first-child, .text { text-align: left; overflow-wrap: anywhere; }
td.short { white-space: nowrap; } tr.chosen { font-weight: bold; background: #eaf3f9; }
svg { width: 100%; height: auto; }
"""

Column = tuple[str, str]
"""A key and the heading over its values."""

_POLICY: tuple[Column, ...] = (
    ("score", "score"),
    ("live_score", "live score"),
    ("under_pct", "under %"),
    ("over_pct", "over %"),
    ("gib_saved", "GiB saved"),
)
_FROZEN = tuple(column for column in _POLICY if column[0] != "live_score")
_GROUP: tuple[Column, ...] = (("rows", "jobs"), ("under_rows", "at risk"), ("gib_saved", "GiB saved"))
_JOB: tuple[Column, ...] = (
    ("peak_gib", "peak GiB"),
    ("allocation_gib", "allocated GiB"),
    ("missing_gib", "missing GiB"),
    ("request_gib", "requested GiB"),
)
_GUARD_NAMES = {
    REQUEST_CAP: "never more than the request times a learned factor",
    RISK_LIMIT: "never a predicted risk above the rule's limit",
    HEADROOM: "headroom for page cache, as asked for",
}
_ONE_DECIMAL = {"score", "live_score", "under_pct", "over_pct", *(key for key, _ in _JOB)}


def render_report(
    result: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]], policies_svg: str, scores_svg: str
) -> str:
    """Write the page.

    Args:
        result: The JSON object of the replay.
        jobs: The jobs at risk that lack most, as `jobs_at_risk` has them.
        policies_svg: Of `render_policies`.
        scores_svg: Of `render_scores`.
    """
    span = f"{minute(result['from'])} to {minute(result['until'])} UTC, fitted anew every {result['every']}"
    body = [
        "<h1>What would these days have cost?</h1>",
        _paragraph(span, "aside"),
        *(_paragraph(sentence, "warning") for sentence in warnings(result)),
        *(_paragraph(sentence, "key") for sentence in headline(result)),
        "<h2>What to do first</h2>",
        f"<ol>{''.join(f'<li>{escape(step)}</li>' for step in first_steps(result))}</ol>",
        "<h2>Policies</h2>",
        _inline(policies_svg, "policies"),
        _policies(result["policies"]),
        _paragraph(
            "score = under-cost x percent of jobs below their peak + percent of memory above the peaks. Score: history "
            "as it stood when the period began; live score: history moving on, as with observe(). memreq: what people "
            "asked for; rolling_max_20: the maximum of the last 20 peaks of the profile; nightly: the champion of each "
            "night.",
            "aside",
        ),
        "<h2>Period by period</h2>",
        _inline(scores_svg, "scores"),
        *_savings(result),
        *_risky(result, jobs),
        "<h2>Safer, tighter, with headroom: the same fits</h2>",
        _variants(result),
        _paragraph(
            f"Scores are with {result['under_cost']:g} points for each percent of jobs below their peak. Headroom is "
            "for page cache, which a container's limit counts and the peaks do not contain; it ends at the cap.",
            "aside",
        ),
        "<h2>Guards, with and without</h2>",
        _guards(result),
        "<h2>Who would have served, and why</h2>",
        _nights(result["nights"]),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Replay {escape(span)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _inline(svg: str, name: str) -> str:
    """A picture as part of the page; its ids are made its own, as a page may hold each only once."""
    drawn = svg[svg.index("<svg") :]
    for before in ('id="', "url(#", 'href="#'):
        drawn = drawn.replace(before, f"{before}{name}-")
    return drawn


def _policies(policies: Mapping[str, Mapping[str, Any] | None]) -> str:
    rows = [(name, _cells(values, _POLICY)) for name, values in by_score(policies)]
    return _table(["policy", *(heading for _, heading in _POLICY)], rows, chosen=NIGHTLY)


def _savings(result: Mapping[str, Any]) -> list[str]:
    parts = []
    for column, groups in result["savings_by"].items():
        rows = [
            (group["name"], [*(_figure(key, group[key]) for key, _ in _GROUP), decimal(group["share_pct"])])
            for group in groups
        ]
        parts += [f"<h2>Where the savings come from, by {escape(column)}</h2>"]
        parts += [_table([column, *(heading for _, heading in _GROUP), "% of all"], rows)]
    return parts


def _risky(result: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    count = result["jobs_at_risk"]["rows"]
    said = (
        f"{whole(count)} jobs would have got less than their peak; here are the {len(jobs)} that lack most. All are in "
        "jobs_at_risk.csv beside this page."
    )
    rows = [(_job_name(job), [_figure(key, job[key]) for key, _ in _JOB]) for job in jobs]
    return ["<h2>Jobs at risk</h2>", _paragraph(said), _table(["job", *(heading for _, heading in _JOB)], rows)]


def _job_name(job: Mapping[str, Any]) -> str:
    words = [job.get(key) for key in ("component", "buildProfile", "makeType", "targets")]
    return " · ".join([minute(str(job["time"])), *(str(word) for word in words if word)])


def _guards(result: Mapping[str, Any]) -> str:
    rows = []
    for guard, policies in result["guards"].items():
        if guard == HEADROOM and not result["headroom_pct"]:
            continue  # there is none to take off, and its price stands above
        for kind in ("with", "without"):
            rows.append((f"{_GUARD_NAMES.get(guard, guard)}: {kind}", _cells(policies[NIGHTLY][kind], _FROZEN)))
    return _table(["nightly", *(heading for _, heading in _FROZEN)], rows)


def _variants(result: Mapping[str, Any]) -> str:
    """Nightly at other penalties and headrooms; what was replayed stands out."""
    rows, chosen = [], None
    for name, preset in result["presets"].items():
        row = f"{name}: under-cost {preset['under_cost']:g}"
        chosen = row if preset["under_cost"] == result["under_cost"] else chosen
        rows.append((row, _cells(preset["policies"][NIGHTLY], _FROZEN)))
    asked = f"under-cost {result['under_cost']:g}"
    rows += [
        (f"{asked}, headroom {each['pct']:g} %", _cells(each["policies"][NIGHTLY], _FROZEN))
        for each in result["headroom"]
    ]
    return _table(["nightly", *(heading for _, heading in _FROZEN)], rows, chosen=chosen)


def _cells(values: Mapping[str, Any] | None, columns: Sequence[Column]) -> list[str]:
    return [_figure(key, (values or {}).get(key)) for key, _ in columns]


def _nights(nights: Sequence[Mapping[str, Any]]) -> str:
    head = "<tr><th>night</th><th class=text>serves</th><th class=text>why</th></tr>"
    rows = [
        f"<tr><td class=short>{minute(night['at'])}</td>"
        f"<td class='text short'>{escape(night['serving'] or 'nobody: the requests')}</td>"
        f"<td class=text>{escape(night['reason'])}</td></tr>"
        for night in nights
    ]
    return f"<table>{head}{''.join(rows)}</table>"


def _table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], chosen: str | None = None) -> str:
    lines = ["<tr>" + "".join(f"<th>{escape(name)}</th>" for name in head) + "</tr>"]
    for name, cells in rows:
        mark = ' class="chosen"' if name == chosen else ""
        lines.append(f"<tr{mark}><td>{escape(name)}</td>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table>{''.join(lines)}</table>"


def _figure(key: str, value: float | None) -> str:
    return decimal(value) if key in _ONE_DECIMAL else whole(value)


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"
