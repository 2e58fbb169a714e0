"""What a replay says at its end: table of the policies, what is saved, where the report is. Not here: making it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from flows.console import SYNTHETIC
from resource_prediction.replay.results import by_score
from resource_prediction.replay.sentences import headline, warnings
from resource_prediction.summary.figures import decimal, minute, whole


def show_replay(result: dict[str, Any], console: Console) -> None:
    """Print a replay's result for people."""
    title = f"{minute(result['from'])} to {minute(result['until'])} UTC, fitted every {result['every']}"
    table = Table(title=title, caption=SYNTHETIC if result["synthetic"] else None)
    table.add_column("policy")
    for name in ("score", "live", "under %", "over %", "jobs", "GiB saved"):
        table.add_column(name, justify="right")
    for name, values in by_score(result["policies"]):
        figures = values or {}
        table.add_row(
            name,
            *(decimal(figures.get(key)) for key in ("score", "live_score", "under_pct", "over_pct")),
            *(whole(figures.get(key)) for key in ("rows", "gib_saved")),
            style="bold" if name == "nightly" else None,
        )
    console.print(table)
    for sentence in (*headline(result), *warnings(result)):
        console.print(sentence, highlight=False)
    console.print(f"\nReport: {result['report']}", highlight=False, soft_wrap=True)
