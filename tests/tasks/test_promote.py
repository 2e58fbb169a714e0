"""A verdict is carried out only in the state of the store that it was given for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.config import default_parameters
from resource_prediction.errors import NominationConflictError, PromotionConflictError
from resource_prediction.evidence import LEDGER_COLUMNS, iso_time, served_recipe
from resource_prediction.gate import ClosedNomination, Nomination, RecipeId, Verdict
from resource_prediction.recipe import Recipe
from tasks.features import build_features, cut_training_set
from tasks.fit import FitOrder, Fitted, fit_judged, fit_served
from tasks.ingest import generate_demo, ingest_telemetry
from tasks.promote import Evening, Judgement, carry_out, current_champion, judge_night, nominated_fit
from tasks.run import begin_run
from tasks.score import score_holdout_baselines
from warehouse.layout import Layout
from warehouse.registry import Champion, Registry

HOUR_US = 3_600_000_000
FAMILY = "logistic_regression_classification"
NOMINATION = Nomination(RecipeId("d1", "xgboost_regression"), "d0", "2026-01-05T06:00:00.000000", 4.5)
OTHER = Nomination(RecipeId("d2", "lightgbm_regression"), "d0", "2026-01-06T06:00:00.000000", 3.0)
SEEN = {"d1": "2026-01-06T00:00:00.000000"}


@dataclass(frozen=True)
class Prepared:
    """A night just before its verdict."""

    evening: Evening
    judged: Fitted
    served: Fitted

    def carry_out(self, judgement: Judgement) -> Champion | None:
        return carry_out.fn(self.evening, judgement, self.judged, self.served)

    def keep(self, judgement: Judgement) -> Champion | None:
        return carry_out.fn(self.evening, judgement, None, None)


@pytest.fixture(scope="module")
def fitted_night(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A first night on a small demo farm; copied for each test."""
    store = str(tmp_path_factory.mktemp("first") / "demo")
    run_id = begin_run(store, {})
    ingested = ingest_telemetry.fn(store, [generate_demo.fn(store, 1400, 5)], {"kind": "demo"})
    features = build_features.fn(store, HOUR_US, 1, reuse=False)
    cut = cut_training_set.fn(store, features, "judged", holdout="50%", train_window_us=None)
    recipe = Recipe(FAMILY, default_parameters(FAMILY), AllocationRule(), HOUR_US)
    order = FitOrder(store, run_id, recipe.values, features, cut, seed=42, under_cost=5.0)
    judged = fit_judged.fn(order)
    everything = cut_training_set.fn(store, features, "served", holdout=None, train_window_us=None)
    served = fit_served.fn(replace(order, cut=everything), judged)
    baselines = score_holdout_baselines.fn(store, features, cut, 5.0)
    accepted = ingested.counts["accepted"]
    return Prepared(Evening(store, run_id, features, (judged,), baselines, accepted, 5.0, True), judged, served)


@pytest.fixture
def night(fitted_night: Prepared, tmp_path: Path) -> Prepared:
    store = copytree(fitted_night.evening.store, tmp_path / "demo", symlinks=True)
    return replace(fitted_night, evening=replace(fitted_night.evening, store=str(store)))


@pytest.fixture
def layout(night: Prepared) -> Layout:
    return Layout(Path(night.evening.store))


def _kept(champion: Champion | None, before: Nomination | None = None, **values: object) -> Judgement:
    return Judgement(Verdict("kept", "as it was", **values), champion, before)


def test_the_first_night_ends_with_a_champion_its_verdict_and_the_rows_it_saw(night: Prepared, layout: Layout) -> None:
    judgement = judge_night.fn(night.evening)
    assert (judgement.verdict.kind, judgement.champion, judgement.nomination) == ("first", None, None)
    champion = night.carry_out(judgement)
    assert champion is not None
    assert champion == current_champion(night.evening.store)
    assert (champion.revision, champion.family, champion.judged_digest) == (1, FAMILY, night.judged.digest)
    assert layout.champion.resolve().name == champion.served_digest == night.served.digest
    with Registry.read(layout) as registry:
        (verdict,) = registry.verdicts.history()
        assert registry.seen.until() == dict(judgement.verdict.seen)
        assert list(registry.seen.until()) == [champion.recipe]
    assert (verdict.kind, verdict.applied, verdict.reason) == ("first", True, judgement.verdict.reason)
    assert verdict.numbers["data_digest"] == night.evening.features.data_digest


def test_a_fit_that_is_broken_tonight_does_not_replace_the_one_that_serves(night: Prepared) -> None:
    night.carry_out(judge_night.fn(night.evening))
    metrics = {**night.judged.metrics, "score": 1.25 * night.judged.metrics["score"]}
    broken = replace(night.judged, digest="another fit", metrics=metrics)
    evening = replace(night.evening, fits=(broken,), features=replace(night.evening.features, data_digest="newer"))
    verdict = judge_night.fn(evening).verdict
    assert (verdict.kind, verdict.champion) == ("kept", RecipeId(Recipe.of(night.judged.recipe).digest, FAMILY))
    assert "worse by more than 20 %" in verdict.reason


def test_a_damaged_champion_is_fitted_again_whatever_the_fit_is_worth(night: Prepared, layout: Layout) -> None:
    champion = night.carry_out(judge_night.fn(night.evening))
    assert champion is not None
    (layout.artifacts / champion.served_digest / "manifest.json").unlink()
    metrics = {**night.judged.metrics, "score": 1.25 * night.judged.metrics["score"]}
    verdict = judge_night.fn(
        replace(night.evening, fits=(replace(night.judged, digest="another fit", metrics=metrics),))
    ).verdict
    assert verdict.kind == "refreshed"
    assert "because what serves cannot be loaded" in verdict.reason


def _blocks(recipe: str, since: datetime, fitted_until: str, over_pct: float) -> pd.DataFrame:
    """Six days of blocks of 100 jobs and 1,000 GiB each."""
    starts = [iso_time(since + timedelta(hours=6 * block)) for block in range(24)]
    values = (starts, recipe, "core", fitted_until, 100, 0, 10.0 * over_pct, 1000.0)
    return pd.DataFrame(dict(zip(LEDGER_COLUMNS, values, strict=True)))


@pytest.mark.parametrize(("version", "kind"), [("that serves", "kept"), ("before it", "refreshed")])
def test_of_the_ledger_only_blocks_of_the_version_that_serves_speak_against_a_refresh(
    night: Prepared, layout: Layout, version: str, kind: str
) -> None:
    champion = night.carry_out(judge_night.fn(night.evening))
    assert champion is not None
    since = champion.trained_until.replace(tzinfo=None)
    served_until = iso_time(since if version == "that serves" else since - timedelta(days=1))
    with Registry.open(layout) as registry:
        registry.evidence.add(_blocks(served_recipe(champion.recipe), since, served_until, 80.0))
        registry.evidence.add(_blocks(champion.recipe, since, iso_time(since), 180.0))
    evening = replace(night.evening, features=replace(night.evening.features, data_digest="newer"))
    assert judge_night.fn(evening).verdict.kind == kind


def test_how_the_champion_served_is_kept_with_the_verdict(night: Prepared, layout: Layout) -> None:
    served = {"version": "v1", "rows": 400, "score": 81.0}
    evening = replace(night, evening=replace(night.evening, served=served))
    evening.keep(_kept(None))
    with Registry.read(layout) as registry:
        (verdict,) = registry.verdicts.history()
    assert verdict.served == served


def test_a_run_that_was_overtaken_promotes_nobody_and_its_fits_stay(night: Prepared, layout: Layout) -> None:
    judgement = judge_night.fn(night.evening)
    faster = replace(night, evening=replace(night.evening, run_id="faster"))
    winner = faster.carry_out(judge_night.fn(faster.evening))
    with pytest.raises(PromotionConflictError, match="got a champion at revision 1; expected revision 0"):
        night.carry_out(judgement)
    assert current_champion(night.evening.store) == winner
    with Registry.read(layout) as registry:
        assert [one.run_id for one in registry.verdicts.history()] == ["faster"]
        assert {fit.digest for fit in map(registry.fits.newest, [FAMILY], ["judged"]) if fit} == {night.judged.digest}


def test_a_verdict_is_about_the_champion_that_it_was_given_for_not_the_one_of_its_promotion(night: Prepared) -> None:
    first = night.carry_out(judge_night.fn(night.evening))
    assert first is not None
    refreshed = Judgement(Verdict("refreshed", "newer", champion=RecipeId(first.recipe, FAMILY)), first, None)
    second = night.carry_out(refreshed)
    assert second is not None
    assert second.revision == 2
    with pytest.raises(PromotionConflictError, match="got a champion at revision 2; expected revision 1"):
        night.carry_out(refreshed)


def test_the_same_rows_are_judged_once(night: Prepared) -> None:
    night.carry_out(judge_night.fn(night.evening))
    judgement = judge_night.fn(night.evening)
    assert judgement.verdict.kind == "kept"
    assert "No new telemetry" in judgement.verdict.reason
    assert judgement.champion == current_champion(night.evening.store)


def test_a_verdict_that_was_not_to_be_applied_is_stored_and_nothing_is_remembered(
    night: Prepared, layout: Layout
) -> None:
    asked = replace(night, evening=replace(night.evening, applies=False))
    assert asked.keep(judge_night.fn(asked.evening)) is None
    with Registry.read(layout) as registry:
        (verdict,) = registry.verdicts.history()
        assert registry.seen.until() == {}
        assert registry.nominations.history() == []
    assert (verdict.kind, verdict.applied, verdict.version) == ("first", False, None)
    assert judge_night.fn(night.evening).verdict.kind == "first"


def test_a_nomination_that_goes_on_is_opened_once_and_closed_once(night: Prepared, layout: Layout) -> None:
    night.keep(_kept(None, None, nomination=NOMINATION, seen=SEEN))
    night.keep(_kept(None, NOMINATION, nomination=NOMINATION))
    with Registry.read(layout) as registry:
        assert len(registry.nominations.history()) == 1
        assert registry.nominations.current() == NOMINATION
        assert registry.seen.until() == SEEN
    night.keep(_kept(None, NOMINATION, nomination=OTHER, closed=ClosedNomination(NOMINATION, "not confirmed")))
    with Registry.read(layout) as registry:
        assert [one.outcome for one in registry.nominations.history()] == ["not confirmed", None]
        assert registry.nominations.current() == OTHER


def test_the_nominated_recipe_is_found_with_its_values_so_that_it_can_be_fitted_again(night: Prepared) -> None:
    assert nominated_fit(night.evening.store) is None
    recipe = Recipe.of(night.judged.recipe)
    nomination = replace(NOMINATION, recipe=RecipeId(recipe.digest, recipe.family))
    night.keep(_kept(None, None, nomination=nomination))
    found = nominated_fit(night.evening.store)
    assert found is not None
    assert Recipe.of(dict(found.recipe_values)) == recipe
    night.keep(_kept(None, nomination, closed=ClosedNomination(nomination, "expired")))
    assert nominated_fit(night.evening.store) is None


def test_of_two_runs_that_nominate_at_once_the_second_is_told(night: Prepared, layout: Layout) -> None:
    night.keep(_kept(None, None, nomination=NOMINATION))
    with pytest.raises(NominationConflictError, match="got xgboost_regression, open since 2026-01-05"):
        night.keep(_kept(None, None, nomination=OTHER, seen=SEEN))
    with Registry.read(layout) as registry:
        assert registry.nominations.current() == NOMINATION
        assert registry.seen.until() == {}
        assert len(registry.verdicts.history()) == 1


def test_only_what_a_search_of_the_run_found_loses_its_past_evidence(night: Prepared, layout: Layout) -> None:
    searched = {"d9": 1_767_225_600_000_000}
    asked = replace(night, evening=replace(night.evening, searched_until_us=searched))
    asked.keep(_kept(None))
    with Registry.read(layout) as registry:
        assert registry.seen.until() == {"d9": "2026-01-01T00:00:00.000000"}
