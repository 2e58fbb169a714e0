"""What a run says at its end: table of the families, verdict, where to look next. Not here: making the result."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

TABLE_COLUMNS = 100
"""Where nobody looks on, such as in a log file: rich would take 80 and cut the names of families."""

SYNTHETIC = "Synthetic: the demo farm, not a real one."


def show_result(result: dict[str, Any], console: Console, *, is_demo: bool, server: str | None) -> None:
    """Print a run's result for people.

    Args:
        result: The JSON object of the run.
        console: Where to.
        is_demo: Whether the telemetry is synthetic, which is said wherever its numbers are.
        server: API of the Prefect server that the run reported to, if one keeps running.
    """
    console.print(_table(result, SYNTHETIC if is_demo else None))
    ingest = result["ingest"]
    console.print(
        f"{ingest['read']:,} rows read: {ingest['accepted']:,} accepted, {ingest['updated']:,} updated, "
        f"{ingest['known']:,} known, {ingest['twins']:,} twins, {ingest['quarantined']:,} quarantined. "
        f"Leak audit: {_audit(result['leak_audit'])}."
    )
    console.print(f"\n[bold]{result['verdict'].capitalize()}[/bold]: {result['reason']}", highlight=False)
    if not result["applied"] and result["verdict"] in ("first", "refreshed", "promoted"):
        console.print("Nothing was changed (--no-promote).")
    # A command that is broken into two lines cannot be pasted.
    console.print(_next_steps(result, server), highlight=False, soft_wrap=True)


def _table(result: dict[str, Any], note: str | None) -> Table:
    held = result["holdout"]
    title = f"Hold-out: {held['rows']:,} jobs, {_minute(held['from'])} to {_minute(held['until'])} UTC"
    table = Table(title=title, caption=note)
    table.add_column("family")
    for name in ("score", "live", "under %", "over %", "GiB saved", "fit s"):
        table.add_column(name, justify="right")
    champion = result["champion"]
    for family in sorted(result["families"], key=lambda each: (each["score"] is None, each["score"])):
        serves = champion is not None and _is_same(champion, family)
        table.add_row(
            f"{family['family']}{' *' if serves else ''}" if family["status"] == "ok" else f"{family['family']} failed",
            *(_number(family[name]) for name in ("score", "live_score", "under_pct", "over_pct")),
            _whole(family["gib_saved"]),
            _number(family["fit_seconds"]),
            style="bold" if serves else None,
        )
    if champion is not None and not any(_is_same(champion, family) for family in result["families"]):
        scores = (_number(champion[name]) for name in ("score", "live_score", "under_pct", "over_pct"))
        table.add_row(f"{champion['family']}, as it serves *", *scores, "", "", style="bold")
    table.add_section()
    for name, score in result["baselines"].items():
        values = score or {}
        table.add_row(
            name, _number(values.get("score")), "", *(_number(values.get(k)) for k in ("under_pct", "over_pct"))
        )
    return table


def _is_same(champion: dict[str, Any], family: dict[str, Any]) -> bool:
    """Whether a row of the table is the recipe that serves: a family may have been fitted with other settings."""
    return bool(champion["family"] == family["family"] and champion["score"] == family["score"])


def _next_steps(result: dict[str, Any], server: str | None) -> str:
    store = result["store"]
    lines = ["", "Next:"]
    if result["champion"]:
        path = result["champion"]["path"]
        lines.append(
            f"  python -c \"from resource_prediction.models import DeployableModel as M; print(M.load('{path}')"
            '.get_model_info())"'
        )
        lines.append(f"  python -m warehouse champion --store {store}")
    lines.append(f"  python -m warehouse history --store {store}")
    if result["ingest"]["quarantined"]:
        lines.append(f"  python -m warehouse quarantine --store {store}")
    if server:
        lines.append(f"  the run in the Prefect UI: {server.removesuffix('/api')}/runs")
    return "\n".join(lines)


def _audit(audit: dict[str, Any]) -> str:
    return f"{'passed' if audit['passed'] else 'failed'} on {audit['rows']:,} rows"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _minute(instant: str | None) -> str:
    return "-" if instant is None else instant[:16].replace("T", " ")
