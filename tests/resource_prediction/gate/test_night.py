"""Promises of a night's verdict: first, kept, refreshed, nominated, promoted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_prediction.errors import GateError
from resource_prediction.evidence import LEDGER_COLUMNS, iso_time, served_recipe
from resource_prediction.gate import Candidate, GateRule, Night, Nomination, RecipeId, Verdict, judge, judge_evaluated
from resource_prediction.scoring import Score

START = pd.Timestamp("2025-04-28")
CHAMPION = RecipeId("champion-digest", "lightgbm_regression")
CHALLENGER = RecipeId("challenger-digest", "xgboost_classification")
RULE = GateRule(resamples=300)


def _score(score: float, rows: int = 800) -> Score:
    return Score(score, 0.0, score, rows)


def _candidates(champion: float = 80.0, challenger: float = 70.0) -> tuple[Candidate, ...]:
    return Candidate(CHAMPION, _score(champion)), Candidate(CHALLENGER, _score(challenger))


def _at(day: float) -> str:
    return iso_time(START + pd.Timedelta(days=day))


def _night(day: float, **changes: object) -> Night:
    """A night whose complete blocks end with the given day."""
    night = Night(_candidates(), {"memreq": _score(160.0)}, 100, _at(day + 25 / 24), champion=CHAMPION)
    return replace(night, **changes)  # type: ignore[arg-type]


def _entries(recipe: str, days: int, over_pct: float, *, segment: str = "core", fitted_until: str = "") -> pd.DataFrame:
    """Blocks of 100 jobs and 1,000 GiB each, with a ripple over nights so that there is a spread to studentise."""
    starts = [iso_time(START + pd.Timedelta(hours=6 * block)) for block in range(4 * days)]
    ripple = np.resize(np.repeat([-0.5, 0.5], 4), len(starts))
    columns = (starts, recipe, segment, fitted_until or _at(-1), 100, 0, 10.0 * (over_pct + ripple), 1000.0)
    return pd.DataFrame(dict(zip(LEDGER_COLUMNS, columns, strict=True)))


def _ledger(days: int, champion: float = 80.0, challenger: float = 70.0) -> pd.DataFrame:
    challenger_entries = _entries(CHALLENGER.digest, days, challenger)
    challenger_entries["excess_gib"] += np.resize([0.0, 3.0], len(challenger_entries))
    return pd.concat([_entries(CHAMPION.digest, days, champion), challenger_entries], ignore_index=True)


def _nomination(day: int, champion: str = CHAMPION.digest) -> Nomination:
    return Nomination(CHALLENGER, champion, _at(day), 10.0)


# First champion


def test_the_first_champion_is_the_best_family_and_beats_the_requests() -> None:
    verdict = judge(_night(0, champion=None), _ledger(0), RULE)
    assert (verdict.kind, verdict.champion, verdict.challenger) == ("first", CHALLENGER, None)
    assert (
        "xgboost_classification scores 70.0 on the 800 newest jobs where the requests would score 160.0"
        in verdict.reason
    )


def test_the_first_champion_is_the_best_on_frozen_and_live_history_together_and_the_reason_says_so() -> None:
    # 70 and 90 are 80 on average; 72 and 78 are 75.
    lucky, steady = Candidate(CHALLENGER, _score(70.0), 90.0), Candidate(CHAMPION, _score(72.0), 78.0)
    verdict = judge(_night(0, champion=None, candidates=(lucky, steady)), _ledger(0), RULE)
    assert (verdict.kind, verdict.champion) == ("first", CHAMPION)
    assert verdict.reason.startswith("lightgbm_regression scores 72.0 on the 800 newest jobs")
    assert verdict.reason.endswith(
        "xgboost_classification scores 70.0, but is behind where the score with moving history counts as well: 80.0 "
        "against 75.0 on average."
    )


def test_only_who_beats_the_requests_with_history_as_it_stood_can_be_the_first_champion() -> None:
    candidates = Candidate(CHAMPION, _score(161.0), 100.0), Candidate(CHALLENGER, _score(159.0), 165.0)
    verdict = judge(_night(0, champion=None, candidates=candidates), _ledger(0), RULE)
    assert (verdict.kind, verdict.champion) == ("first", CHALLENGER)


def test_no_model_serves_that_does_not_beat_the_requests() -> None:
    verdict = judge(_night(0, champion=None, baselines={"memreq": _score(70.0)}), _ledger(0), RULE)
    assert (verdict.kind, verdict.champion) == ("kept", None)
    assert "does not beat the requests with 70.0" in verdict.reason


def test_without_requests_the_rolling_maximum_must_be_beaten() -> None:
    baselines = {"rolling_max_20": _score(69.0)}
    assert judge(_night(0, champion=None, baselines=baselines), _ledger(0), RULE).kind == "kept"
    baselines = {"memreq": _score(1.0, rows=799), "rolling_max_20": _score(71.0)}
    assert judge(_night(0, champion=None, baselines=baselines), _ledger(0), RULE).kind == "first"


def test_without_any_baseline_nothing_serves() -> None:
    verdict = judge(_night(0, champion=None, baselines={}), _ledger(0), RULE)
    assert verdict.kind == "kept"
    assert "Nothing to compare with" in verdict.reason


def test_without_new_telemetry_a_first_champion_is_still_chosen() -> None:
    assert judge(_night(0, champion=None, new_rows=0), _ledger(0), RULE).kind == "first"


def test_the_hold_out_of_the_first_verdict_is_no_later_evidence() -> None:
    first = judge(_night(10, champion=None), _ledger(10), RULE)
    assert set(first.seen) == {CHAMPION.digest, CHALLENGER.digest}
    later = judge(_night(10, champion=CHAMPION, seen_until=first.seen), _ledger(10), RULE)
    assert later.nomination is None
    assert later.improvement is None


def test_candidates_of_different_hold_outs_are_refused() -> None:
    candidates = Candidate(CHAMPION, _score(80.0)), Candidate(CHALLENGER, _score(70.0, rows=799))
    with pytest.raises(GateError, match="scored on 799, 800 rows"):
        judge(_night(0, champion=None, candidates=candidates), _ledger(0), RULE)


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_a_run_in_which_every_family_failed_has_no_verdict(champion: RecipeId | None) -> None:
    with pytest.raises(GateError, match="no candidates"):
        judge(_night(0, champion=champion, candidates=()), _ledger(0), RULE)


# No new telemetry, evaluation


def test_without_new_telemetry_all_stays_even_an_open_nomination() -> None:
    nomination = _nomination(0)
    verdict = judge(_night(10, new_rows=0, nomination=nomination), _ledger(10), RULE)
    assert (verdict.kind, verdict.champion, verdict.nomination) == ("kept", CHAMPION, nomination)
    assert "No new telemetry" in verdict.reason


def test_an_evaluation_changes_nothing_and_names_the_best() -> None:
    verdict = judge_evaluated(_candidates())
    assert (verdict.kind, verdict.champion) == ("evaluated", None)
    assert "xgboost_classification scores best of 2 with 70.0 on 800 jobs" in verdict.reason
    assert "no row that none of the models was fitted on" in judge_evaluated(()).reason


# Refresh


def _refresh(refit: float, *, days: int = 6, served_fit: str = "", fitted: bool = True) -> Verdict:
    ledger = pd.concat(
        [
            _entries(CHAMPION.digest, days, refit, fitted_until=_at(-1)),
            _entries(served_recipe(CHAMPION.digest), days, 80.0, fitted_until=served_fit or _at(-2)),
        ]
    )
    candidates = _candidates()[:1] if fitted else _candidates()[1:]
    return judge(_night(days, candidates=candidates), ledger, RULE)


def test_a_refresh_goes_in_where_there_is_little_evidence() -> None:
    verdict = _refresh(200.0, days=4)
    assert (verdict.kind, verdict.refresh) == ("refreshed", None)
    assert "only 16 blocks of 6 hours on 4 days" in verdict.reason


def test_a_refresh_that_is_a_little_worse_goes_in() -> None:
    verdict = _refresh(81.5)
    assert verdict.kind == "refreshed"
    assert verdict.refresh is not None
    assert verdict.refresh.mean == pytest.approx(-1.5)


def test_a_refresh_that_is_likely_worse_than_the_tolerance_is_refused() -> None:
    verdict = _refresh(84.0)
    assert verdict.kind == "kept"
    assert (
        "it gains -4.0 points over the older fit, and the chance that it loses more than 2 is 100 %" in verdict.reason
    )


def test_a_served_fit_that_had_seen_newer_rows_is_no_evidence_against_a_refresh() -> None:
    verdict = _refresh(200.0, served_fit=_at(-0.5))
    assert (verdict.kind, verdict.refresh) == ("refreshed", None)


def test_a_champion_that_was_not_fitted_stays() -> None:
    verdict = _refresh(10.0, fitted=False)
    assert (verdict.kind, verdict.champion) == ("kept", CHAMPION)
    assert "lightgbm_regression was not fitted in this run" in verdict.reason


def test_a_fit_that_is_broken_tonight_is_refused_although_no_block_speaks_against_it() -> None:
    night = _night(4, candidates=_candidates(champion=97.0), older_fit=_score(80.0))
    verdict = judge(night, _ledger(4), RULE)
    assert (verdict.kind, verdict.champion) == ("kept", CHAMPION)
    assert (
        "scores 97.0 on the 800 jobs of the hold-out where its older fit scores 80.0, worse by more than 20 %"
        in verdict.reason
    )


@pytest.mark.parametrize(
    ("older_fit", "newer"),
    [
        (_score(80.0), 95.0),
        (_score(80.0, rows=799), 200.0),
        (_score(1.0), 2.5),
        (None, 200.0),
    ],
    ids=["worse by chance", "scored on other jobs", "within the tolerance", "nothing to compare with"],
)
def test_a_newer_fit_that_may_be_as_good_goes_in(older_fit: Score | None, newer: float) -> None:
    night = _night(4, candidates=_candidates(champion=newer), older_fit=older_fit)
    assert judge(night, _ledger(4), RULE).kind == "refreshed"


def test_a_refresh_tells_both_scores_on_the_hold_out() -> None:
    night = _night(4, candidates=_candidates(champion=79.0), older_fit=_score(80.0))
    assert "goes in (79.0 on the hold-out, its older fit 80.0), because" in judge(night, _ledger(4), RULE).reason


def test_a_hold_out_of_few_jobs_refuses_no_refresh() -> None:
    night = _night(4, candidates=(Candidate(CHAMPION, _score(200.0, rows=499)),), older_fit=_score(80.0, rows=499))
    assert judge(night, _ledger(4), RULE).kind == "refreshed"


def test_with_blocks_enough_they_decide_and_not_one_hold_out() -> None:
    ledger = pd.concat(
        [
            _entries(CHAMPION.digest, 6, 78.0, fitted_until=_at(-1)),
            _entries(served_recipe(CHAMPION.digest), 6, 80.0, fitted_until=_at(-2)),
        ]
    )
    night = _night(6, candidates=_candidates(champion=200.0)[:1], older_fit=_score(80.0))
    assert judge(night, ledger, RULE).kind == "refreshed"


# Nominate


def test_under_five_days_nobody_is_nominated() -> None:
    verdict = judge(_night(4), _ledger(4), RULE)
    assert verdict.nomination is None
    assert "20 blocks of 6 hours over 5 days" in verdict.reason


def test_a_better_challenger_is_nominated_and_new_rows_alone_can_confirm_it() -> None:
    verdict = judge(_night(5), _ledger(5), RULE)
    assert verdict.kind == "refreshed"
    assert verdict.nomination == Nomination(CHALLENGER, CHAMPION.digest, _at(6.25), pytest.approx(9.85))
    assert verdict.challenger == CHALLENGER
    assert "+9.8 points against the champion over 5 days and 2000 jobs and is nominated" in verdict.reason


def test_the_challenger_with_the_largest_gain_is_nominated() -> None:
    third = RecipeId("a-third-digest", "logistic_regression_classification")
    candidates = (*_candidates(), Candidate(third, _score(60.0)))
    for best, more in ((CHALLENGER, 75.0), (third, 65.0)):
        ledger = pd.concat([_ledger(5), _entries(third.digest, 5, more)])
        verdict = judge(_night(5, candidates=candidates), ledger, RULE)
        assert verdict.nomination is not None
        assert verdict.nomination.recipe == best


def test_a_gain_below_the_margin_is_no_nomination() -> None:
    verdict = judge(_night(5), _ledger(5, challenger=78.2), RULE)
    assert verdict.nomination is None
    assert "a switch must gain at least 2" in verdict.reason


def test_blocks_that_a_search_has_seen_are_no_evidence_for_its_recipe() -> None:
    seen = {CHALLENGER.digest: _at(0.1)}
    assert judge(_night(5, seen_until=seen), _ledger(5), RULE).nomination is None
    assert judge(_night(6, seen_until=seen), _ledger(6), RULE).nomination is not None


def test_recipes_fitted_on_other_nights_are_not_compared() -> None:
    ledger = _ledger(9)
    ledger.loc[ledger["recipe"] == CHAMPION.digest, "fitted_until"] = _at(-30)
    assert judge(_night(9), ledger, RULE).nomination is None


def test_a_champion_that_cannot_be_fitted_any_more_is_compared_as_it_serves() -> None:
    served = _entries(served_recipe(CHAMPION.digest), 5, 80.0, fitted_until=_at(-30))
    ledger = pd.concat([served, _entries(CHALLENGER.digest, 5, 70.0)])
    night = _night(5, candidates=_candidates()[1:], champion_can_be_fitted=False)
    verdict = judge(night, ledger, RULE)
    assert verdict.kind == "kept"
    assert verdict.nomination is not None


# Confirm


def test_a_nomination_waits_for_its_seventh_night() -> None:
    verdict = judge(_night(8, nomination=_nomination(2)), _ledger(8), RULE)
    assert (verdict.kind, verdict.nomination) == ("refreshed", _nomination(2))
    assert "6 of 7 nights" in verdict.reason


def test_a_nomination_that_new_nights_confirm_is_promoted() -> None:
    verdict = judge(_night(9, nomination=_nomination(2)), _ledger(9), RULE)
    assert (verdict.kind, verdict.champion, verdict.challenger) == ("promoted", CHALLENGER, CHAMPION)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, len(verdict.closed.nightly_gains)) == ("promoted", 7)
    assert verdict.seen == {CHALLENGER.digest: _at(9)}
    assert verdict.nomination is None
    assert "xgboost_classification replaces the champion: it gains +9.8 points over the 7 nights" in verdict.reason


def test_rows_from_before_the_nomination_cannot_confirm_it() -> None:
    ledger = _ledger(9)
    old = ledger["block_start"] < _at(2)
    ledger.loc[old & (ledger["recipe"] == CHALLENGER.digest), "excess_gib"] = 0.0
    ledger.loc[~old & (ledger["recipe"] == CHALLENGER.digest), "excess_gib"] = 800.0
    verdict = judge(_night(9, nomination=_nomination(2)), ledger, RULE)
    assert verdict.closed is not None
    assert verdict.closed.outcome == "not confirmed"
    assert (verdict.kind, verdict.nomination) == ("refreshed", None)


def test_a_challenger_that_wins_on_average_and_not_surely_is_not_confirmed() -> None:
    ledger = _ledger(9, challenger=78.0)
    one_day = ledger["block_start"].between(_at(4), _at(4.9)) & (ledger["recipe"] == CHALLENGER.digest)
    ledger.loc[one_day, "excess_gib"] -= 300.0
    verdict = judge(_night(9, nomination=_nomination(2)), ledger, replace(RULE, level=0.999))
    assert verdict.closed is not None
    assert verdict.closed.outcome == "not confirmed"
    assert verdict.improvement is not None
    assert verdict.improvement.mean > RULE.margin
    assert verdict.closed.bound is not None
    assert verdict.closed.bound < 0


def test_a_sure_gain_below_the_margin_is_not_confirmed() -> None:
    ledger = pd.concat([_entries(CHAMPION.digest, 9, 80.0), _entries(CHALLENGER.digest, 9, 78.1)])
    verdict = judge(_night(9, nomination=_nomination(2)), ledger, RULE)
    assert verdict.closed is not None
    assert verdict.closed.outcome == "not confirmed"
    assert verdict.closed.bound == pytest.approx(1.9)


def test_nights_after_the_seventh_do_not_change_the_answer() -> None:
    late = _ledger(12)
    late.loc[(late["block_start"] >= _at(9)) & (late["recipe"] == CHALLENGER.digest), "excess_gib"] = 9000.0
    in_time = judge(_night(9, nomination=_nomination(2)), _ledger(9), RULE)
    assert judge(_night(12, nomination=_nomination(2)), late, RULE) == in_time


def test_a_segment_that_gets_worse_vetoes_the_switch() -> None:
    small = [_entries(CHAMPION.digest, 9, 10.0, segment="docs"), _entries(CHALLENGER.digest, 9, 12.0, segment="docs")]
    ledger = pd.concat([_ledger(9), *small])
    verdict = judge(_night(9, nomination=_nomination(2)), ledger, RULE)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, verdict.closed.vetoes) == ("segment veto", ("docs",))
    assert "xgboost_classification is not promoted, as docs would get worse" in verdict.reason


def test_a_segment_with_few_jobs_has_no_veto() -> None:
    small = [_entries(CHAMPION.digest, 9, 10.0, segment="docs"), _entries(CHALLENGER.digest, 9, 12.0, segment="docs")]
    ledger = pd.concat([_ledger(9), *(entries.assign(rows=7) for entries in small)])
    assert judge(_night(9, nomination=_nomination(2)), ledger, RULE).kind == "promoted"


# Seven nights of four blocks: 8 jobs a block are 224, 7 are 196.
@pytest.mark.parametrize(
    ("jobs_a_block", "vetoes"), [({"docs": 8}, ("docs",)), ({"docs": 7, "ui": 7}, ("other",)), ({"docs": 3}, ())]
)
def test_few_jobs_a_block_veto_when_the_nights_or_the_small_segments_add_up(
    jobs_a_block: dict[str, int], vetoes: tuple[str, ...]
) -> None:
    small = [
        _entries(recipe.digest, 9, over_pct, segment=segment).assign(rows=jobs)
        for segment, jobs in jobs_a_block.items()
        for recipe, over_pct in ((CHAMPION, 10.0), (CHALLENGER, 12.0))
    ]
    verdict = judge(_night(9, nomination=_nomination(2)), pd.concat([_ledger(9), *small]), RULE)
    assert verdict.closed is not None
    assert verdict.closed.vetoes == vetoes


def test_one_night_with_another_holdout_spoils_no_evidence() -> None:
    ledger = _ledger(9)
    other_cut = ledger[ledger["recipe"] == CHAMPION.digest].assign(excess_gib=9000.0)
    expected = judge(_night(9, nomination=_nomination(2)), ledger, RULE)
    for fitted_until in (_at(-2), _at(-0.5)):
        spoiled = pd.concat([other_cut.assign(fitted_until=fitted_until), ledger])
        verdict = judge(_night(9, nomination=_nomination(2)), spoiled, RULE)
        assert (verdict.kind, verdict.improvement) == ("promoted", expected.improvement)


def test_a_nomination_against_an_earlier_champion_ends() -> None:
    verdict = judge(_night(9, nomination=_nomination(2, champion="other")), _ledger(9), RULE)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, verdict.kind, verdict.nomination) == ("champion changed", "refreshed", None)


def test_a_confirmed_recipe_that_was_not_fitted_tonight_waits() -> None:
    night = _night(9, nomination=_nomination(2), candidates=_candidates()[:1])
    verdict = judge(night, _ledger(9), RULE)
    assert (verdict.kind, verdict.nomination) == ("refreshed", _nomination(2))
    assert "xgboost_classification is nominated and waits: it was not fitted" in verdict.reason


def test_a_nomination_without_nights_ends_after_its_patience() -> None:
    verdict = judge(_night(30, nomination=_nomination(2)), _ledger(5), RULE)
    assert verdict.closed is not None
    assert (verdict.closed.outcome, verdict.nomination) == ("expired", None)
    assert judge(_night(29.9, nomination=_nomination(2)), _ledger(5), RULE).nomination is not None


# Promises for all nights

PCT = st.floats(20, 120)


@settings(max_examples=25)
@given(PCT, st.integers(0, 12), st.booleans())
def test_identical_recipes_are_never_nominated_or_promoted(over_pct: float, days: int, nominated: bool) -> None:
    twin = [_entries(digest, days, over_pct) for digest in (CHAMPION.digest, CHALLENGER.digest)]
    night = _night(days, nomination=_nomination(2) if nominated else None)
    verdict = judge(night, pd.concat(twin), RULE)
    assert verdict.champion == CHAMPION
    assert nominated or verdict.nomination is None


@settings(max_examples=25)
@given(st.floats(40, 85), st.floats(0, 30))
def test_a_challenger_better_everywhere_than_a_promoted_one_is_promoted(challenger: float, better: float) -> None:
    night = _night(9, nomination=_nomination(2))
    if judge(night, _ledger(9, challenger=challenger), RULE).kind == "promoted":
        assert judge(night, _ledger(9, challenger=challenger - better), RULE).kind == "promoted"


@settings(max_examples=25)
@given(PCT, PCT, st.integers(5, 12), st.integers(0, 99))
def test_a_verdict_is_the_same_for_the_same_rows_in_any_order(
    champion: float, challenger: float, days: int, seed: int
) -> None:
    ledger = _ledger(days, champion, challenger)
    night = _night(days, nomination=_nomination(2))
    assert judge(night, ledger, RULE) == judge(night, ledger.sample(frac=1.0, random_state=seed), RULE)


def test_an_empty_ledger_as_a_database_gives_it_is_no_evidence() -> None:
    verdict = judge(_night(5), pd.DataFrame(columns=list(LEDGER_COLUMNS), dtype="object"), RULE)
    assert (verdict.kind, verdict.nomination) == ("refreshed", None)


def test_a_verdict_goes_into_json() -> None:
    verdict = judge(_night(9, nomination=_nomination(2)), _ledger(9), RULE)
    stored = json.loads(json.dumps(asdict(verdict), allow_nan=False))
    assert stored["champion"] == {"digest": "challenger-digest", "family": "xgboost_classification"}
    assert stored["closed"]["nomination"]["since"] == "2025-04-30T00:00:00.000000"
