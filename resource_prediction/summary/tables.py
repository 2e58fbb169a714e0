"""Curve, memory classes and promises as rows for tables and CSV; all text. Not here: their figures, writing files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

from resource_prediction.memory_classes import MemoryClass, Side
from resource_prediction.pareto import CurvePoint
from resource_prediction.promised_risk import PromisedRisk

Values = dict[str, Any]


def curve_rows(curve: Iterable[CurvePoint]) -> list[Values]:
    """One row a point; units are in the names."""
    return [asdict(point) for point in curve]


def class_rows(classes: Iterable[MemoryClass]) -> list[Values]:
    """One row a memory class: before are the requests, after the model, on the same jobs; None where nobody asked."""
    return [
        {
            "allocation": each.name,
            "rows": each.rows,
            "left_out_rows": each.left_out_rows,
            **_side_values(each.before, "before"),
            **_side_values(each.after, "after"),
            "gib_saved": each.gib_saved,
        }
        for each in classes
    ]


def promise_rows(promises: Mapping[str, Iterable[PromisedRisk]]) -> list[Values]:
    """One row a segment of each kind of promise; ``holds`` says whether the promise is within the interval."""
    return [
        {"promise": name, **asdict(each), "holds": "yes" if each.holds else "no"}
        for name, kind in promises.items()
        for each in kind
    ]


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with equal keys as CSV; None is an empty cell, fractions have six digits."""
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows for a table that people read: one digit for percent and score, none for GiB of a thousand and more."""
    return [{name.replace("_", " "): _short(value) for name, value in row.items()} for row in rows]


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with equal keys as a Markdown table, rounded as in `shown`."""
    texts = shown(rows)
    if not texts:
        return ""
    lines = [list(texts[0]), ["---"] * len(texts[0]), *(list(row.values()) for row in texts)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _side_values(side: Side | None, when: str) -> Values:
    names = ("under_pct", "over_pct", "wasted_gib")
    return {f"{name}_{when}": None if side is None else getattr(side, name) for name in names}


def _plain(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.1f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
