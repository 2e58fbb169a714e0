"""Promises of all periods together: equal jobs for all, who serves by the gate, guards beside the policies."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resource_prediction.evaluation import MEMREQ, ROLLING_MAX
from resource_prediction.evidence import empty_ledger
from resource_prediction.gate import GateRule, RecipeId
from resource_prediction.replay.allocations import GUARDS, Allocations, Offers
from resource_prediction.replay.nights import judge_nights
from resource_prediction.replay.outcome import PeriodOutcome, night_after
from resource_prediction.replay.periods import DAY_US, Period
from resource_prediction.replay.results import NIGHTLY, Replayed
from tests.resource_prediction.replay.jobs import scored_jobs

MONDAY_US = int(np.datetime64("2025-04-28", "us").astype(np.int64))
RECIPES = {"tight": RecipeId("t", "tight"), "loose": RecipeId("l", "loose")}


def given(gib: float, rows: int, without: float | None = None) -> Allocations:
    full = np.full(rows, gib)
    return Allocations(full, full + 1, {guard: np.full(rows, without or gib) for guard in GUARDS})


def outcome(day: int, peak: list[float], tight: float, loose: float, *, known: int | None = None) -> PeriodOutcome:
    rows = len(peak)
    period = Period(MONDAY_US + day * DAY_US, MONDAY_US + (day + 1) * DAY_US)
    requests, maximum = given(10.0, rows), given(9.0, rows)
    return PeriodOutcome(
        period,
        scored_jobs(peak, since=period.since),
        np.arange(rows) < (rows if known is None else known),
        {
            "tight": given(tight, rows, without=2.0),
            "loose": given(loose, rows),
            MEMREQ: Allocations(requests.frozen, requests.frozen, {}),
            ROLLING_MAX: Allocations(maximum.frozen, maximum.live, {}),
        },
    )


def replayed(outcomes: list[PeriodOutcome]) -> Replayed:
    """The first period only comes before; the gate judges at the beginning of each other one."""
    nights = judge_nights(
        [night_after(one, two.period.since, RECIPES, 1.0, 5.0) for one, two in itertools.pairwise(outcomes)],
        empty_ledger(),
        GateRule(),
    )
    return Replayed(outcomes[1:], nights, list(RECIPES), 5.0)


def test_nightly_is_the_family_that_was_best_before_also_where_another_one_is_better_then() -> None:
    walked = replayed([outcome(0, [4, 4], 5, 8), outcome(1, [6, 6], 5, 8)])
    policies = walked.policies()
    assert [night.verdict.kind for night in walked.nights] == ["first"]
    assert policies[NIGHTLY] == policies["tight"]
    assert policies["tight"]["under_pct"] == 100.0
    assert policies["loose"]["score"] < policies["tight"]["score"]


def test_every_policy_is_scored_on_the_same_jobs() -> None:
    policies = replayed([outcome(0, [4, 4], 5, 8), outcome(1, [6, 6], 5, 8), outcome(2, [3], 4, 8)]).policies()
    assert set(policies) == {"tight", "loose", MEMREQ, ROLLING_MAX, NIGHTLY}
    assert {values["rows"] for values in policies.values()} == {3}
    assert policies[MEMREQ]["gib_saved"] == 0.0
    assert policies[MEMREQ]["score"] == pytest.approx(100 * (4 + 4 + 7) / 15)


def test_where_no_model_beats_the_requests_the_requests_serve() -> None:
    walked = replayed([outcome(0, [9, 9], 5, 5), outcome(1, [6, 6], 7, 8)])
    assert walked.nights[0].serving is None
    assert walked.policies()[NIGHTLY] == walked.policies()[MEMREQ]


def test_a_night_does_not_see_peaks_that_were_not_known_by_then() -> None:
    # On the two known jobs tight is better; the third, not known yet, would have spoken against it.
    before = outcome(0, [4, 4, 9.5], 5, 9.8, known=2)
    walked = replayed([before, outcome(1, [4], 5, 9.8)])
    assert walked.nights[0].serving == RECIPES["tight"]


def test_guards_stand_beside_the_policies_and_not_among_them() -> None:
    walked = replayed([outcome(0, [4, 4], 5, 8), outcome(1, [4, 4], 5, 8)])
    guards = walked.guards()
    assert set(guards) == set(GUARDS) == {"request_cap", "risk_limit", "headroom"}
    assert set(guards["request_cap"]) == {"tight", "loose", NIGHTLY}
    assert guards["request_cap"][NIGHTLY]["with"]["under_pct"] == 0.0
    assert guards["request_cap"][NIGHTLY]["without"]["under_pct"] == 100.0  # 2 GiB for peaks of 4


def offers(gib: float, rows: int, cap: float) -> Offers:
    """What is offered: 1 GiB more at the safest preset, 1 less at the tightest."""
    return Offers(
        {5.0: given(gib, rows), 20.0: given(gib + 1, rows), 2.0: given(gib - 1, rows)}, np.array([cap] * rows)
    )


def test_other_penalties_and_headroom_are_told_of_the_same_fits_and_nights() -> None:
    # Peaks of 4: allocations of 4 are enough, 3 are not; 5 % more is 4.2, and 20 % end at the cap of 4.5.
    walked = replayed([outcome(0, [4, 4], 4, 8), outcome(1, [4, 4], 4, 8)])
    with_offers = [replace(each, offers={"tight": offers(4, 2, 4.5)}) for each in walked.outcomes]
    variants = replace(walked, outcomes=with_offers).variants()
    presets = {name: each["policies"]["tight"] for name, each in variants["presets"].items()}
    assert list(presets) == ["Small Waste", "Balanced", "Tiny Under-allocation"]
    assert [each["under_pct"] for each in presets.values()] == [100.0, 0.0, 0.0]
    assert [each["over_pct"] for each in presets.values()] == [0.0, 0.0, 12.5]  # of 5 GiB the cap leaves 4.5
    prices = {each["pct"]: each["policies"][NIGHTLY]["over_pct"] for each in variants["headroom"]}
    assert prices == pytest.approx({0.0: 0.0, 5.0: 5.0, 10.0: 10.0, 20.0: 12.5})


def test_a_family_that_failed_in_one_period_has_no_figures_and_the_others_have() -> None:
    first, second = outcome(0, [4, 4], 5, 8), outcome(1, [4, 4], 5, 8)
    without = {name: gib for name, gib in second.given.items() if name != "loose"}
    policies = replayed([first, PeriodOutcome(second.period, second.jobs, second.is_known, without)]).policies()
    assert policies["loose"] is None
    assert policies["tight"] is not None


def test_the_table_of_jobs_holds_what_served() -> None:
    table = replayed([outcome(0, [4, 4], 5, 8), outcome(1, [6, 4], 5, 8)]).served_table()
    assert table["allocation_gib"].tolist() == [5.0, 5.0]
    assert table["is_under"].tolist() == [True, False]


def test_periods_say_who_served_and_what_each_policy_scored() -> None:
    (period,) = replayed([outcome(0, [4, 4], 5, 8), outcome(1, [4, 4], 5, 8)]).periods()
    assert (period["from"], period["rows"], period["serving"]) == ("2025-04-29T00:00:00", 2, "tight")
    assert period["scores"] == {"tight": 25.0, "loose": 100.0, NIGHTLY: 25.0, MEMREQ: 150.0, ROLLING_MAX: 125.0}


def ledger(recipe: str, days: int, over: float) -> pd.DataFrame:
    """Four blocks a day, of 100 jobs with peaks of 100 GiB; fits of each midnight."""
    starts = pd.date_range("2025-04-28", periods=4 * days, freq="6h")
    text = "%Y-%m-%dT%H:%M:%S.%f"
    return pd.DataFrame(
        {
            "block_start": starts.strftime(text),
            "recipe": recipe,
            "segment": "editor",
            "fitted_until": starts.floor("D").strftime(text),
            "rows": 100,
            "under_rows": 0,
            "excess_gib": over + np.arange(len(starts)) % 3,
            "peak_gib": 100.0,
        }
    )


def test_a_recipe_that_is_clearly_better_is_nominated_confirmed_and_switched_to() -> None:
    days = 25
    outcomes = [outcome(0, [4, 4], 5, 8)] + [outcome(day, [4, 4], 8, 5) for day in range(1, days)]
    nights = [night_after(one, two.period.since, RECIPES, 1.0, 5.0) for one, two in itertools.pairwise(outcomes)]
    both = pd.concat([ledger("t", days, 80.0), ledger("l", days, 40.0)], ignore_index=True)
    judged = judge_nights(nights, both, GateRule(resamples=100))
    kinds = [night.verdict.kind for night in judged]
    assert kinds[0] == "first"
    assert kinds.count("promoted") == 1
    switched = kinds.index("promoted")
    assert switched >= 12  # twenty blocks to be nominated, seven nights to be confirmed
    assert {night.serving.family for night in judged[:switched] if night.serving} == {"tight"}
    assert {night.serving.family for night in judged[switched:] if night.serving} == {"loose"}
    assert set(kinds[1:]) == {"refreshed", "promoted"}
