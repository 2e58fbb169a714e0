"""Promises of the command line of a replay: answers at once, teaches by example, one line for what is wrong."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from flows.command_line import check
from flows.replay_arguments import build_parser, to_values
from flows.replay_parameters import ReplayParameters

ROOT = Path(__file__).parents[2]


def parameters(*argv: str) -> ReplayParameters:
    return check(ReplayParameters, to_values(build_parser().parse_args(argv)), build_parser())


def test_the_line_of_the_interface_is_understood() -> None:
    asked = parameters("--source", "builds.csv", "--from", "2025-04-28", "--until", "2025-04-30", "--every", "12h")
    assert (asked.dates.since, asked.dates.until) == (date(2025, 4, 28), date(2025, 4, 30))
    assert asked.every_us == 12 * 3_600_000_000
    assert not asked.is_demo


def test_without_arguments_the_demo_is_replayed_day_by_day() -> None:
    asked = parameters()
    assert asked.is_demo
    assert (asked.every, asked.headroom_pct, asked.dates.is_everything) == ("24h", 0.0, True)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--every", "1m"], "got 1m; expected 1h or more"),
        (["--every", "day"], "got 'day'; expected a number and a unit"),
        (["--headroom-pct", "-1"], "headroom-pct: got -1.0"),
        (["--from", "2025-04-30", "--until", "2025-04-28"], "from 2025-04-30 until 2025-04-28"),
        (["--from", "yesterday"], "got 'yesterday'; expected a day"),
        (["--model-families", "oracle"], "got 'oracle'; expected one of"),
        (["--holdout", "20%"], "unrecognized arguments: --holdout"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parameters(*argv)
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_help_works_from_any_folder_and_loads_neither_prefect_nor_learners(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['replay.py', '--help']; sys.path.insert(0, {str(ROOT)!r})\n"
        "from flows.replay import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(' '.join(sorted({'prefect', 'xgboost', 'pandas'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "python flows/replay.py --source builds.csv --from 2025-04-28" in done.stdout
