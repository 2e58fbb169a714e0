"""Promises of a replay's tasks: the model's own allocations, kept by key, evidence in the ledger and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from resource_prediction.allocation import AllocationRule
from resource_prediction.date_range import EVERYTHING
from resource_prediction.errors import StoreBusyError
from resource_prediction.features.job_table import JobTable
from resource_prediction.features.matrix import assemble
from resource_prediction.features.raw_rows import read_submissions
from resource_prediction.recipe import Recipe
from resource_prediction.replay.allocations import GUARDS
from resource_prediction.replay.periods import DAY_US
from resource_prediction.summary.aside import Price
from resource_prediction.training import fit_recipe
from tasks import replay
from tasks.replay_outcome import ReplayEnd, conclude_replay
from tasks.score import load_scored_jobs
from tests.tasks.conftest import FAMILY, HOUR_US, Prepared
from warehouse import prepared as prepared_files
from warehouse.layout import Layout
from warehouse.registry import Registry

SMALL: dict[str, Any] = {"max_iter": 5}


@pytest.fixture
def walk(prepared: Prepared) -> replay.Walk:
    return replay.plan_walk.fn(prepared.store, prepared.features, EVERYTHING, DAY_US)


def order(prepared: Prepared, walk: replay.Walk, **rule: float) -> replay.PeriodOrder:
    values = prepared.order(**SMALL).recipe
    recipe = Recipe.of({**values, "rule": {**values["rule"], **rule}})
    return replay.PeriodOrder(prepared.store, prepared.features, recipe.values, walk.periods[0], seed=1)


def fit(asked: replay.PeriodOrder) -> None:
    replay.fit_period.fn(asked, replay.cut_period.fn(asked.store, asked.features, asked.period))


def test_the_walk_ends_with_the_telemetry_and_begins_when_a_fit_was_possible(walk: replay.Walk) -> None:
    lengths = {period.until_us - period.since_us for period in walk.all}
    assert lengths == {DAY_US}
    assert [one.until_us for one in walk.all[:-1]] == [two.since_us for two in walk.all[1:]]
    assert all(period.since_us % DAY_US == 0 for period in walk.all)
    assert walk.periods[-1].until_us == walk.span.until_us


def test_kept_allocations_are_what_the_model_of_that_day_returns(prepared: Prepared, walk: replay.Walk) -> None:
    asked = order(prepared, walk)
    assert not replay.is_finished(asked)
    fit(asked)
    assert replay.is_finished(asked)
    found = asked.find()
    assert found is not None
    cut = replay.cut_period.fn(asked.store, asked.features, asked.period)
    data = prepared_files.load_training_set(asked.replay, cut.name)
    assert data.known_us.max() < asked.period.since_us
    model = fit_recipe(Recipe.of(asked.recipe), data, 1)
    jobs = load_scored_jobs(asked.store, asked.features, since_us=asked.period.since_us, until_us=asked.period.until_us)
    assert set(found.plain) == {2.0, 5.0, 20.0}
    for under_cost in found.plain:
        given = found.at(under_cost, 0.0)
        assert np.array_equal(given.frozen, model.predict(jobs.rows, under_cost))
        assert np.array_equal(given.live, model.predict_with_history(jobs.rows, jobs.point_in_time, under_cost))
        assert set(given.without) == set(GUARDS)
        assert (given.without["request_cap"] >= given.frozen).all()
        assert (given.without["risk_limit"] <= given.frozen).all()


def test_headroom_and_another_preset_need_no_other_fit_and_any_other_penalty_does(
    prepared: Prepared, walk: replay.Walk
) -> None:
    plain = order(prepared, walk)
    fit(plain)
    roomy, safer, other = (
        order(prepared, walk, **rule) for rule in ({"headroom_pct": 10.0}, {"under_cost": 20.0}, {"under_cost": 7.0})
    )
    assert Recipe.of(roomy.recipe).digest != Recipe.of(plain.recipe).digest
    assert [replay.is_finished(asked) for asked in (roomy, safer, other)] == [True, True, False]


def test_headroom_after_the_fit_is_what_a_fit_with_headroom_gives(prepared: Prepared, walk: replay.Walk) -> None:
    asked = order(prepared, walk, headroom_pct=10.0)
    fit(asked)
    found = asked.find()
    assert found is not None
    given = found.at(5.0, 10.0)
    cut = replay.cut_period.fn(asked.store, asked.features, asked.period)
    model = fit_recipe(Recipe.of(asked.recipe), prepared_files.load_training_set(asked.replay, cut.name), 1)
    jobs = load_scored_jobs(asked.store, asked.features, since_us=asked.period.since_us, until_us=asked.period.until_us)
    assert np.array_equal(given.frozen, model.predict(jobs.rows))
    assert np.array_equal(given.live, model.predict_with_history(jobs.rows, jobs.point_in_time))
    assert np.array_equal(given.without["headroom"], found.at(5.0, 0.0).frozen)
    assert (given.frozen > given.without["headroom"]).any()


def test_a_torn_file_of_allocations_is_made_again(prepared: Prepared, walk: replay.Walk) -> None:
    asked = order(prepared, walk)
    fit(asked)
    path = asked.replay.allocations / f"{asked.key}.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert not replay.is_finished(asked)


def concluded(prepared: Prepared, asked: replay.PeriodOrder, **changes: Any) -> dict[str, Any]:
    """The result of a replay of one family over one period, whose fit is there."""
    values: dict[str, Any] = {
        "store": prepared.store,
        "features": prepared.features,
        "walk": replay.Walk(asked.period, (asked.period,), None),
        "recipes": {FAMILY: replay.ReplayRecipe(asked.recipe, is_default=True, in_hindsight=False)},
        "failed": {},
        "seed": 1,
        "under_cost": 5.0,
        "headroom_pct": 0.0,
        "every": "24h",
        "price": Price(),
    }
    return conclude_replay.fn(ReplayEnd(**{**values, **changes}), {"total": 1.0})


def test_evidence_enters_once_in_whole_blocks_and_nothing_else_changes(prepared: Prepared, walk: replay.Walk) -> None:
    asked = order(prepared, walk)
    fit(asked)
    entered = concluded(prepared, asked)["evidence"]["entered"]
    assert entered > 0
    assert concluded(prepared, asked)["evidence"] == {"entered": 0}
    with Registry.read(Layout(Path(prepared.store))) as registry:
        ledger = registry.evidence.read()
        assert (registry.champion(), registry.verdicts.history(), registry.nominations.current()) == (None, [], None)
        assert registry.runs.history() == []
        assert registry.fits.families() == []
    jobs = load_scored_jobs(asked.store, asked.features, since_us=asked.period.since_us, until_us=asked.period.until_us)
    assert len(ledger) == entered
    assert ledger["rows"].sum() == len(jobs.rows)
    assert ledger["peak_gib"].sum() == pytest.approx(jobs.peak_gib.sum())
    assert set(ledger["recipe"]) == {Recipe.of(asked.recipe).digest}
    assert not (Path(prepared.store) / "models").exists()


def test_what_a_search_found_brings_no_evidence_for_the_past(prepared: Prepared, walk: replay.Walk) -> None:
    asked = order(prepared, walk)
    fit(asked)
    found = {FAMILY: replay.ReplayRecipe(asked.recipe, is_default=False, in_hindsight=True)}
    result = concluded(prepared, asked, recipes=found)
    assert result["evidence"] == {"entered": 0}
    assert result["in_hindsight"] == [FAMILY]


def test_no_job_is_described_again_to_draw_periods_together(
    prepared: Prepared, walk: replay.Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def describe(_: JobTable, rows: slice) -> NoReturn:
        raise AssertionError(f"features of {rows} were made")

    asked = order(prepared, walk)
    fit(asked)
    monkeypatch.setattr(JobTable, "__getitem__", describe)
    assert FAMILY in concluded(prepared, asked)["policies"]


def test_before_a_first_champion_the_requests_stand_in(prepared: Prepared, walk: replay.Walk) -> None:
    asked = order(prepared, walk)
    fit(asked)
    result = concluded(prepared, asked)
    assert [night["serving"] for night in result["nights"]] == [None]
    assert result["policies"]["nightly"] == result["policies"]["memreq"]


def test_families_are_replayed_with_their_defaults_under_the_rule_that_was_asked_for(prepared: Prepared) -> None:
    rule = AllocationRule(under_cost=20.0, headroom_pct=5.0)
    chosen = replay.choose_recipes.fn(prepared.store, (FAMILY,), rule, HOUR_US, 0)[FAMILY]
    assert (chosen.is_default, chosen.in_hindsight) == (True, False)
    assert Recipe.of(chosen.values).rule == rule


def test_a_replay_holds_the_store_as_a_run_does(prepared: Prepared) -> None:
    with (
        replay.held_store(prepared.store) as first,
        pytest.raises(StoreBusyError, match=first),
        replay.held_store(prepared.store),
    ):
        pass
    with replay.held_store(prepared.store):
        pass


def test_a_replayed_job_is_described_live_as_a_later_fit_is_taught_it(prepared: Prepared, walk: replay.Walk) -> None:
    now, later = walk.periods[0], walk.periods[2]
    jobs = load_scored_jobs(prepared.store, prepared.features, since_us=now.since_us, until_us=now.until_us)
    cut = replay.cut_period.fn(prepared.store, prepared.features, later)
    data = prepared_files.load_training_set(Layout(Path(prepared.store)).replay, cut.name)
    taught = data.matrix[(data.submitted_us >= now.since_us) & (data.submitted_us < now.until_us)]
    live = assemble(data.encoder, read_submissions(jobs.rows), jobs.point_in_time)
    assert len(live) > 50
    np.testing.assert_array_equal(live, taught)
