"""The page Predict: one answer for each of its three inputs, and a sentence where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from resource_prediction.models import DeployableModel
from resource_prediction.telemetry import LEARNING_COLUMNS
from resource_prediction.unseen_jobs import unseen_jobs
from warehouse.artifacts import artifact_path
from warehouse.layout import Layout
from warehouse.published import read_rows, read_snapshot
from warehouse.registry import Registry

pytestmark = pytest.mark.slow

Open = Callable[..., AppTest]
QUANTILES = "quantile_ensemble_regression"
BALANCED, TINY, SMALL = (f"Quantile Ensemble: {name}" for name in ("Balanced", "Tiny Under-allocation", "Small Waste"))
FORM, UPLOAD, RECENT, BY_ID = "A form", "A CSV file", "Recent telemetry", "A job's id"


def page(open_page: Open, *choices: str) -> AppTest:
    """The page with choices made in its lists."""
    opened = open_page("predict.py")
    for choice in choices:
        listed = next(each for each in opened.radio if choice in each.options)
        opened = listed.set_value(choice).run()
    assert not opened.exception
    return opened


def figures(opened: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in opened.metric}


def gib(opened: AppTest, label: str = "Allocation") -> float:
    return float(figures(opened)[label].removesuffix(" GiB").replace(",", ""))


def submit(opened: AppTest) -> AppTest:
    return next(button for button in opened.button if button.label == "Predict").click().run()


def texts(opened: AppTest, kind: str) -> str:
    return " ".join(each.value for each in opened.get(kind))


def digest(layout: Layout, family: str) -> str:
    with Registry.read(layout) as registry:
        fit = registry.fits.newest(family, "judged")
    assert fit is not None
    return fit.digest


def record_run(layout: Layout, *families: tuple[str, float], judged: dict[str, str] | None = None) -> None:
    """Another run, with these scores, and artifacts by family."""
    values = [{"family": name, "task_type": name.rsplit("_", 1)[1], "score": score} for name, score in families]
    with Registry.open(layout) as registry:
        run_id = f"run-{len(registry.runs.history())}"
        registry.runs.start(run_id, {}, at=datetime.now(UTC))
        result = {"run_id": run_id, "families": values, "judged": judged or {}}
        registry.runs.finish(run_id, "done", result, at=datetime.now(UTC))


def test_it_opens_with_an_answer_for_the_newest_job_and_the_five_like_it(open_page: Open, layout: Layout) -> None:
    opened = page(open_page)
    newest = read_rows(read_snapshot(layout)).iloc[-1]
    assert opened.title[0].value == "Predict"
    assert opened.radio(key="model").value == "Classification"
    assert opened.selectbox(key="field_buildProfile").value == newest["buildProfile"]
    assert gib(opened, "Request") == pytest.approx(newest["memreq"] / 1024, abs=0.06)
    assert gib(opened, "Saved, if it fits") == pytest.approx(gib(opened, "Request") - gib(opened), abs=0.11)
    similar = opened.dataframe[0].value
    assert len(similar) == 5
    assert {"time", "peak_gib", "request_gib"} <= set(similar.columns)


def test_the_classification_model_is_the_best_of_the_last_run_also_when_one_comes_in_between(
    open_page: Open, layout: Layout
) -> None:
    record_run(layout, ("lightgbm_classification", 20.0), ("logistic_regression_classification", 10.0))
    opened = page(open_page)
    assert "`logistic_regression_classification`" in texts(opened, "caption")
    record_run(layout, ("lightgbm_classification", 10.0), ("logistic_regression_classification", 20.0))
    opened.run()
    assert "`lightgbm_classification`" in texts(opened, "caption")
    assert digest(layout, "lightgbm_classification")[:8] in texts(opened, "caption")


def test_the_model_is_the_one_that_the_score_of_its_caption_is_of(open_page: Open, layout: Layout) -> None:
    family = "logistic_regression_classification"
    scored, other = digest(layout, family), digest(layout, "lightgbm_classification")
    with Registry.open(layout) as registry:
        newest = registry.fits.newest(family, "judged")
        assert newest is not None
        registry.fits.record(replace(newest, key="champion's recipe", digest=other, finished_at=datetime.now(UTC)))
    record_run(layout, (family, 10.0), judged={family: scored})
    assert digest(layout, family) == other
    assert scored[:8] in texts(page(open_page), "caption")


def test_a_preset_that_fears_under_allocation_gives_more(open_page: Open) -> None:
    tiny, balanced, small = (page(open_page, preset) for preset in (TINY, BALANCED, SMALL))
    assert gib(tiny) >= gib(balanced) >= gib(small)
    assert gib(tiny) > gib(small)


def test_slider_and_list_follow_each_other(open_page: Open) -> None:
    opened = page(open_page, TINY)
    assert opened.select_slider(key="under_cost").value == 20.0
    opened.select_slider(key="under_cost").set_value(2.0).run()
    assert opened.radio(key="model").value == SMALL
    opened.select_slider(key="under_cost").set_value(7.0).run()
    assert opened.radio(key="model").value == SMALL
    assert "At penalty 7:" in texts(opened, "caption")
    opened.radio(key="model").set_value(BALANCED).run()
    assert opened.select_slider(key="under_cost").value == 5.0


def test_values_that_nobody_has_seen_may_be_typed(open_page: Open) -> None:
    opened = open_page("predict.py", field_buildProfile="riscv-gcc-opt", field_branch="branch_new", field_memreq="8192")
    assert not opened.exception
    assert not opened.error
    assert opened.selectbox(key="field_branch").value == "branch_new"
    assert gib(opened, "Request") == 8.0


def test_an_answer_at_the_cap_says_why_its_risk_is_so_low(open_page: Open) -> None:
    capped = open_page("predict.py", field_memreq="1024")
    assert "The request is the cap" in texts(capped, "caption")
    assert figures(capped)["Predicted risk"] <= "0.1 %"
    assert "The request is the cap" not in texts(open_page("predict.py", field_memreq="1024000"), "caption")


def test_a_number_that_is_none_is_named_in_place(open_page: Open) -> None:
    opened = open_page("predict.py", field_jobs="many")
    assert not opened.exception
    assert "column 'jobs': got 'many'; expected a number" in opened.error[0].value


def test_a_time_before_the_fit_is_said_to_have_no_history(open_page: Open) -> None:
    opened = page(open_page)
    assert "before the model's fit" not in texts(opened, "info")
    opened.date_input(key="field_date").set_value(datetime(2020, 1, 1).date())  # noqa: DTZ001 - a day
    submit(opened)
    assert "before the model's fit" in texts(opened, "info")
    assert "No job had a known peak" in texts(opened, "info")


def test_a_job_is_found_by_its_id_and_shown_with_its_peak(open_page: Open, layout: Layout) -> None:
    rows = read_rows(read_snapshot(layout))
    wanted = rows[(rows["ts_status"] == "ok") & ~rows["is_twin"]].iloc[-1]
    opened = page(open_page, BALANCED, BY_ID)
    assert "Allocation" not in figures(opened)
    opened.text_input(key="atom_id").set_value(wanted["atom_id"]).run()
    assert not opened.exception
    assert figures(opened)["Real peak"] == f"{wanted['max_rss'] / 2**30:,.1f} GiB"
    opened.text_input(key="atom_id").set_value("nobody").run()
    assert "No accepted job has the id nobody" in opened.warning[-1].value


@pytest.mark.parametrize("model", ["Classification", BALANCED])
def test_a_recent_job_is_shown_with_its_real_peak_and_was_not_fitted_on(
    open_page: Open, layout: Layout, model: str
) -> None:
    opened = page(open_page, model, RECENT)
    opened.selectbox(key="recent_job").set_value(3).run()
    family = QUANTILES if model == BALANCED else None
    rows = read_rows(read_snapshot(layout), LEARNING_COLUMNS)
    fitted = DeployableModel.load(artifact_path(layout, digest(layout, family or "logistic_regression_classification")))
    unseen = unseen_jobs(rows, fitted)
    assert gib(opened, "Real peak") == pytest.approx(unseen.peak_gib[-4], abs=0.06)
    assert gib(opened, "Request") == pytest.approx(unseen.memreq_gib[-4], abs=0.06)
    said = texts(opened, "markdown")
    assert ("It fits" in said) == (gib(opened) >= gib(opened, "Real peak"))


def test_a_file_is_answered_and_its_bad_lines_are_named(open_page: Open, layout: Layout) -> None:
    opened = page(open_page, UPLOAD)
    rows = read_rows(read_snapshot(layout)).tail(3)
    lines = [f"{row.time};{row.buildProfile};{row.memreq:.0f};=1+1" for row in rows.itertuples()]
    content = "\n".join(["time;buildProfile;memreq;branch", *lines, "yesterday;x;1;", "2025-04-26;x;-5;"]).encode()
    opened.file_uploader[0].upload("jobs.csv", content, "text/csv").run()
    assert not opened.exception
    bad, answers = (frame.value for frame in opened.dataframe)
    assert bad["line"].tolist() == [5, 6]
    assert bad["reason"].str.split(":").str[0].tolist() == ["time", "memreq"]
    assert answers["line"].tolist() == [2, 3, 4]
    assert (answers["allocation_gib"] <= answers["request_gib"] * 1.01).all()
    assert answers["branch"].tolist() == ["'=1+1"] * 3
    assert figures(opened)["Jobs"] == "3"


def test_allocated_and_requested_of_a_file_are_of_the_same_jobs(open_page: Open) -> None:
    opened = page(open_page, UPLOAD)
    lines = [f"2025-04-26T10:0{number}:00;linux-gcc-opt;{memreq}" for number, memreq in enumerate((204800, "", ""))]
    content = "\n".join(["time;buildProfile;memreq", *lines, ""]).encode()
    opened.file_uploader[0].upload("jobs.csv", content, "text/csv").run()
    assert not opened.exception
    answers = opened.dataframe[0].value
    asked = answers[answers["request_gib"].notna()]
    assert len(asked) == 1
    assert figures(opened)["Requested"] == "200 GiB"
    assert figures(opened)["Allocated"] == f"{asked['allocation_gib'].sum():,.0f} GiB"
    assert figures(opened)["Allocated"] != f"{answers['allocation_gib'].sum():,.0f} GiB"
    assert "2 without one are left out" in texts(opened, "caption")


def test_a_file_that_is_no_table_of_jobs_is_refused_in_one_sentence(open_page: Open) -> None:
    opened = page(open_page, UPLOAD)
    opened.file_uploader[0].upload("jobs.csv", b"a;b\n1;2\n", "text/csv").run()
    assert not opened.exception
    assert "column 'time' in jobs.csv" in opened.error[0].value


def test_a_header_is_shown_as_text_and_fetches_nothing(open_page: Open) -> None:
    opened = page(open_page, UPLOAD)
    opened.file_uploader[0].upload("jobs.csv", b"![x](http://elsewhere.example/x.png);b\n1;2\n", "text/csv").run()
    assert r"\!\[x\](http" in opened.error[0].value


def test_a_broken_artifact_is_named_and_the_other_models_answer(open_page: Open, layout: Layout) -> None:
    (artifact_path(layout, digest(layout, QUANTILES)) / "model.json").write_text("{}", encoding="utf-8")
    opened = page(open_page, BALANCED)
    assert "Quantile Ensemble: Balanced cannot be shown" in opened.error[0].value
    assert "model.json" in opened.error[0].value
    assert not opened.metric
    opened.radio(key="model").set_value("Classification").run()
    assert not opened.error
    assert "Allocation" in figures(opened)


@pytest.mark.parametrize("choice", [FORM, RECENT])
def test_damaged_telemetry_is_named_in_place(open_page: Open, layout: Layout, choice: str) -> None:
    for part in read_snapshot(layout).parts:
        part.path.write_bytes(b"cut")
    opened = page(open_page, choice)
    assert len(opened.error) == 2
    assert "The curve cannot be shown. store" in opened.error[0].value
    assert "The answer cannot be shown. store" in opened.error[1].value
    assert "`python -m warehouse verify`" in opened.error[1].value


def test_a_family_that_no_run_has_fitted_is_said_to_be_missing(open_page: Open, layout: Layout) -> None:
    record_run(layout, ("xgboost_classification", 1.0))
    opened = page(open_page)
    assert "Classification is not there" in opened.info[0].value
    assert "--model-families xgboost_classification" in opened.code[0].value
    opened.radio(key="model").set_value(BALANCED).run()
    assert "Allocation" in figures(opened)


def test_an_empty_store_says_what_to_run(open_page: Open, tmp_path: Path) -> None:
    opened = open_page("predict.py", store=tmp_path / "empty")
    assert not opened.exception
    assert "is not there" in opened.info[0].value
    assert not (tmp_path / "empty").exists()


def test_no_session_changes_a_model_that_others_share(
    open_page: Open, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a shared model was told of finished jobs")

    monkeypatch.setattr(DeployableModel, "observe", refuse)
    for choice in (RECENT, FORM):
        assert "Allocation" in figures(page(open_page, BALANCED, choice))
