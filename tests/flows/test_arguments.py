"""Every documented line parses, and means what it says; flags of later issues are unknown."""

from __future__ import annotations

import shlex
from datetime import date

import pytest

from flows.arguments import build_parser, to_values
from flows.parameters import RetrainParameters
from resource_prediction.config import families_of
from resource_prediction.date_range import DateRange

REGRESSION, CLASSIFICATION = tuple(families_of("regression")), tuple(families_of("classification"))
ALL = REGRESSION + CLASSIFICATION


def parameters(line: str) -> RetrainParameters:
    return RetrainParameters(**to_values(build_parser().parse_args(shlex.split(line))))


@pytest.mark.parametrize(
    ("line", "mode", "families"),
    [
        ("", "train", ALL),
        ("--train --task-type classification", "train", CLASSIFICATION),
        (
            "--train --model-families xgboost_classification lightgbm_regression",
            "train",
            ("lightgbm_regression", "xgboost_classification"),
        ),
        ("--model-type classification --run-search", "search", CLASSIFICATION),
        ("--model-type regression --skip-preprocessing --run-search", "search", REGRESSION),
        ("--run-search --use-defaults", "train", ALL),
        ("--evaluate-only", "evaluate", ALL),
        ("--train --skip-preprocessing", "train", ALL),
        ("--run-search --model-families lightgbm_regression", "search", ("lightgbm_regression",)),
    ],
)
def test_the_documented_lines_give_the_mode_and_the_families(line: str, mode: str, families: tuple[str, ...]) -> None:
    asked = parameters(line)
    assert asked.mode == mode
    assert asked.families == families
    assert asked.skip_preprocessing == ("--skip-preprocessing" in line)


def test_without_flags_the_demo_farm_is_judged_on_its_newest_fifth() -> None:
    asked = parameters("")
    assert asked.is_demo
    assert (asked.holdout, asked.label_delay, asked.train_window) == ("20%", "1h", None)
    assert (asked.under_cost, asked.headroom_pct, asked.seed) == (5.0, 0.0, 42)
    assert (asked.promote, asked.store) == (True, None)
    assert (asked.demo_rows, asked.demo_days) == (12_000, 28.0)
    assert asked.job_hours is asked.usd_per_gib_hour is None


def test_every_other_flag_reaches_the_parameters() -> None:
    asked = parameters(
        "--source a.csv b --holdout 24h --train-window 120d --label-delay 30m --under-cost 20 --workers 3 "
        "--store here --seed 7 --trials 9 --timeout 10m --no-promote --demo-rows 600 --demo-days 2.5 "
        "--job-hours 0.5 --usd-per-gib-hour 0.004 --headroom-pct 10"
    )
    assert asked.source == ("a.csv", "b")
    assert not asked.is_demo
    assert (asked.holdout, asked.train_window_us, asked.label_delay_us) == ("24h", 120 * 86_400_000_000, 1_800_000_000)
    assert (asked.under_cost, asked.workers, asked.store, asked.seed, asked.trials) == (20.0, 3, "here", 7, 9)
    assert asked.timeout_seconds == 600
    assert (asked.demo_rows, asked.demo_days) == (600, 2.5)
    assert (asked.job_hours, asked.usd_per_gib_hour, asked.headroom_pct) == (0.5, 0.004, 10.0)
    assert not asked.promote


@pytest.mark.parametrize(
    "line",
    [
        "--mapping farm.toml",
        "--share 50%",
        "--allow 0001",
        "--suggest-mapping",
        "--no-such-flag",
        "stray",
        "--hold 24h",
    ],
)
def test_a_flag_that_is_not_there_yet_ends_with_status_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        build_parser().parse_args(shlex.split(line))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"unrecognized arguments: {line}" in said


@pytest.mark.parametrize(
    "line", ["--run-search --evaluate-only", "--train --run-search", "--task-type neither", "--seed x", "--source"]
)
def test_lines_that_contradict_themselves_end_with_status_2_and_one_line(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        build_parser().parse_args(shlex.split(line))
    assert capsys.readouterr().err.count("\n") == 1


def test_a_backfill_names_its_days() -> None:
    asked = parameters("--source exports --from 2025-04-26 --until 2025-04-28")
    assert asked.dates == DateRange(date(2025, 4, 26), date(2025, 4, 28))
    assert parameters("--source exports").dates.is_everything


@pytest.mark.parametrize("text", ["yesterday", "2025-02-30", "26.04.2025", "20250426", "2025-04-26T00:00"])
def test_what_is_no_day_is_refused_by_the_name_of_its_flag(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        build_parser().parse_args(["--from", text])
    said = capsys.readouterr().err
    assert f"argument --from: got {text!r}; expected a day such as 2025-04-26" in said
    assert said.count("\n") == 1


def test_the_help_teaches_by_lines_that_parse() -> None:
    text = build_parser().format_help()
    lines = [line.split("  ")[1] for line in text.splitlines() if line.startswith("  python flows/train.py")]
    assert len(lines) >= 6
    for line in lines:
        parameters(line.removeprefix("python flows/train.py").partition("|")[0])


def test_the_help_explains_every_flag() -> None:
    assert all(action.help for action in build_parser()._actions)
