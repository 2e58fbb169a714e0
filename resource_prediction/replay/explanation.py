"""A replay explained in Markdown, for the Prefect UI. Not here: the sentences (sentences.py), the page (report.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resource_prediction.replay.results import NIGHTLY, by_score
from resource_prediction.replay.sentences import first_steps, headline, warnings
from resource_prediction.summary.figures import minute
from resource_prediction.summary.tables import markdown

_FIGURES = ("score", "under_pct", "over_pct", "gib_saved")

Row = dict[str, Any]


def explain_replay(result: Mapping[str, Any]) -> str:
    """What a replay came to, as Markdown.

    Args:
        result: The JSON object of the replay.
    """
    span = f"{minute(result['from'])} to {minute(result['until'])} UTC, fitted anew every {result['every']}"
    parts = [
        "# What would these days have cost?",
        f"*{span}*",
        *(f"**{sentence}**" for sentence in warnings(result)),
        *headline(result),
        "## What to do first",
        "\n".join(f"{number}. {step}" for number, step in enumerate(first_steps(result), start=1)),
        "## Policies",
        markdown(
            [
                {**_row(name, values), "live_score": (values or {}).get("live_score")}
                for name, values in by_score(result["policies"])
            ]
        ),
        "## Nightly, safer, tighter, with headroom",
        markdown([_row(name, policies[NIGHTLY]) for name, policies in _variants(result).items()]),
        f"The page: `{result['report']}`",
    ]
    return "\n\n".join(parts) + "\n"


def _variants(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    presets = {
        f"{name} (under-cost {each['under_cost']:g})": each["policies"] for name, each in result["presets"].items()
    }
    return presets | {f"headroom {each['pct']:g} %": each["policies"] for each in result["headroom"]}


def _row(name: str, values: Mapping[str, Any] | None) -> Row:
    return {"policy": name, **{key: (values or {}).get(key) for key in _FIGURES}}
