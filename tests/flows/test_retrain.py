"""The main job from telemetry to champion, in one process on a small demo farm."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from flows import retrain as flow
from resource_prediction.demo_farm import render_csv
from resource_prediction.errors import FitError
from resource_prediction.features.audit import LeakAudit
from resource_prediction.gate import Nomination, RecipeId
from resource_prediction.models import DeployableModel
from resource_prediction.models.implementations.sklearn_models import LogisticRegressionModel
from resource_prediction.models.implementations.xgboost_models import XGBoostModel
from tasks.features import Features
from tasks.run import begin_run, end_run
from tests.flows.conftest import LOGISTIC, XGBOOST, Train
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.registry import Registry
from warehouse.registry.nominations import open_nomination

pytestmark = pytest.mark.slow


def promotions(store: Path) -> list[str]:
    with Registry.read(Layout(store)) as registry:
        return [promotion.kind for promotion in registry.history()]


def test_the_first_run_makes_a_champion_that_predicts_and_the_second_keeps_it(train: Train, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = train()
    assert first.status == 0
    assert (first.json["verdict"], first.json["applied"], first.json["challenger"]) == ("first", True, None)
    assert first.json["store"] == str(store)
    assert list(first.families) == [XGBOOST, LOGISTIC]
    assert all(family["status"] == "ok" and family["error"] is None for family in first.families.values())
    best = min(first.json["families"], key=lambda family: family["score"])
    champion = first.json["champion"]
    assert champion["family"] == best["family"]
    assert {name: champion[name] for name in ("score", "live_score", "under_pct", "over_pct")} == {
        name: best[name] for name in ("score", "live_score", "under_pct", "over_pct")
    }
    assert champion["score"] == pytest.approx(5 * champion["under_pct"] + champion["over_pct"])
    assert champion["score"] < first.json["baselines"]["memreq"]["score"]
    ingest = first.json["ingest"]
    assert ingest["read"] == 1_502
    assert ingest["read"] == sum(count for name, count in ingest.items() if name != "read")
    assert first.json["leak_audit"] == {"rows": 1_500, "passed": True}
    assert 0 < first.json["holdout"]["rows"] <= 300
    assert first.json["holdout"]["from"] < first.json["holdout"]["until"]
    assert "Synthetic" in first.err
    assert "2 of 2 families done" in " ".join(first.log)
    assert len(first.out.splitlines()) == 1

    model = DeployableModel.load(champion["path"])
    info = model.get_model_info()
    assert info["family"] == champion["family"]
    assert info["score"]["score"] == champion["score"]
    job = {"time": "2025-07-02T09:00:00Z", "buildProfile": "linuxx86_64-gcc-opt", "memreq": 60_000}
    assert np.isfinite(model.predict([job])).all()
    assert {path.name for path in (store / "models").iterdir()} == {XGBOOST, LOGISTIC}

    again = train()
    assert again.status == 0
    assert (again.json["verdict"], again.json["applied"]) == ("kept", False)
    assert again.json["reason"].startswith("No new telemetry has come in since the last verdict")
    assert again.json["ingest"] == {**dict.fromkeys(ingest, 0), "read": 1_502, "known": 1_502}
    assert [family["fit_seconds"] for family in again.json["families"]] == [0.0, 0.0]
    assert again.json["champion"] == champion
    assert [family["score"] for family in again.json["families"]] == [
        family["score"] for family in first.json["families"]
    ]
    assert promotions(store) == ["first"]


def test_no_promote_says_the_verdict_and_changes_nothing(train: Train, tmp_path: Path) -> None:
    tried = train("--no-promote", families=(LOGISTIC,))
    assert tried.status == 0
    assert (tried.json["verdict"], tried.json["applied"], tried.json["champion"]) == ("first", False, None)
    assert "Nothing was changed (--no-promote)." in tried.err
    assert not (tmp_path / "store" / "champion").exists()
    assert promotions(tmp_path / "store") == []
    meant = train(families=(LOGISTIC,))
    assert (meant.json["verdict"], meant.json["applied"]) == ("first", True)
    assert meant.json["families"][0]["fit_seconds"] == 0.0


def fails_with(error: Exception) -> Any:
    def fit(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fit


@pytest.mark.parametrize(
    "error", [FitError("fit", got="no luck", expected="luck", next_step="Try again."), ValueError("a learner's own")]
)
def test_a_family_that_fails_is_reported_and_the_others_go_on(
    train: Train, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(LogisticRegressionModel, "fit", fails_with(error))
    run = train()
    assert run.status == 0
    failed = run.families[LOGISTIC]
    assert failed["status"] == "failed"
    assert str(error) in failed["error"]
    assert failed["score"] is failed["fit_seconds"] is failed["predict_ms_per_1000"] is None
    assert run.families[XGBOOST]["status"] == "ok"
    assert run.json["champion"]["family"] == XGBOOST
    assert any(f"{LOGISTIC} failed, the others go on" in line for line in run.log)
    assert f"1 of 2 families failed: {LOGISTIC}." in run.log[-1]  # the state of the run, as the UI shows it


def test_where_every_family_fails_the_status_is_1_and_nothing_is_promoted(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = FitError("fit", got="no luck", expected="luck", next_step="Try again.")
    for model in (LogisticRegressionModel, XGBoostModel):
        monkeypatch.setattr(model, "fit", fails_with(error))
    run = train()
    assert run.status == 1
    assert not run.out
    assert f"fitting every family: got {XGBOOST}: fit: got no luck" in run.err
    assert "Traceback" not in run.err
    assert promotions(tmp_path / "store") == []


def test_evaluate_only_scores_rows_that_no_model_was_fitted_on(train: Train, tmp_path: Path) -> None:
    first = train()
    run = train("--evaluate-only")
    assert run.status == 0
    assert (run.json["verdict"], run.json["applied"]) == ("evaluated", False)
    assert run.json["holdout"] == first.json["holdout"]
    for name, family in run.families.items():
        assert family["score"] == pytest.approx(first.families[name]["score"])
        assert family["fit_seconds"] == 0.0
    assert run.json["champion"]["version"] == first.json["champion"]["version"]
    assert promotions(tmp_path / "store") == ["first"]


def test_evaluate_only_without_unseen_rows_has_no_scores_and_says_why(train: Train, tmp_path: Path) -> None:
    nothing_fitted = train("--evaluate-only", families=(LOGISTIC,))
    assert nothing_fitted.status == 0
    assert nothing_fitted.json["families"] == []
    train(families=(LOGISTIC,))
    with sqlite3.connect(tmp_path / "store" / "registry.sqlite") as registry:
        # As if the fit on everything known were the newest judged one: there is no row that it has not seen.
        registry.execute("DELETE FROM fits WHERE role = 'judged'")
        registry.execute("UPDATE fits SET role = 'judged'")
    run = train("--evaluate-only", families=(LOGISTIC,))
    assert run.status == 0
    assert run.json["verdict"] == nothing_fitted.json["verdict"] == "evaluated"
    assert run.families[LOGISTIC]["status"] == "ok"
    assert run.families[LOGISTIC]["score"] is run.families[LOGISTIC]["gib_saved"] is None
    for unscored in (nothing_fitted, run):
        assert "there are no scores" in unscored.json["reason"]
        assert unscored.json["holdout"] == {"rows": 0, "from": None, "until": None}
        assert unscored.json["baselines"] == {"memreq": None, "rolling_max_20": None}


def test_skip_preprocessing_takes_features_that_are_there_and_fails_without_them(train: Train) -> None:
    refused = train("--skip-preprocessing", families=(LOGISTIC,))
    assert refused.status == 2
    assert "got no features; expected features of the rows that the store holds now" in refused.err
    assert "Run once without --skip-preprocessing." in refused.err
    assert "Traceback" not in refused.err
    train(families=(LOGISTIC,))
    taken = train("--skip-preprocessing", families=(LOGISTIC,))
    assert taken.status == 0
    assert taken.families[LOGISTIC]["status"] == "ok"


def test_a_store_takes_no_other_telemetry(train: Train, tmp_path: Path) -> None:
    train(families=(LOGISTIC,))
    source = tmp_path / "builds.csv"
    source.write_bytes(render_csv(600, 5.0, 1))
    for argv in (["--source", str(source)], ["--demo-rows", "600"]):
        refused = train(*argv, families=(LOGISTIC,))
        assert refused.status == 2
        assert "which holds demo telemetry (days 10.0, rows 1500)" in refused.err
        assert "Choose another folder with --store." in refused.err
        assert "Traceback" not in refused.err


def test_a_source_without_a_usable_row_is_bad_input_for_an_empty_store(train: Train, tmp_path: Path) -> None:
    source = tmp_path / "builds.csv"
    source.write_text("time;buildProfile;max_rss\n2025-04-01 10:00:00;p;-1\n", encoding="utf-8")
    refused = train("--source", str(source), families=(LOGISTIC,))
    assert refused.status == 2
    assert "got 1 rows read, 1 of them quarantined; expected at least one usable row" in refused.err


def test_too_few_rows_to_fit_on_are_bad_input(train: Train) -> None:
    refused = train("--holdout", "99%", families=(LOGISTIC,))
    assert refused.status == 2
    assert "training rows before the hold-out: got" in refused.err


def test_a_search_goes_on_until_it_has_its_trials(train: Train) -> None:
    run = train("--run-search", "--trials", "2", families=(LOGISTIC,))
    assert run.status == 0
    assert run.families[LOGISTIC]["trials"] == {"done": 2, "new": 2}
    assert any("2 of 2 trials done" in line for line in run.log)
    again = train("--run-search", "--trials", "2", families=(LOGISTIC,))
    assert again.families[LOGISTIC]["trials"] == {"done": 2, "new": 0}
    assert again.families[LOGISTIC]["fit_seconds"] == 0.0
    more = train("--run-search", "--trials", "3", families=(LOGISTIC,))
    assert more.families[LOGISTIC]["trials"] == {"done": 3, "new": 1}


def test_a_search_ends_when_its_time_is_up_and_every_family_has_a_trial(train: Train) -> None:
    run = train("--run-search", "--trials", "500", "--timeout", "0.1")
    assert run.status == 0
    done = [family["trials"]["done"] for family in run.json["families"]]
    assert all(1 <= each < 500 for each in done)


def test_a_finished_family_is_taken_from_the_stopped_run(train: Train, tmp_path: Path) -> None:
    stopped = train(families=(LOGISTIC,))
    with sqlite3.connect(tmp_path / "store" / "registry.sqlite") as registry:
        registry.execute("UPDATE runs SET state = 'stopped', result = NULL")
    run = train()
    assert run.families[LOGISTIC]["fit_seconds"] == 0.0
    assert run.families[LOGISTIC]["score"] == stopped.families[LOGISTIC]["score"]
    assert run.families[XGBOOST]["fit_seconds"] > 0
    taken = [line for line in run.log if f"taken from the stopped run {stopped.json['run_id']}" in line]
    assert len(taken) == 1
    assert LOGISTIC in taken[0]


def test_another_seed_and_other_rules_are_fitted_anew(train: Train) -> None:
    train(families=(LOGISTIC,))
    for argv in (["--seed", "7"], ["--under-cost", "20"], ["--holdout", "24h", "--train-window", "5d"]):
        run = train(*argv, families=(LOGISTIC,))
        assert run.status == 0, run.err
        assert run.families[LOGISTIC]["fit_seconds"] > 0, argv


def test_new_telemetry_refreshes_the_champion_and_names_the_version_before(train: Train, tmp_path: Path) -> None:
    header, *lines = render_csv(1_500, 10.0, 1).decode().splitlines()
    lines.sort(key=lambda line: line.split(";")[header.split(";").index("time")])
    exports = tmp_path / "exports"
    exports.mkdir()
    for name, part in (("a.csv", lines[:1_000]), ("b.csv", lines[1_000:])):
        (exports / name).write_text("\n".join([header, *part, ""]), encoding="utf-8")
    first = train("--source", str(exports / "a.csv"), families=(LOGISTIC,))
    assert "Synthetic" not in first.err
    night = train("--source", str(exports), families=(LOGISTIC,))
    assert (night.json["verdict"], night.json["applied"]) == ("refreshed", True)
    assert night.json["ingest"]["known"] == first.json["ingest"]["read"]
    assert night.json["ingest"]["accepted"] > 0
    assert night.json["champion"]["version"] != first.json["champion"]["version"]
    assert night.json["challenger"]["version"] == first.json["champion"]["version"]
    assert night.json["holdout"]["until"] > first.json["holdout"]["until"]
    assert promotions(tmp_path / "store") == ["first", "refreshed"]
    with Registry.read(Layout(tmp_path / "store")) as registry:
        served = registry.verdicts.history()[-1].served
    assert served["version"] == first.json["champion"]["version"]
    assert 0 < served["rows"] <= night.json["ingest"]["accepted"]
    metrics = (tmp_path / "store" / "metrics.prom").read_text(encoding="utf-8")
    assert 'resource_prediction_last_verdict{store="' in metrics
    assert "resource_prediction_served_score{" in metrics
    now = DeployableModel.load(night.json["champion"]["path"])
    before = DeployableModel.load(night.json["challenger"]["path"])
    assert now.facts.trained_until_us > before.facts.trained_until_us


def test_a_nominated_recipe_is_fitted_in_nights_that_do_not_ask_for_its_family(train: Train, tmp_path: Path) -> None:
    first = train()
    chosen = first.json["champion"]["family"]
    other = next(family for family in first.families if family != chosen)
    with Registry.open(Layout(tmp_path / "store")) as registry:
        champion, fit = registry.champion(), registry.fits.newest(other, "judged")
        assert champion is not None
        assert fit is not None
    nomination = Nomination(RecipeId(fit.recipe, other), champion.recipe, "2030-01-01T00:00:00.000000", 4.5)
    with sqlite3.connect(tmp_path / "store" / "registry.sqlite") as connection:
        open_nomination(connection, nomination, at=datetime.now(UTC))
    night = train("--holdout", "40%", families=(chosen,))
    assert night.status == 0, night.err
    assert list(night.families) == [chosen]
    with Registry.read(Layout(tmp_path / "store")) as registry:
        newest = registry.fits.judged(fit.recipe)[0]
        ledger = registry.evidence.read()
    assert newest.run_id == night.json["run_id"] != fit.run_id
    both = [set(ledger.loc[ledger["recipe"] == one, "fitted_until"]) for one in (fit.recipe, champion.recipe)]
    assert both[0] == both[1] != set()


def test_a_leak_stops_the_run_before_a_promotion(train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    finding = "row a, feature b: 1 in the table, 2 from what was known"
    monkeypatch.setattr("tasks.features.audit_leaks", lambda *_: LeakAudit(9, 1, 1, passed=False, finding=finding))
    run = train(families=(LOGISTIC,))
    assert run.status == 1
    assert f"leak audit: got {finding}" in run.err
    assert not run.out
    assert promotions(tmp_path / "store") == []


def test_quiet_says_the_outcome_and_no_progress(train: Train) -> None:
    run = train("--quiet", families=(LOGISTIC,))
    assert run.status == 0
    assert run.log == []
    assert "First: " in run.err


def test_the_champion_is_fitted_again_under_its_own_rules_whatever_the_run_asks_for(
    train: Train, tmp_path: Path
) -> None:
    first = train(families=(LOGISTIC,))
    rows = DeployableModel.load(tmp_path / "store" / "champion").facts.rows
    other = train("--label-delay", "6h", "--train-window", "2d", families=(XGBOOST,))
    assert (other.status, other.json["verdict"]) == (0, "kept")
    assert other.json["champion"]["score"] == pytest.approx(first.json["champion"]["score"])
    with Registry.read(Layout(tmp_path / "store")) as registry:
        champion = registry.champion()
        assert champion is not None
        newest = registry.fits.newest(LOGISTIC, "judged")
    assert newest is not None
    assert newest.recipe == champion.recipe
    judged = DeployableModel.load(artifact_path(Layout(tmp_path / "store"), newest.digest))
    assert 0.7 * rows < judged.facts.rows < rows


def test_the_champion_is_scored_as_it_serves_under_its_own_label_delay(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(families=(LOGISTIC,))
    delays: list[int] = []

    def score(_: str, features: Features) -> None:
        delays.append(features.label_delay_us)

    monkeypatch.setattr(flow, "score_served_champion", score)
    assert train("--label-delay", "6h", families=(LOGISTIC,)).status == 0
    assert delays == [3_600_000_000]


def test_headroom_is_in_what_serves_and_a_run_that_asks_for_another_says_that_it_stays(
    train: Train, tmp_path: Path
) -> None:
    generous = train("--headroom-pct", "10", families=(LOGISTIC,))
    model = DeployableModel.load(tmp_path / "store" / "champion")
    assert model.recipe.rule.headroom_pct == 10.0
    assert (tmp_path / "store" / "runs" / generous.json["run_id"] / "categories.csv").exists()
    plain = train(families=(XGBOOST,))
    assert any("keeps its own headroom of 10 %; asked for are 0 %" in line for line in plain.log)
    assert not any("headroom" in line for line in generous.log)


def test_a_damaged_champion_is_fitted_again_by_the_next_run(train: Train, tmp_path: Path) -> None:
    train(families=(LOGISTIC,))
    served = (tmp_path / "store" / "champion").resolve() / "history.npz"
    content = bytearray(served.read_bytes())
    content[len(content) // 2] ^= 1
    served.write_bytes(bytes(content))
    again = train(families=(LOGISTIC,))
    assert (again.status, again.json["verdict"]) == (0, "refreshed")
    assert DeployableModel.load(tmp_path / "store" / "champion").facts.rows > 0


def test_evaluate_only_says_where_nothing_was_fitted_yet(train: Train) -> None:
    run = train("--evaluate-only")
    assert (run.status, run.json["verdict"], run.json["families"]) == (0, "evaluated", [])
    assert run.json["reason"].startswith("No model has been fitted in this store yet")


def test_a_second_run_of_a_store_ends_with_status_1_and_one_line_while_the_first_lives(
    train: Train, tmp_path: Path
) -> None:
    store = str(tmp_path / "store")
    living = begin_run(store, {})
    try:
        for argv in ([], ["--evaluate-only"]):
            refused = train(*argv, families=(LOGISTIC,))
            assert refused.status == 1
            assert not refused.out
            assert refused.err.count(f"got a second run beside run {living}") == 1
            assert "Traceback" not in refused.err
    finally:
        end_run(store, living, "stopped", None)
    assert train(families=(LOGISTIC,)).status == 0
