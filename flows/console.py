"""What a run says at its end: table of the families, verdict, where to look next. Not here: making the result."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from resource_prediction.summary.aside import Aside
from resource_prediction.summary.explanation import is_withheld
from resource_prediction.summary.figures import decimal, minute, whole
from resource_prediction.summary.leaderboard import by_score, is_champions
from resource_prediction.summary.next_steps import next_commands
from resource_prediction.summary.savings_text import savings_text

TABLE_COLUMNS = 100
"""Where nobody looks on, such as in a log file: rich would take 80 and cut the names of families."""

SYNTHETIC = "Synthetic: the demo farm, not a real one."


def show_result(result: dict[str, Any], aside: Aside, console: Console, *, server: str | None) -> None:
    """Print a run's result for people.

    Args:
        result: The JSON object of the run.
        aside: What is told beside it; that telemetry is synthetic is said wherever its numbers are.
        console: Where to.
        server: API of the Prefect server that the run reported to, if one keeps running.
    """
    console.print(_table(result, SYNTHETIC if aside.is_demo else None))
    ingest = result["ingest"]
    console.print(
        f"{ingest['read']:,} rows read: {ingest['accepted']:,} accepted, {ingest['updated']:,} updated, "
        f"{ingest['known']:,} known, {ingest['twins']:,} twins, {ingest['quarantined']:,} quarantined. "
        f"Leak audit: {_audit(result['leak_audit'])}."
    )
    console.print(f"\n[bold]{result['verdict'].capitalize()}[/bold]: {result['reason']}", highlight=False)
    if aside.saved and aside.family:
        console.print(savings_text(aside.family, aside.saved, aside.price), highlight=False)
    if is_withheld(result):
        console.print("Nothing was changed (--no-promote).")
    # A command that is broken into two lines cannot be pasted.
    console.print(_next_steps(result, server), highlight=False, soft_wrap=True)


def _table(result: dict[str, Any], note: str | None) -> Table:
    held = result["holdout"]
    title = f"Hold-out: {held['rows']:,} jobs, {minute(held['from'])} to {minute(held['until'])} UTC"
    table = Table(title=title, caption=note)
    table.add_column("family")
    for name in ("score", "live", "under %", "over %", "GiB saved", "fit s"):
        table.add_column(name, justify="right")
    champion = result["champion"]
    for family in by_score(result["families"]):
        serves = is_champions(champion, family)
        table.add_row(
            f"{family['family']}{' *' if serves else ''}" if family["status"] == "ok" else f"{family['family']} failed",
            *(decimal(family[name]) for name in ("score", "live_score", "under_pct", "over_pct")),
            whole(family["gib_saved"]),
            decimal(family["fit_seconds"]),
            style="bold" if serves else None,
        )
    if champion is not None and not any(is_champions(champion, family) for family in result["families"]):
        scores = (decimal(champion[name]) for name in ("score", "live_score", "under_pct", "over_pct"))
        table.add_row(f"{champion['family']}, as it serves *", *scores, "", "", style="bold")
    table.add_section()
    for name, score in result["baselines"].items():
        values = score or {}
        table.add_row(
            name, decimal(values.get("score")), "", *(decimal(values.get(k)) for k in ("under_pct", "over_pct"))
        )
    return table


def _next_steps(result: dict[str, Any], server: str | None) -> str:
    lines = ["", "Next:", *(f"  {command}" for command in next_commands(result))]
    if server:
        lines.append(f"  the run in the Prefect UI: {server.removesuffix('/api')}/runs")
    return "\n".join(lines)


def _audit(audit: dict[str, Any]) -> str:
    return f"{'passed' if audit['passed'] else 'failed'} on {audit['rows']:,} rows"
