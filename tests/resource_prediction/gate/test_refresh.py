"""When a newer fit of the champion's recipe goes in, and when it is refused."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from resource_prediction.evidence import served_recipe
from resource_prediction.gate import Candidate, Verdict, judge
from resource_prediction.scoring import Score
from tests.resource_prediction.gate.nights import (
    CHAMPION,
    RULE,
    blocks,
    candidates_of,
    day_at,
    ledger_of,
    night_of,
    scored,
)


def _refresh(refit: float, *, days: int = 6, served_fit: str = "", fitted: bool = True) -> Verdict:
    ledger = pd.concat(
        [
            blocks(CHAMPION.digest, days, refit, fitted_until=day_at(-1)),
            blocks(served_recipe(CHAMPION.digest), days, 80.0, fitted_until=served_fit or day_at(-2)),
        ]
    )
    candidates = candidates_of()[:1] if fitted else candidates_of()[1:]
    night = night_of(days, candidates=candidates, champion_fitted_until=served_fit or day_at(-2))
    return judge(night, ledger, RULE)


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
    verdict = _refresh(200.0, served_fit=day_at(-0.5))
    assert (verdict.kind, verdict.refresh) == ("refreshed", None)


def test_a_champion_that_was_not_fitted_stays() -> None:
    verdict = _refresh(10.0, fitted=False)
    assert (verdict.kind, verdict.champion) == ("kept", CHAMPION)
    assert "lightgbm_regression was not fitted in this run" in verdict.reason


def test_a_fit_that_is_broken_tonight_is_refused_although_no_block_speaks_against_it() -> None:
    night = night_of(4, candidates=candidates_of(champion=97.0), older_fit=scored(80.0))
    verdict = judge(night, ledger_of(4), RULE)
    assert (verdict.kind, verdict.champion) == ("kept", CHAMPION)
    assert (
        "scores 97.0 on the 800 jobs of the hold-out where its older fit scores 80.0, worse by more than 20 %"
        in verdict.reason
    )


@pytest.mark.parametrize(
    ("older_fit", "newer"),
    [
        (scored(80.0), 95.0),
        (scored(80.0, rows=799), 200.0),
        (scored(1.0), 2.5),
        (None, 200.0),
    ],
    ids=["worse by chance", "scored on other jobs", "within the tolerance", "nothing to compare with"],
)
def test_a_newer_fit_that_may_be_as_good_goes_in(older_fit: Score | None, newer: float) -> None:
    night = night_of(4, candidates=candidates_of(champion=newer), older_fit=older_fit)
    assert judge(night, ledger_of(4), RULE).kind == "refreshed"


def test_a_damaged_champion_is_replaced_by_whatever_was_fitted() -> None:
    night = night_of(
        6, candidates=candidates_of(champion=200.0), older_fit=scored(80.0), champion_fitted_until=day_at(-2)
    )
    ledger = _ledger_of_version_1(200.0)
    assert judge(night, ledger, RULE).kind == "kept"
    verdict = judge(replace(night, champion_is_whole=False), ledger, RULE)
    assert (verdict.kind, verdict.champion) == ("refreshed", CHAMPION)
    assert "goes in, because what serves cannot be loaded" in verdict.reason
    unfitted = replace(night, champion_is_whole=False, candidates=candidates_of()[1:])
    assert judge(unfitted, ledger, RULE).kind == "kept"


def test_a_refresh_tells_both_scores_on_the_hold_out() -> None:
    night = night_of(4, candidates=candidates_of(champion=79.0), older_fit=scored(80.0))
    assert "goes in (79.0 on the hold-out, its older fit 80.0), because" in judge(night, ledger_of(4), RULE).reason


def test_a_hold_out_of_few_jobs_refuses_no_refresh() -> None:
    night = night_of(4, candidates=(Candidate(CHAMPION, scored(200.0, rows=499)),), older_fit=scored(80.0, rows=499))
    assert judge(night, ledger_of(4), RULE).kind == "refreshed"


def _ledger_of_version_1(refit: float) -> pd.DataFrame:
    """Blocks of a version that was fitted two days before the first of them, and of fits of a day later."""
    return pd.concat(
        [
            blocks(CHAMPION.digest, 6, refit, fitted_until=day_at(-1)),
            blocks(served_recipe(CHAMPION.digest), 6, 80.0, fitted_until=day_at(-2)),
        ]
    )


def test_good_blocks_of_earlier_fits_let_no_fit_in_that_is_broken_tonight() -> None:
    night = night_of(6, candidates=candidates_of(champion=200.0)[:1], older_fit=scored(80.0))
    verdict = judge(replace(night, champion_fitted_until=day_at(-2)), _ledger_of_version_1(78.0), RULE)
    assert (verdict.kind, verdict.refresh) == ("kept", None)
    assert "scores 200.0 on the 800 jobs of the hold-out where its older fit scores 80.0" in verdict.reason


@pytest.mark.parametrize("serves", [day_at(5), None], ids=["version 2", "not known"])
def test_blocks_of_a_version_that_serves_no_more_refuse_no_refresh(serves: str | None) -> None:
    ledger = _ledger_of_version_1(200.0)
    asked = night_of(6, candidates=candidates_of()[:1], champion_fitted_until=day_at(-2))
    assert judge(asked, ledger, RULE).kind == "kept"
    verdict = judge(replace(asked, champion_fitted_until=serves), ledger, RULE)
    assert (verdict.kind, verdict.refresh) == ("refreshed", None)
    assert "only 0 blocks of 6 hours on 0 days" in verdict.reason
