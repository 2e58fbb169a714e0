"""A run's verdict explained in Markdown: why, what it saves, what failed, what next. Not here: the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resource_prediction.demo_farm import SYNTHETIC_NOTE
from resource_prediction.summary.aside import Aside
from resource_prediction.summary.figures import decimal, first_line, minute, whole
from resource_prediction.summary.next_steps import next_commands
from resource_prediction.summary.savings_text import savings_text

Result = Mapping[str, Any]


def explain(result: Result, aside: Aside) -> str:
    """The verdict of a run as Markdown.

    Args:
        result: The JSON object of the run.
        aside: What is told beside it.
    """
    parts = [
        f"# {_title(result)}",
        f"*{SYNTHETIC_NOTE}*" if aside.is_demo else "",
        result["reason"],
        "Nothing was changed: this run was asked not to promote." if is_withheld(result) else "",
        savings_text(aside.family, aside.saved, aside.price) if aside.saved and aside.family else "",
        _comparison(result),
        _holdout(result),
        *_telemetry(result, aside),
        *_failed(result),
        "## Next",
        "\n".join(["```", *next_commands(result), "```"]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def is_withheld(result: Result) -> bool:
    """Whether the verdict would have changed who serves, and was only to be looked at."""
    return not result["applied"] and result["verdict"] in ("first", "refreshed", "promoted")


def _title(result: Result) -> str:
    champion = result["champion"]
    serves = f"{champion['version']} serves" if champion else "nobody serves"
    return f"{result['verdict'].capitalize()}: {serves}"


def _comparison(result: Result) -> str:
    gain, challenger = result["improvement"], result["challenger"]
    if gain is None or challenger is None:
        return ""
    side = "better" if gain["mean"] >= 0 else "worse"
    return (
        f"Against the champion, {challenger['family']} {challenger['version']} is {abs(gain['mean']):.1f} points "
        f"{side} (90 % interval of its gain: {gain['low']:.1f} to {gain['high']:.1f}; better with probability "
        f"{100 * gain['probability']:.0f} %)."
    )


def _holdout(result: Result) -> str:
    held = result["holdout"]
    if not held.get("rows"):
        return "No job could be scored: there is none that no model was fitted on."
    span = f"{minute(held['from'])} to {minute(held['until'])} UTC"
    lines = [
        f"Scored on {held['rows']:,} jobs, {span}, that no fit saw (lower is better):",
        "",
        "| | score | under % | over % |",
        "|---|---:|---:|---:|",
    ]
    named = [("champion", result["champion"]), ("challenger", result["challenger"])]
    # A fit that was made after a hold-out began has no score on it.
    sides = [(f"{name}: {side['family']}", side) for name, side in named if side and side["score"] is not None]
    for name, score in [*sides, *result["baselines"].items()]:
        figures = [decimal(score[key]) if score else "" for key in ("score", "under_pct", "over_pct")]
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _telemetry(result: Result, aside: Aside) -> list[str]:
    counts = result["ingest"]
    others = ", ".join(f"{whole(count)} {name}" for name, count in counts.items() if name != "read")
    audit = result["leak_audit"]
    text = f"{whole(counts['read'])} rows read: {others}."
    if audit["passed"] is not None:
        text += f" Leak audit {'passed' if audit['passed'] else 'failed'} on {whole(audit['rows'])} rows."
    left = [f"- {note}" for note in aside.files_not_read]
    return ["## Telemetry", text, "\n".join(["Files that were not read:", "", *left]) if left else ""]


def _failed(result: Result) -> list[str]:
    failed = [family for family in result["families"] if family["status"] != "ok"]
    if not failed:
        return []
    lines = [f"- **{family['family']}**: {first_line(family['error'])}" for family in failed]
    return ["## Failed families", "\n".join(lines)]
