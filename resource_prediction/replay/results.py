"""Every policy over all periods, with and without each guard, as JSON values. Not here: one period, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from resource_prediction.allocation import PRESETS
from resource_prediction.evaluation import MEMREQ, ROLLING_MAX
from resource_prediction.replay.allocations import GUARDS
from resource_prediction.replay.groups import job_table
from resource_prediction.replay.nights import JudgedNight
from resource_prediction.replay.outcome import PeriodOutcome, serving_family
from resource_prediction.replay.sums import PolicyPeriod, total

NIGHTLY = "nightly"
"""The policy of the deployment: the champion of each night, as the gate chose it."""

HEADROOMS_PCT = (0.0, 5.0, 10.0, 20.0)
"""What headroom is priced at."""


@dataclass(frozen=True)
class Replayed:
    """A walk that has come to its end.

    Attributes:
        outcomes: Every period, in order of time.
        nights: The gate's answer at the beginning of each.
        families: That were replayed.
        under_cost: Penalty of the score.
        headroom_pct: Added to every allocation.
    """

    outcomes: Sequence[PeriodOutcome]
    nights: Sequence[JudgedNight]
    families: Sequence[str]
    under_cost: float
    headroom_pct: float = 0.0

    def policies(self) -> dict[str, dict[str, Any] | None]:
        """Figures of every policy over all periods; None for one that lacks an allocation somewhere."""
        return {
            name: None if (sums := self._sums(who)) is None else sums.values(self.under_cost)
            for name, who in {**self._followed(), **self._baselines()}.items()
        }

    def guards(self) -> dict[str, dict[str, Any]]:
        """For each guard and policy the figures with frozen history, ``with`` it and ``without`` it."""
        return {
            guard: {
                name: {"with": self._frozen(who, None), "without": self._frozen(who, guard)}
                for name, who in self._followed().items()
            }
            for guard in GUARDS
        }

    def variants(self) -> dict[str, Any]:
        """Figures with frozen history at other penalties and headrooms, of the same fits and the same nights.

        Returns:
            ``presets`` by name, each with its ``under_cost``, and ``headroom`` for HEADROOMS_PCT, each with its
            ``pct``; both with ``policies``. All are scored with the replay's own penalty.
        """
        return {
            "presets": {
                name: {"under_cost": rule.under_cost, "policies": self._figures_at(rule.under_cost, self.headroom_pct)}
                for name, rule in sorted(PRESETS.items(), key=lambda item: item[1].under_cost)
            },
            "headroom": [{"pct": pct, "policies": self._figures_at(self.under_cost, pct)} for pct in HEADROOMS_PCT],
        }

    def periods(self) -> list[dict[str, Any]]:
        """Jobs of each period, who served in it, and the score of every policy."""
        return [self._period(at, outcome) for at, outcome in enumerate(self.outcomes)]

    def nightly(self) -> PolicyPeriod | None:
        """Sums of what would have served."""
        return self._sums(self._followed()[NIGHTLY])

    def served_table(self) -> pd.DataFrame:
        """All jobs with what ``nightly`` gave them, as `job_table` has them; periods without it are left out."""
        tables = []
        for outcome, night in zip(self.outcomes, self.nights, strict=True):
            given = outcome.of(serving_family(night))
            if given is not None and not np.isnan(given.frozen).any():
                tables.append(job_table(outcome.jobs, given.frozen))
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def _figures_at(self, under_cost: float, headroom_pct: float) -> dict[str, dict[str, Any] | None]:
        other = replace(self, outcomes=[outcome.at(under_cost, headroom_pct) for outcome in self.outcomes])
        return {name: other._frozen(who, None) for name, who in self._followed().items()}

    def _followed(self) -> dict[str, list[str | None]]:
        """Whose allocations each model policy takes, period by period; None where nobody serves."""
        of_families: dict[str, list[str | None]] = {name: [name] * len(self.outcomes) for name in self.families}
        return {**of_families, NIGHTLY: [serving_family(night) for night in self.nights]}

    def _baselines(self) -> Mapping[str, list[str | None]]:
        return {name: [name] * len(self.outcomes) for name in (MEMREQ, ROLLING_MAX)}

    def _sums(self, who: Sequence[str | None]) -> PolicyPeriod | None:
        return total(outcome.sums_of(policy) for outcome, policy in zip(self.outcomes, who, strict=True))

    def _frozen(self, who: Sequence[str | None], guard: str | None) -> dict[str, Any] | None:
        sums = total(outcome.sums_without(policy, guard) for outcome, policy in zip(self.outcomes, who, strict=True))
        return None if sums is None else sums.values(self.under_cost)

    def _period(self, at: int, outcome: PeriodOutcome) -> dict[str, Any]:
        sums = {name: outcome.sums_of(who[at]) for name, who in {**self._followed(), **self._baselines()}.items()}
        return {
            "from": outcome.period.since,
            "until": outcome.period.until,
            "rows": len(outcome.jobs.rows),
            "serving": serving_family(self.nights[at]),
            "scores": {
                name: None if each is None else each.frozen.score(self.under_cost).score for name, each in sums.items()
            },
        }


def by_score(policies: Mapping[str, Mapping[str, Any] | None]) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Policies with their figures, the lowest score first; those without figures last."""
    return sorted(policies.items(), key=lambda item: float("inf") if item[1] is None else item[1]["score"])
