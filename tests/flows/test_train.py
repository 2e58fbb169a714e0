"""The command line as users meet it: help and wrong usage in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"prefect", "pandas", "sklearn", "xgboost", "lightgbm", "optuna", "duckdb"}


def train(*argv: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line from a folder."""
    return subprocess.run(
        [sys.executable, str(ROOT / "flows" / "train.py"), *argv],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_help_teaches_by_example_from_any_folder(tmp_path: Path) -> None:
    done = train("--help", folder=tmp_path)
    assert done.returncode == 0
    assert "python flows/train.py --source builds.csv" in done.stdout
    assert "exit status: 0 done" in done.stdout
    assert not done.stderr
    assert not list(tmp_path.iterdir())


def imported(*argv: str) -> set[str]:
    """Top-level modules that the command line has imported when it ends."""
    script = (
        "import sys, atexit; sys.path.insert(0, '.');"
        "atexit.register(lambda: print('modules', *{name.partition('.')[0] for name in sys.modules}));"
        f"from flows.train import main; main({list(argv)!r})"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_imports_neither_prefect_nor_pandas() -> None:
    assert not imported("--help") & HEAVY


def test_a_wrong_value_is_refused_before_prefect_or_pandas_is_imported() -> None:
    assert not imported("--holdout", "0%") & HEAVY


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--holdout", "0%"], "hold-out: got '0%'; expected a share of the rows such as 20%"),
        (["--holdout", "120%"], "hold-out: got '120%'"),
        (["--holdout", "-1"], "hold-out: got '-1'"),
        (["--model-families", "nope"], "model family: got 'nope'; expected one of quantile_ensemble_regression"),
        (["--task-type", "regression", "--model-families", "xgboost_classification"], "Leave one of the two out."),
        (["--demo-rows", "3"], "demo-rows: got 3; expected a value greater than or equal to 500"),
        (["--source", "no/such.csv"], "source no/such.csv: got a path that does not exist"),
        (["--source", "README.md"], "source README.md: got a file that ends with .md"),
        (
            ["--source", "s3://builds"],
            "source s3://builds: got a scheme that no source has; expected a path, or",
        ),
        (["--from", "2025-04-27", "--until", "2025-04-26"], "range of days: got from 2025-04-27 until 2025-04-26"),
        (["--mapping", "farm.toml"], "unrecognized arguments: --mapping farm.toml"),
    ],
)
def test_wrong_usage_ends_with_status_2_and_one_line(argv: list[str], said: str) -> None:
    done = train(*argv)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_a_server_that_is_named_and_does_not_answer_ends_with_status_2_and_one_line(tmp_path: Path) -> None:
    done = train("--store", str(tmp_path / "store"), PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 2
    assert "Prefect server http://127.0.0.1:9/api: got" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "store").exists()
