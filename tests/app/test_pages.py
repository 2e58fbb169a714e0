"""Every page on every store: empty, synthetic, of two nights, broken, and with a promotion in between."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from resource_prediction.models import DeployableModel
from resource_prediction.unseen_jobs import UnseenJobs, unseen_jobs
from tests.app.conftest import ROOT, Open, table, texts
from warehouse.commands import roll_back
from warehouse.layout import Layout
from warehouse.registry import Registry

pytestmark = pytest.mark.slow


def pages() -> list[str]:
    """Files of the pages, as app.py lists them."""
    source = (ROOT / "app" / "app.py").read_text(encoding="utf-8")
    return [name for name in sorted(path.name for path in (ROOT / "app").glob("*.py")) if f'("{name}"' in source]


@pytest.mark.parametrize("page", pages())
def test_on_an_empty_store_every_page_says_what_to_do(page: str, tmp_path: Path, open_app: Open) -> None:
    app = open_app(tmp_path / "nothing").switch_page(page).run()
    assert not app.exception
    assert "python flows/train.py" in texts(app) + "".join(block.value for block in app.code)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("page", pages())
def test_synthetic_telemetry_is_called_synthetic_on_every_page(page: str, demo_store: Path, open_app: Open) -> None:
    app = open_app(demo_store).switch_page(page).run()
    assert not app.exception
    assert not app.error
    assert any("ynthetic" in warning.value for warning in app.warning)


@pytest.mark.parametrize("page", pages())
def test_own_telemetry_is_not(page: str, two_nights: Path, open_app: Open) -> None:
    app = open_app(two_nights).switch_page(page).run()
    assert not app.exception
    assert not app.error
    assert not any("ynthetic" in warning.value for warning in app.warning)


def test_the_champion_is_told_with_version_rows_and_served_score(two_nights: Path, open_app: Open) -> None:
    app = open_app(two_nights)
    with Registry.read(Layout(two_nights)) as registry:
        champion, verdicts = registry.champion(), registry.verdicts.history()
    assert champion is not None
    assert champion.version in texts(app)
    assert f"{champion.rows:,} jobs" in texts(app)
    metrics = {metric.label: metric.value for metric in app.metric}
    served = verdicts[-1].served
    assert served["version"] != champion.version, "else the shares could be of nothing else"
    assert metrics["Served score"] == f"{served['score']:.1f}"
    assert metrics["Under-allocated"] == f"{served['under_pct']:.1f} %", "of the jobs that the score is of"
    assert metrics["Over-allocated"] == f"{served['over_pct']:.1f} %"
    assert verdicts[-1].reason in texts(app)


def test_the_leaderboard_has_every_family_best_first_and_every_verdict(two_nights: Path, open_app: Open) -> None:
    app = open_app(two_nights).switch_page("leaderboard.py").run()
    families = table(app, 0)
    scores = families["score"].iloc[:3].tolist()
    assert len(families) == 5
    assert scores == sorted(scores)
    assert families["serves"].sum() == 1
    compared, verdicts = table(app, 1), table(app, 2)
    assert len(compared) == 3
    assert len(verdicts) == 2
    assert verdicts["verdict"].tolist()[-1] == "first"
    assert any("rollback" in block.value for block in app.code)


def test_a_broken_artifact_is_named_in_its_place_and_the_page_goes_on(copied: Path, open_app: Open) -> None:
    with Registry.read(Layout(copied)) as registry:
        digests = [registry.fits.newest(family, "judged").digest for family in registry.fits.families()]  # type: ignore[union-attr]
    for digest in digests:
        with (copied / "artifacts" / digest / "model.json").open("a", encoding="utf-8") as file:
            file.write(" ")
    app = open_app(copied).switch_page("simulation.py").run()
    assert not app.exception
    assert any("cannot be shown" in error.value for error in app.error)
    assert app.title[0].value == "Simulation"
    (told,) = app.switch_page("champion.py").run().error
    assert "The comparison with the last champion cannot be shown" in told.value
    assert "serves since" in texts(app)


def test_a_broken_registry_is_one_sentence_on_every_page(copied: Path, open_app: Open) -> None:
    for path in copied.glob("registry.sqlite*"):
        path.unlink()
    (copied / "registry.sqlite").write_bytes(b"no registry at all")
    app = open_app(copied)
    assert not app.exception
    assert len(app.error) == 1
    assert "The store's past cannot be shown" in app.error[0].value


def test_a_promotion_shows_at_the_next_refresh(copied: Path, open_app: Open) -> None:
    app = open_app(copied)
    with Registry.read(Layout(copied)) as registry:
        first = registry.history()[0].version
    assert f"Version {first} serves" not in texts(app)
    roll_back(Layout(copied), first, "jobs are killed", by="somebody", at=datetime.now(UTC))
    assert f"Version {first} serves" in texts(app.run())


def test_a_run_that_failed_is_flagged_and_who_serves_is_still_told(copied: Path, open_app: Open) -> None:
    with Registry.open(Layout(copied)) as registry:
        registry.runs.start("run-broken", {}, at=datetime.now(UTC))
        registry.runs.finish("run-broken", "failed", None, at=datetime.now(UTC))
    app = open_app(copied)
    assert "run-broken, failed" in app.error[0].value
    assert "serves since" in texts(app)


def test_the_simulation_steps_pauses_and_resets(two_nights: Path, open_app: Open) -> None:
    app = open_app(two_nights).switch_page("simulation.py").run()
    assert not app.metric
    app.number_input(key="walk_stride").set_value(7).run()
    app.button(key="walk_step").click().run()
    app.button(key="walk_step").click().run()
    assert app.session_state["walk_position"] == 14
    assert {metric.label for metric in app.metric} >= {"Score so far", "GiB saved"}
    app.button(key="walk_toggle").click().run()
    assert app.session_state["walk_running"]
    assert app.session_state["walk_position"] == 21
    app.button(key="walk_toggle").click().run()
    assert not app.session_state["walk_running"]
    app.button(key="walk_reset").click().run()
    assert app.session_state["walk_position"] == 0


def test_the_simulation_says_how_many_jobs_the_requests_are_not_of(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = importlib.import_module("dashboard.loading")

    def without_two_requests(rows: pd.DataFrame, model: DeployableModel) -> UnseenJobs:
        jobs = unseen_jobs(rows, model)
        return replace(jobs, memreq_gib=np.where(np.arange(len(jobs.memreq_gib)) < 2, np.nan, jobs.memreq_gib))

    app = open_page("simulation.py", walk_stride=7)
    app.button(key="walk_step").click().run()
    assert "no request" not in texts(app)
    monkeypatch.setattr(loading, "unseen_jobs", without_two_requests)
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "2 of these 7 jobs have no request" in texts(app)


def test_the_telemetry_page_counts_days_waste_and_rejected_rows(two_nights: Path, open_app: Open) -> None:
    app = open_app(two_nights).switch_page("telemetry.py").run()
    assert {metric.label: metric.value for metric in app.metric}["Rows"] == "900"
    drift, waste, _, reasons, rejected = (table(app, place) for place in range(5))
    assert "buildProfile" in drift["field"].tolist()
    assert waste["unused_gib"].is_monotonic_decreasing
    assert "line:field_count" in reasons["reason"].tolist()
    assert rejected["row"].tolist().count("no;job") == 1


def test_every_page_is_a_file_in_the_menu() -> None:
    assert importlib.util.find_spec("dashboard") is not None
    assert len(pages()) == len(list((ROOT / "app").glob("*.py"))) - 1


def test_what_nights_saved_and_when_they_come_is_told(two_nights: Path, open_app: Open) -> None:
    app = open_app(two_nights)
    assert "Nights so far began about" in texts(app)
    nights = table(app, 0)
    assert nights["gib_saved"].notna().all()
    assert "usd_saved" not in nights


def test_the_champion_is_held_against_the_last_one_and_the_requests_on_the_same_jobs(
    two_nights: Path, open_app: Open
) -> None:
    compared = table(open_app(two_nights), 1)
    assert compared["version"].tolist()[-1] == "requests"
    assert len(compared) == 3
    assert compared["jobs"].nunique() == 1
