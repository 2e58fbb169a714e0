"""What the gate is asked and what it answers, as small values that go into JSON. Not here: how it decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import pandas as pd

from resource_prediction.evidence import complete_until
from resource_prediction.improvement import Improvement
from resource_prediction.scoring import Score

VerdictKind = Literal["first", "refreshed", "promoted", "kept", "evaluated"]
Outcome = Literal["promoted", "not confirmed", "segment veto", "champion changed", "expired"]


@dataclass(frozen=True)
class RecipeId:
    """A way to make a model: family, parameters, feature version and allocation policy, named by its digest."""

    digest: str
    family: str


@dataclass(frozen=True)
class Candidate:
    """A recipe that was fitted in this run, and its score on this run's hold-out.

    Attributes:
        recipe: The recipe.
        score: With history as it stood at the cut-off.
        live_score: Points with history moving on through the same jobs; None where it was not measured.
    """

    recipe: RecipeId
    score: Score
    live_score: float | None = None

    @property
    def both(self) -> float:
        """Mean of score and live score: two looks at one recipe on the same jobs, so less noisy than either."""
        return self.score.score if self.live_score is None else (self.score.score + self.live_score) / 2


@dataclass(frozen=True)
class Nomination:
    """A challenger that the ledger spoke for, and that new rows alone must confirm.

    Attributes:
        recipe: The challenger.
        champion: Digest of the recipe that it wants to replace.
        since: ISO time; only blocks that start at it or later can confirm.
        gain: Points that the ledger saw when it was nominated.
    """

    recipe: RecipeId
    champion: str
    since: str
    gain: float


@dataclass(frozen=True)
class ClosedNomination:
    """A nomination that has ended, why, and the numbers that it ended on.

    Attributes:
        nomination: The nomination.
        outcome: Why it ended.
        nightly_gains: Points of each night that was looked at.
        bound: Studentised lower bound of their mean; None where there was none.
        vetoes: Segments that would get worse.
    """

    nomination: Nomination
    outcome: Outcome
    nightly_gains: tuple[float, ...] = ()
    bound: float | None = None
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Night:
    """All that a verdict rests on beside the ledger. Times are ISO text in UTC without a zone.

    Attributes:
        candidates: Recipes fitted in this run, each scored on the same hold-out.
        baselines: Scores of ``memreq`` and ``rolling_max_20`` on the hold-out; one that does not exist is left out.
        new_rows: Rows that this run's telemetry added or changed.
        newest_known: The newest time in the telemetry.
        label_delay_hours: Hours from submission until a peak becomes known.
        champion: RecipeId that serves; None where there is none.
        champion_can_be_fitted: False where this version of the software cannot fit the champion's recipe any more.
        champion_is_whole: False where the served artifact cannot be loaded, so that any newer fit is better than it.
        champion_fitted_until: Time before which the served artifact has seen rows; None where it is not known, and no
            block of the ledger counts as its.
        older_fit: Score of the judged fit of the version that serves, on this run's hold-out; None where it has seen
            rows of it, or is the fit of this run.
        nomination: The open nomination, if there is one.
        seen_until: For recipes that a search or an earlier verdict judged: time until which it saw the rows.
    """

    candidates: tuple[Candidate, ...]
    baselines: Mapping[str, Score]
    new_rows: int
    newest_known: str
    label_delay_hours: float = 1.0
    champion: RecipeId | None = None
    champion_can_be_fitted: bool = True
    champion_is_whole: bool = True
    champion_fitted_until: str | None = None
    older_fit: Score | None = None
    nomination: Nomination | None = None
    seen_until: Mapping[str, str] = field(default_factory=dict)

    def score_of(self, recipe: RecipeId) -> Score | None:
        """The recipe's score on this run's hold-out; None where it was not fitted in this run."""
        return next((one.score for one in self.candidates if one.recipe.digest == recipe.digest), None)

    def fitted(self, recipe: RecipeId) -> bool:
        """Whether the recipe was fitted in this run."""
        return self.score_of(recipe) is not None

    def complete_until(self) -> pd.Timestamp:
        """End of the newest block that is complete tonight."""
        return complete_until(pd.Timestamp(self.newest_known), timedelta(hours=self.label_delay_hours))


@dataclass(frozen=True)
class Verdict:
    """The gate's answer.

    Attributes:
        kind: What happens to the champion.
        reason: Why, in plain words with figures.
        champion: RecipeId that serves after the verdict; None where none does.
        challenger: The other side of the comparison; after ``promoted`` the recipe that served before.
        improvement: The challenging recipe's gain over the one that served before, from the ledger.
        refresh: The newer fit's gain over the champion as it is, from the ledger.
        nomination: The nomination that is open after the verdict.
        closed: The nomination that this verdict ended.
        seen: Recipes whose rows until that ISO time are no evidence for them any more.
    """

    kind: VerdictKind
    reason: str
    champion: RecipeId | None = None
    challenger: RecipeId | None = None
    improvement: Improvement | None = None
    refresh: Improvement | None = None
    nomination: Nomination | None = None
    closed: ClosedNomination | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
