"""Promises of a night's verdict: kept, nominated, promoted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.evidence import LEDGER_COLUMNS, served_recipe
from resource_prediction.gate import Candidate, Nomination, RecipeId, judge, judge_evaluated
from tests.resource_prediction.gate.nights import (
    CHALLENGER,
    CHAMPION,
    RULE,
    blocks,
    candidates_of,
    day_at,
    ledger_of,
    night_of,
    nomination_on,
    scored,
)

# No new telemetry, evaluation


def test_without_new_telemetry_all_stays_even_an_open_nomination() -> None:
    nomination = nomination_on(0)
    verdict = judge(night_of(10, new_rows=0, nomination=nomination), ledger_of(10), RULE)
    assert (verdict.kind, verdict.champion, verdict.nomination) == ("kept", CHAMPION, nomination)
    assert "No new telemetry" in verdict.reason


def test_an_evaluation_changes_nothing_and_names_the_best() -> None:
    verdict = judge_evaluated(candidates_of())
    assert (verdict.kind, verdict.champion) == ("evaluated", None)
    assert "xgboost_classification scores best of 2 with 70.0 on 800 jobs" in verdict.reason
    assert "no row that none of the models was fitted on" in judge_evaluated(()).reason


# Nominate


def test_under_five_days_nobody_is_nominated() -> None:
    verdict = judge(night_of(4), ledger_of(4), RULE)
    assert verdict.nomination is None
    assert "20 blocks of 6 hours over 5 days" in verdict.reason


def test_a_better_challenger_is_nominated_and_new_rows_alone_can_confirm_it() -> None:
    verdict = judge(night_of(5), ledger_of(5), RULE)
    assert verdict.kind == "refreshed"
    assert verdict.nomination == Nomination(CHALLENGER, CHAMPION.digest, day_at(6.25), pytest.approx(9.85))
    assert verdict.challenger == CHALLENGER
    assert "+9.8 points against the champion over 5 days and 2000 jobs and is nominated" in verdict.reason


def test_the_challenger_with_the_largest_gain_is_nominated() -> None:
    third = RecipeId("a-third-digest", "logistic_regression_classification")
    candidates = (*candidates_of(), Candidate(third, scored(60.0)))
    for best, more in ((CHALLENGER, 75.0), (third, 65.0)):
        ledger = pd.concat([ledger_of(5), blocks(third.digest, 5, more)])
        verdict = judge(night_of(5, candidates=candidates), ledger, RULE)
        assert verdict.nomination is not None
        assert verdict.nomination.recipe == best


def test_a_gain_below_the_margin_is_no_nomination() -> None:
    verdict = judge(night_of(5), ledger_of(5, challenger=78.2), RULE)
    assert verdict.nomination is None
    assert "a switch must gain at least 2" in verdict.reason


def test_blocks_that_a_search_has_seen_are_no_evidence_for_its_recipe() -> None:
    seen = {CHALLENGER.digest: day_at(0.1)}
    assert judge(night_of(5, seen_until=seen), ledger_of(5), RULE).nomination is None
    assert judge(night_of(6, seen_until=seen), ledger_of(6), RULE).nomination is not None


def test_recipes_fitted_on_other_nights_are_not_compared() -> None:
    ledger = ledger_of(9)
    ledger.loc[ledger["recipe"] == CHAMPION.digest, "fitted_until"] = day_at(-30)
    assert judge(night_of(9), ledger, RULE).nomination is None


def test_a_champion_that_cannot_be_fitted_any_more_is_compared_as_it_serves() -> None:
    served = blocks(served_recipe(CHAMPION.digest), 5, 80.0, fitted_until=day_at(-30))
    ledger = pd.concat([served, blocks(CHALLENGER.digest, 5, 70.0)])
    night = night_of(5, candidates=candidates_of()[1:], champion_can_be_fitted=False)
    verdict = judge(night, ledger, RULE)
    assert verdict.kind == "kept"
    assert verdict.nomination is not None


# Confirm


def test_a_nomination_waits_for_its_seventh_night() -> None:
    verdict = judge(night_of(8, nomination=nomination_on(2)), ledger_of(8), RULE)
    assert (verdict.kind, verdict.nomination) == ("refreshed", nomination_on(2))
    assert "6 of 7 nights" in verdict.reason


def test_a_nomination_that_new_nights_confirm_is_promoted() -> None:
    verdict = judge(night_of(9, nomination=nomination_on(2)), ledger_of(9), RULE)
    assert (verdict.kind, verdict.champion, verdict.challenger) == ("promoted", CHALLENGER, CHAMPION)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, len(verdict.closed.nightly_gains)) == ("promoted", 7)
    assert verdict.seen == {CHALLENGER.digest: day_at(9)}
    assert verdict.nomination is None
    assert "xgboost_classification replaces the champion: it gains +9.8 points over the 7 nights" in verdict.reason


def test_rows_from_before_the_nomination_cannot_confirm_it() -> None:
    ledger = ledger_of(9)
    old = ledger["block_start"] < day_at(2)
    ledger.loc[old & (ledger["recipe"] == CHALLENGER.digest), "excess_gib"] = 0.0
    ledger.loc[~old & (ledger["recipe"] == CHALLENGER.digest), "excess_gib"] = 800.0
    verdict = judge(night_of(9, nomination=nomination_on(2)), ledger, RULE)
    assert verdict.closed is not None
    assert verdict.closed.outcome == "not confirmed"
    assert (verdict.kind, verdict.nomination) == ("refreshed", None)


def test_a_challenger_that_wins_on_average_and_not_surely_is_not_confirmed() -> None:
    ledger = ledger_of(9, challenger=78.0)
    one_day = ledger["block_start"].between(day_at(4), day_at(4.9)) & (ledger["recipe"] == CHALLENGER.digest)
    ledger.loc[one_day, "excess_gib"] -= 300.0
    verdict = judge(night_of(9, nomination=nomination_on(2)), ledger, replace(RULE, level=0.999))
    assert verdict.closed is not None
    assert verdict.closed.outcome == "not confirmed"
    assert verdict.improvement is not None
    assert verdict.improvement.mean > RULE.margin
    assert verdict.closed.bound is not None
    assert verdict.closed.bound < 0


def test_a_sure_gain_below_the_margin_is_not_confirmed() -> None:
    ledger = pd.concat([blocks(CHAMPION.digest, 9, 80.0), blocks(CHALLENGER.digest, 9, 78.1)])
    verdict = judge(night_of(9, nomination=nomination_on(2)), ledger, RULE)
    assert verdict.closed is not None
    assert verdict.closed.outcome == "not confirmed"
    assert verdict.closed.bound == pytest.approx(1.9)


def test_nights_after_the_seventh_do_not_change_the_answer() -> None:
    late = ledger_of(12)
    late.loc[(late["block_start"] >= day_at(9)) & (late["recipe"] == CHALLENGER.digest), "excess_gib"] = 9000.0
    in_time = judge(night_of(9, nomination=nomination_on(2)), ledger_of(9), RULE)
    assert judge(night_of(12, nomination=nomination_on(2)), late, RULE) == in_time


def test_a_segment_that_gets_worse_vetoes_the_switch() -> None:
    small = [
        blocks(CHAMPION.digest, 9, 10.0, segment="docs"),
        blocks(CHALLENGER.digest, 9, 12.0, segment="docs"),
    ]
    ledger = pd.concat([ledger_of(9), *small])
    verdict = judge(night_of(9, nomination=nomination_on(2)), ledger, RULE)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, verdict.closed.vetoes) == ("segment veto", ("docs",))
    assert "xgboost_classification is not promoted, as docs would get worse" in verdict.reason


def test_a_segment_with_few_jobs_has_no_veto() -> None:
    small = [
        blocks(CHAMPION.digest, 9, 10.0, segment="docs"),
        blocks(CHALLENGER.digest, 9, 12.0, segment="docs"),
    ]
    ledger = pd.concat([ledger_of(9), *(entries.assign(rows=7) for entries in small)])
    assert judge(night_of(9, nomination=nomination_on(2)), ledger, RULE).kind == "promoted"


# Seven nights of four blocks: 8 jobs a block are 224, 7 are 196.
@pytest.mark.parametrize(
    ("jobs_a_block", "vetoes"), [({"docs": 8}, ("docs",)), ({"docs": 7, "ui": 7}, ("other",)), ({"docs": 3}, ())]
)
def test_few_jobs_a_block_veto_when_the_nights_or_the_small_segments_add_up(
    jobs_a_block: dict[str, int], vetoes: tuple[str, ...]
) -> None:
    small = [
        blocks(recipe.digest, 9, over_pct, segment=segment).assign(rows=jobs)
        for segment, jobs in jobs_a_block.items()
        for recipe, over_pct in ((CHAMPION, 10.0), (CHALLENGER, 12.0))
    ]
    verdict = judge(night_of(9, nomination=nomination_on(2)), pd.concat([ledger_of(9), *small]), RULE)
    assert verdict.closed is not None
    assert verdict.closed.vetoes == vetoes


def test_one_night_with_another_holdout_spoils_no_evidence() -> None:
    ledger = ledger_of(9)
    other_cut = ledger[ledger["recipe"] == CHAMPION.digest].assign(excess_gib=9000.0)
    expected = judge(night_of(9, nomination=nomination_on(2)), ledger, RULE)
    for fitted_until in (day_at(-2), day_at(-0.5)):
        spoiled = pd.concat([other_cut.assign(fitted_until=fitted_until), ledger])
        verdict = judge(night_of(9, nomination=nomination_on(2)), spoiled, RULE)
        assert (verdict.kind, verdict.improvement) == ("promoted", expected.improvement)


def test_a_nomination_against_an_earlier_champion_ends() -> None:
    verdict = judge(night_of(9, nomination=nomination_on(2, champion="other")), ledger_of(9), RULE)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, verdict.kind, verdict.nomination) == ("champion changed", "refreshed", None)


def test_a_confirmed_recipe_that_was_not_fitted_tonight_waits() -> None:
    night = night_of(9, nomination=nomination_on(2), candidates=candidates_of()[:1])
    verdict = judge(night, ledger_of(9), RULE)
    assert (verdict.kind, verdict.nomination) == ("refreshed", nomination_on(2))
    assert "xgboost_classification is nominated and waits: it was not fitted" in verdict.reason


def test_a_nomination_without_nights_ends_after_its_patience() -> None:
    verdict = judge(night_of(30, nomination=nomination_on(2)), ledger_of(5), RULE)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, verdict.nomination) == ("expired", None)
    assert judge(night_of(29.9, nomination=nomination_on(2)), ledger_of(5), RULE).nomination is not None


# Promises for all nights


PCT = st.floats(20, 120)


@settings(max_examples=25)
@given(PCT, st.integers(0, 12), st.booleans())
def test_identical_recipes_are_never_nominated_or_promoted(over_pct: float, days: int, nominated: bool) -> None:
    twin = [blocks(digest, days, over_pct) for digest in (CHAMPION.digest, CHALLENGER.digest)]
    night = night_of(days, nomination=nomination_on(2) if nominated else None)
    verdict = judge(night, pd.concat(twin), RULE)
    assert verdict.champion == CHAMPION
    assert nominated or verdict.nomination is None


@settings(max_examples=25)
@given(st.floats(40, 85), st.floats(0, 30))
def test_a_challenger_better_everywhere_than_a_promoted_one_is_promoted(challenger: float, better: float) -> None:
    night = night_of(9, nomination=nomination_on(2))
    if judge(night, ledger_of(9, challenger=challenger), RULE).kind == "promoted":
        assert judge(night, ledger_of(9, challenger=challenger - better), RULE).kind == "promoted"


@settings(max_examples=25)
@given(PCT, PCT, st.integers(5, 12), st.integers(0, 99))
def test_a_verdict_is_the_same_for_the_same_rows_in_any_order(
    champion: float, challenger: float, days: int, seed: int
) -> None:
    ledger = ledger_of(days, champion, challenger)
    night = night_of(days, nomination=nomination_on(2))
    assert judge(night, ledger, RULE) == judge(night, ledger.sample(frac=1.0, random_state=seed), RULE)


def test_an_empty_ledger_as_a_database_gives_it_is_no_evidence() -> None:
    verdict = judge(night_of(5), pd.DataFrame(columns=list(LEDGER_COLUMNS), dtype="object"), RULE)
    assert (verdict.kind, verdict.nomination) == ("refreshed", None)


def test_a_verdict_goes_into_json() -> None:
    verdict = judge(night_of(9, nomination=nomination_on(2)), ledger_of(9), RULE)
    stored = json.loads(json.dumps(asdict(verdict), allow_nan=False))
    assert stored["champion"] == {"digest": "challenger-digest", "family": "xgboost_classification"}
    assert stored["closed"]["nomination"]["since"] == "2025-04-30T00:00:00.000000"
