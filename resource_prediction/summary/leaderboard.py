"""The families of a run as a table, best first, with who serves and the baselines. Not here: drawing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resource_prediction.summary.aside import Aside
from resource_prediction.summary.figures import decimal, first_line, usd, whole

Row = dict[str, str]


def is_champions(champion: Mapping[str, Any] | None, family: Mapping[str, Any]) -> bool:
    """Whether a family's entry is the recipe that serves: it may have been fitted with other settings."""
    if champion is None or champion["score"] is None:
        return False
    return bool(champion["family"] == family["family"] and champion["score"] == family["score"])


def by_score(families: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Families best first, those without a score last."""
    return sorted(families, key=lambda each: (each["score"] is None, each["score"]))


def leaderboard(result: Mapping[str, Any], aside: Aside) -> list[Row]:
    """One row each for families, the champion where it is none of them, and baselines; all rows have the same keys.

    ``against champion`` is in points of the score on this run's hold-out; below 0 is better than the champion.
    """
    champion = result["champion"]
    rows = [_family(family, champion, aside) for family in by_score(result["families"])]
    if champion is not None and not any(is_champions(champion, family) for family in result["families"]):
        rows.append(_row(f"{champion['family']}, as it serves", champion, champion, note="serves"))
    for name, score in result["baselines"].items():
        rows.append(_row(name, score or {}, champion, note="" if score else "does not exist for each job"))
    if all(not row["USD saved"] for row in rows):
        rows = [{name: value for name, value in row.items() if name != "USD saved"} for row in rows]
    return rows


def _family(family: Mapping[str, Any], champion: Mapping[str, Any] | None, aside: Aside) -> Row:
    note = "serves" if is_champions(champion, family) else ""
    if family["status"] != "ok":
        note = f"failed: {first_line(family['error'])}"
    elif family["fit_seconds"] == 0 and family["score"] is not None:
        note = ", ".join(filter(None, [note, "fit taken over"]))
    saved = aside.by_family.get(family["family"])
    row = _row(family["family"], family, champion, note)
    return {**row, "USD saved": usd(saved.money.usd) if saved else ""} | {"note": note}


def _row(name: str, values: Mapping[str, Any], champion: Mapping[str, Any] | None, note: str) -> Row:
    figures = {label: decimal(values.get(key)) for label, key in _FIGURES.items()}
    return {
        "family": name,
        **figures,
        "against champion": _difference(values.get("score"), champion["score"] if champion else None),
        "GiB saved": whole(values.get("gib_saved")),
        "USD saved": "",
        "fit seconds": decimal(values.get("fit_seconds")),
        "note": note,
    }


_FIGURES = {"score": "score", "live score": "live_score", "under %": "under_pct", "over %": "over_pct"}


def _difference(score: float | None, champions: float | None) -> str:
    return "" if score is None or champions is None else f"{score - champions:+.1f}"
