"""A period with what every policy gave its jobs, and what the gate is asked after it. Not here: totals (results.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from resource_prediction.arrays import BoolArray, FloatArray
from resource_prediction.evaluation import MEMREQ, ROLLING_MAX, ScoredJobs
from resource_prediction.gate import Candidate, Night, RecipeId
from resource_prediction.replay.allocations import Allocations, Offers
from resource_prediction.replay.nights import JudgedNight
from resource_prediction.replay.periods import Period
from resource_prediction.replay.sums import PolicyPeriod, PolicySums
from resource_prediction.scoring import Score


@dataclass(frozen=True)
class PeriodOutcome:
    """A period with its jobs, n, and what every policy would have given them.

    Attributes:
        period: The period.
        jobs: Its scored jobs.
        is_known: Whether a job's peak was known when the period ended, shape (n,).
        given: By family and baseline; the baselines have no guards.
        offers: What each family offers beside that, at other penalties and headrooms.
    """

    period: Period
    jobs: ScoredJobs
    is_known: BoolArray
    given: Mapping[str, Allocations]
    offers: Mapping[str, Offers] = field(default_factory=dict)

    def at(self, under_cost: float, headroom_pct: float) -> PeriodOutcome:
        """The same period with the families' allocations under another penalty and headroom; baselines stay."""
        offered = {family: offers.at(under_cost, headroom_pct) for family, offers in self.offers.items()}
        return replace(self, given={**self.given, **offered})

    def of(self, policy: str | None) -> Allocations | None:
        """What a policy gave; for None, nobody serves: the requests, and without them the rolling maximum."""
        if policy is not None:
            return self.given.get(policy)
        return next((self.given[name] for name in (MEMREQ, ROLLING_MAX) if self._covers(name)), None)

    def sums(self, allocation_gib: FloatArray | None) -> PolicySums | None:
        """Sums of allocations; None where some job has none."""
        if allocation_gib is None or np.isnan(allocation_gib).any():
            return None
        return PolicySums.of(self.jobs, allocation_gib)

    def sums_of(self, policy: str | None) -> PolicyPeriod | None:
        """Sums of a policy; None where it has no allocation for some job."""
        given = self.of(policy)
        if given is None or (frozen := self.sums(given.frozen)) is None or (live := self.sums(given.live)) is None:
            return None
        return PolicyPeriod(frozen, live)

    def sums_without(self, policy: str | None, guard: str | None) -> PolicySums | None:
        """Sums of a policy with frozen history and without a guard; a baseline has no guard to take off."""
        given = self.of(policy)
        return None if given is None else self.sums(given.without.get(guard or "", given.frozen))

    def known_score(self, allocation_gib: FloatArray, under_cost: float) -> Score | None:
        """Score on the jobs whose peaks were known when the period ended; None where some job has no allocation."""
        if not self.is_known.any() or np.isnan(allocation_gib[self.is_known]).any():
            return None
        return self.jobs.where(self.is_known).score(allocation_gib[self.is_known], under_cost)

    def _covers(self, policy: str) -> bool:
        return policy in self.given and not np.isnan(self.given[policy].frozen).any()


def night_after(
    outcome: PeriodOutcome, at: str, recipes: Mapping[str, RecipeId], label_delay_hours: float, under_cost: float
) -> Night:
    """What the gate is asked when a period has ended: its fits, held against the peaks that were known by then.

    Args:
        outcome: The period that ended; it is the hold-out of the night.
        at: ISO time of the night.
        recipes: Of each family.
        label_delay_hours: Of the telemetry.
        under_cost: Penalty of the score.
    """
    scores = {name: outcome.known_score(given.live, under_cost) for name, given in outcome.given.items()}
    frozen = {name: outcome.known_score(outcome.given[name].frozen, under_cost) for name in outcome.given}
    return Night(
        candidates=tuple(
            Candidate(recipe, score, live.score)
            for family, recipe in recipes.items()
            if (score := frozen.get(family)) is not None and (live := scores.get(family)) is not None
        ),
        # As the main job has them: the rolling maximum moves on.
        baselines={name: score for name in (MEMREQ, ROLLING_MAX) if (score := scores.get(name)) is not None},
        new_rows=len(outcome.jobs.rows),
        newest_known=at,
        label_delay_hours=label_delay_hours,
    )


def serving_family(night: JudgedNight) -> str | None:
    """Family that serves after a night; None where none does."""
    return None if night.serving is None else night.serving.family
