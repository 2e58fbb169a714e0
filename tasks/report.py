"""The run's result as its users read it: one JSON object. Not here: printing it (flows)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from resource_prediction.config import family_entry
from resource_prediction.gate import RecipeId, Verdict
from resource_prediction.recipe import Recipe
from resource_prediction.summary.aside import Aside, Price, Saved
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
        not_shown: What the Prefect UI could not be told of it.
    """

    family: str
    fitted: Fitted | None = None
    error: str | None = None
    trials: dict[str, int] | None = None
    not_shown: tuple[str, ...] = ()

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
        served: How the champion did as it served, for the verdict's numbers; the result has no place for it.
        is_demo: The telemetry is synthetic.
        price: Hours and money as asked.
        files_not_read: Files that were refused or left, with the reason.
        not_shown: What the Prefect UI could not be told, with the reason.
    """

    run_id: str
    store: str
    is_demo: bool = False
    price: Price = field(default_factory=Price)
    families: list[FamilyOutcome] = field(default_factory=list)
    beside: FamilyOutcome | None = None
    nominated: FamilyOutcome | None = None
    ingest: dict[str, int] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    holdout: dict[str, Any] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    served: dict[str, Any] | None = None
    files_not_read: tuple[str, ...] = ()
    not_shown: list[str] = field(default_factory=list)

    def result(
        self, verdict: Verdict, *, applied: bool, champion: Champion | None, before: Champion | None
    ) -> dict[str, Any]:
        """The JSON object of the run.

        ``champion`` serves after the run, ``challenger`` is the other side, and ``improvement`` is the challenger's
        gain over the champion in points: positive where the challenger is better. So where the verdict changed who
        serves, the challenger is the version that served before, and the gate's gain of the newcomer is told with its
        sign turned. Where nothing was changed, the challenger is this run's fit that the verdict speaks of; without
        such a fit both are None.

        Args:
            verdict: The gate's.
            applied: Whether it changed who serves.
            champion: Who serves now.
            before: Who served before.
        """
        replaced = before if applied else None
        challenger = self._challenger(verdict, replaced)
        return {
            "verdict": verdict.kind,
            "applied": applied,
            "reason": verdict.reason,
            "run_id": self.run_id,
            "store": self.store,
            "champion": None if champion is None else self._serving(champion),
            "challenger": challenger,
            "improvement": None if challenger is None else _gain(verdict, is_turned=replaced is not None),
            "baselines": {name: _without_rows(score) for name, score in self.baselines.items()},
            "families": [outcome.values for outcome in self.families],
            "holdout": self.holdout,
            "ingest": self.ingest,
            "leak_audit": {name: self.audit.get(name) for name in ("rows", "passed")},
            "seconds": self.seconds,
        }

    def told_of(self, serving: str | None) -> Fitted | None:
        """The fit whose savings and picture are told: of the recipe that serves, else the best one; if scored."""
        scored = [one.fitted for one in self.families if one.fitted and one.fitted.metrics.get("score") is not None]
        best = min(scored, key=lambda fitted: float(fitted.metrics["score"]), default=None)
        return best if serving is None else self._fit_of(serving)

    def aside(self, champion: Champion | None) -> Aside:
        """What is told beside the result."""
        told = self.told_of(None if champion is None else champion.recipe)
        saved = {one.family: Saved.of(one.fitted.metrics, self.price) for one in self.families if one.fitted}
        return Aside(
            is_demo=self.is_demo,
            price=self.price,
            family=None if told is None else str(told.recipe["family"]),
            saved=None if told is None else Saved.of(told.metrics, self.price),
            by_family={family: each for family, each in saved.items() if each is not None},
            files_not_read=self.files_not_read,
        )

    def record(self, result: dict[str, Any], aside: Aside) -> dict[str, Any]:
        """What the store keeps of the run: the result, what is told beside it, and the artifact of each family."""
        outcomes = [outcome for outcome in [*self.families, self.beside, self.nominated] if outcome]
        not_shown = [*(note for outcome in outcomes for note in outcome.not_shown), *self.not_shown]
        judged = {one.family: one.fitted.digest for one in self.families if one.fitted}
        return {**result, "aside": aside.values, "judged": judged, "not_shown": not_shown}

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
        layout = Layout(Path(self.store))
        if replaced is not None:
            # After a refresh the fit of the same recipe is the newer one, not the one that served.
            fitted = None if verdict.kind == "refreshed" else self._fit_of(replaced.recipe)
            path = artifact_path(layout, replaced.served_digest)
            return {"version": replaced.version, "family": replaced.family, "path": str(path), **_scores(fitted)}
        recipe = _challenging(verdict)
        fitted = None if recipe is None else self._fit_of(recipe.digest)
        if fitted is None:
            return None
        path = artifact_path(layout, fitted.digest)
        family = str(fitted.recipe["family"])
        return {"version": f"{family}-{fitted.digest[:8]}", "family": family, "path": str(path), **_scores(fitted)}

    def _fit_of(self, recipe: str) -> Fitted | None:
        outcomes = [*self.families, self.beside, self.nominated]
        fits = (outcome.fitted for outcome in outcomes if outcome and outcome.fitted)
        return next((fitted for fitted in fits if Recipe.of(fitted.recipe).digest == recipe), None)


def _is_about_refresh(verdict: Verdict) -> bool:
    """Whether the comparison to tell is that of a newer fit with the champion as it is."""
    return verdict.kind == "refreshed" or (verdict.improvement is None and verdict.refresh is not None)


def _challenging(verdict: Verdict) -> RecipeId | None:
    """The recipe whose fit of this run challenges the champion that stays."""
    # A verdict that was only to be looked at (--no-promote) names the one that would have been promoted as champion.
    would_serve = verdict.kind == "promoted" or _is_about_refresh(verdict)
    return verdict.champion if would_serve else verdict.challenger


def _gain(verdict: Verdict, *, is_turned: bool) -> dict[str, float] | None:
    """The challenger's gain over the champion; turned where the verdict's gain is that of the new champion."""
    gain = verdict.refresh if _is_about_refresh(verdict) else verdict.improvement
    if gain is None:
        return None
    if is_turned:
        gain = replace(gain, mean=-gain.mean, low=-gain.high, high=-gain.low, probability=1 - gain.probability)
    return {"mean": gain.mean, "low": gain.low, "high": gain.high, "probability": gain.probability}


def _scores(fitted: Fitted | None) -> dict[str, Any]:
    """Scores on this run's hold-out; None where the recipe was not fitted in it."""
    return {name: fitted.metrics.get(name) if fitted else None for name in _SCORES}


def _without_rows(score: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if score is None else {name: score[name] for name in ("score", "under_pct", "over_pct")}
