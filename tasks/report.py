"""The run's result as its users read it: one JSON object. Not here: printing it (flows)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resource_prediction.config import family_entry
from resource_prediction.gate import Verdict
from resource_prediction.recipe import Recipe
from tasks.fit import Fitted
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Champion

_SCORES = ("score", "live_score", "under_pct", "over_pct")


@dataclass
class FamilyOutcome:
    """What became of one family in a run.

    Attributes:
        family: Its name.
        fitted: Its fit; None where it failed.
        error: Why it failed.
        trials: Of its search; None where there was none.
    """

    family: str
    fitted: Fitted | None = None
    error: str | None = None
    trials: dict[str, int] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The family's entry in the result; a number that does not exist is None."""
        metrics = self.fitted.metrics if self.fitted else {}
        return {
            "family": self.family,
            "task_type": family_entry(self.family)["type"],
            **{name: metrics.get(name) for name in (*_SCORES, "gib_saved")},
            "fit_seconds": self.fitted.fit_seconds if self.fitted else None,
            "predict_ms_per_1000": metrics.get("predict_ms_per_1000"),
            "trials": self.trials,
            "status": "failed" if self.error else "ok",
            "error": self.error,
        }


@dataclass
class RunReport:
    """The parts of a run's result, as they come in.

    Attributes:
        run_id: The run.
        store: The store's folder.
        families: What became of each family.
        beside: The champion's recipe, where it was fitted beside the chosen families.
        nominated: The nominated recipe, where it was.
        ingest: Counts of rows.
        baselines: Scores of the baselines; empty until they are known.
        holdout: Rows and span of the hold-out.
        audit: What the leak audit saw.
        seconds: Wall clock by stage.
    """

    run_id: str
    store: str
    families: list[FamilyOutcome] = field(default_factory=list)
    beside: FamilyOutcome | None = None
    nominated: FamilyOutcome | None = None
    ingest: dict[str, int] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    holdout: dict[str, Any] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def result(
        self, verdict: Verdict, *, applied: bool, champion: Champion | None, before: Champion | None
    ) -> dict[str, Any]:
        """The JSON object of the run.

        Args:
            verdict: The gate's.
            applied: Whether it changed who serves.
            champion: Who serves now.
            before: Who served before.
        """
        gain = verdict.improvement or verdict.refresh
        return {
            "verdict": verdict.kind,
            "applied": applied,
            "reason": verdict.reason,
            "run_id": self.run_id,
            "store": self.store,
            "champion": None if champion is None else self._serving(champion),
            "challenger": self._challenger(verdict, before if applied else None),
            "improvement": None
            if gain is None
            else {k: asdict(gain)[k] for k in ("mean", "low", "high", "probability")},
            "baselines": {name: _without_rows(score) for name, score in self.baselines.items()},
            "families": [outcome.values for outcome in self.families],
            "holdout": self.holdout,
            "ingest": self.ingest,
            "leak_audit": {name: self.audit.get(name) for name in ("rows", "passed")},
            "seconds": self.seconds,
        }

    def _serving(self, champion: Champion) -> dict[str, Any]:
        fitted = self._fit_of(champion.recipe)
        return {
            "version": champion.version,
            "family": champion.family,
            "path": str(Layout(Path(self.store)).champion),
            **_scores(fitted),
        }

    def _challenger(self, verdict: Verdict, replaced: Champion | None) -> dict[str, Any] | None:
        """The other side of the comparison: a version where one was replaced, else this run's fit of the challenger."""
        if verdict.kind == "first":
            return None
        if replaced is not None:
            fitted = self._fit_of(replaced.recipe)
            path = artifact_path(Layout(Path(self.store)), replaced.served_digest)
            return {"version": replaced.version, "family": replaced.family, "path": str(path), **_scores(fitted)}
        fitted = None if verdict.challenger is None else self._fit_of(verdict.challenger.digest)
        if fitted is None:
            return None
        path = artifact_path(Layout(Path(self.store)), fitted.digest)
        family = str(fitted.recipe["family"])
        return {"version": f"{family}-{fitted.digest[:8]}", "family": family, "path": str(path), **_scores(fitted)}

    def _fit_of(self, recipe: str) -> Fitted | None:
        outcomes = [*self.families, self.beside, self.nominated]
        fits = (outcome.fitted for outcome in outcomes if outcome and outcome.fitted)
        return next((fitted for fitted in fits if Recipe.of(fitted.recipe).digest == recipe), None)


def _scores(fitted: Fitted | None) -> dict[str, Any]:
    """Scores on this run's hold-out; None where the recipe was not fitted in it."""
    return {name: fitted.metrics.get(name) if fitted else None for name in _SCORES}


def _without_rows(score: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if score is None else {name: score[name] for name in ("score", "under_pct", "over_pct")}
