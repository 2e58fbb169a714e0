"""Who becomes the first champion, and what nobody serves on."""

from __future__ import annotations

import pytest

from resource_prediction.errors import GateError
from resource_prediction.gate import Candidate, RecipeId, judge
from tests.resource_prediction.gate.nights import (
    CHALLENGER,
    CHAMPION,
    RULE,
    ledger_of,
    night_of,
    scored,
)


def test_the_first_champion_is_the_best_family_and_beats_the_requests() -> None:
    verdict = judge(night_of(0, champion=None), ledger_of(0), RULE)
    assert (verdict.kind, verdict.champion, verdict.challenger) == ("first", CHALLENGER, None)
    assert (
        "xgboost_classification scores 70.0 on the 800 newest jobs where the requests would score 160.0"
        in verdict.reason
    )


def test_the_first_champion_is_the_best_on_frozen_and_live_history_together_and_the_reason_says_so() -> None:
    # 70 and 90 are 80 on average; 72 and 78 are 75.
    lucky, steady = Candidate(CHALLENGER, scored(70.0), 90.0), Candidate(CHAMPION, scored(72.0), 78.0)
    verdict = judge(night_of(0, champion=None, candidates=(lucky, steady)), ledger_of(0), RULE)
    assert (verdict.kind, verdict.champion) == ("first", CHAMPION)
    assert verdict.reason.startswith("lightgbm_regression scores 72.0 on the 800 newest jobs")
    assert verdict.reason.endswith(
        "xgboost_classification scores 70.0, but is behind where the score with moving history counts as well: 80.0 "
        "against 75.0 on average."
    )


def test_only_who_beats_the_requests_with_history_as_it_stood_can_be_the_first_champion() -> None:
    candidates = Candidate(CHAMPION, scored(161.0), 100.0), Candidate(CHALLENGER, scored(159.0), 165.0)
    verdict = judge(night_of(0, champion=None, candidates=candidates), ledger_of(0), RULE)
    assert (verdict.kind, verdict.champion) == ("first", CHALLENGER)


def test_no_model_serves_that_does_not_beat_the_requests() -> None:
    verdict = judge(night_of(0, champion=None, baselines={"memreq": scored(70.0)}), ledger_of(0), RULE)
    assert (verdict.kind, verdict.champion) == ("kept", None)
    assert "does not beat the requests with 70.0" in verdict.reason


def test_without_requests_the_rolling_maximum_must_be_beaten() -> None:
    baselines = {"rolling_max_20": scored(69.0)}
    assert judge(night_of(0, champion=None, baselines=baselines), ledger_of(0), RULE).kind == "kept"
    baselines = {"memreq": scored(1.0, rows=799), "rolling_max_20": scored(71.0)}
    assert judge(night_of(0, champion=None, baselines=baselines), ledger_of(0), RULE).kind == "first"


def test_without_any_baseline_nothing_serves() -> None:
    verdict = judge(night_of(0, champion=None, baselines={}), ledger_of(0), RULE)
    assert verdict.kind == "kept"
    assert "Nothing to compare with" in verdict.reason


def test_without_new_telemetry_a_first_champion_is_still_chosen() -> None:
    assert judge(night_of(0, champion=None, new_rows=0), ledger_of(0), RULE).kind == "first"


def test_the_hold_out_of_the_first_verdict_is_no_later_evidence() -> None:
    first = judge(night_of(10, champion=None), ledger_of(10), RULE)
    assert set(first.seen) == {CHAMPION.digest, CHALLENGER.digest}
    later = judge(night_of(10, champion=CHAMPION, seen_until=first.seen), ledger_of(10), RULE)
    assert later.nomination is None
    assert later.improvement is None


def test_candidates_of_different_hold_outs_are_refused() -> None:
    candidates = Candidate(CHAMPION, scored(80.0)), Candidate(CHALLENGER, scored(70.0, rows=799))
    with pytest.raises(GateError, match="scored on 799, 800 rows"):
        judge(night_of(0, champion=None, candidates=candidates), ledger_of(0), RULE)


@pytest.mark.parametrize("champion", [None, CHAMPION])
def test_a_run_in_which_every_family_failed_has_no_verdict(champion: RecipeId | None) -> None:
    with pytest.raises(GateError, match="no candidates"):
        judge(night_of(0, champion=champion, candidates=()), ledger_of(0), RULE)
