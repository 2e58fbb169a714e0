"""Which runner is asked for: its names, and a clear line where it cannot be used. No runner is started here."""

from __future__ import annotations

import pickle
import re
import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.arguments import build_parser, to_values
from flows.parameters import RetrainParameters
from flows.replay_parameters import ReplayParameters
from flows.runner import PATTERN, Runner
from flows.train import main
from resource_prediction.errors import MissingExtraError, RunnerNameError, StoreBusyError, UnreachableClusterError


@pytest.mark.parametrize(
    ("text", "runner"),
    [
        ("threads", Runner("threads")),
        ("processes", Runner("processes")),
        ("dask", Runner("dask")),
        ("dask:tcp://10.0.0.5:8786", Runner("dask", "tcp://10.0.0.5:8786")),
        ("dask:scheduler:8786", Runner("dask", "scheduler:8786")),
        ("ray:ray://head:10001", Runner("ray", "ray://head:10001")),
        ("ray:auto", Runner("ray", "auto")),
    ],
)
def test_a_runner_is_its_kind_and_perhaps_an_address(text: str, runner: Runner) -> None:
    assert Runner.parse(text) == runner
    assert RetrainParameters(runner=text).runner == ReplayParameters(runner=text).runner == text
    assert runner.crosses_machines is (runner.address is not None)


@pytest.mark.parametrize(
    "text", ["", "thread", "threads:4", "dask:", "dask:host", "dask:auto", "dask:ray://a:1", "ray:host:port", "k8s"]
)
def test_what_names_no_runner_is_refused_with_what_does(text: str) -> None:
    with pytest.raises(RunnerNameError, match="expected threads, processes, dask, ray, dask:ADDRESS or ray:ADDRESS"):
        Runner.parse(text)
    with pytest.raises(ValidationError, match=re.escape(f"runner: got {text!r}; expected threads")):
        RetrainParameters(runner=text)


def test_the_form_in_the_ui_knows_the_pattern() -> None:
    assert RetrainParameters.model_json_schema()["properties"]["runner"]["pattern"] == PATTERN


def test_threads_are_the_default_and_the_flag_reaches_the_parameters() -> None:
    parser = build_parser()
    assert RetrainParameters(**to_values(parser.parse_args([]))).runner == "threads"
    asked = RetrainParameters(**to_values(parser.parse_args(["--runner", "processes", "--workers", "3"])))
    assert (asked.runner, asked.workers) == ("processes", 3)


@pytest.mark.parametrize(("kind", "package"), [("dask", "prefect-dask"), ("ray", "prefect-ray")])
def test_a_missing_extra_is_told_with_the_command_that_installs_it(
    kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.runner.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=f"got no package {package}; .*pip install --editable '.\\[{kind}\\]'"):
        Runner(kind).check()
    Runner("processes").check()


@pytest.fixture
def dead_address(monkeypatch: pytest.MonkeyPatch) -> str:
    """Where nothing listens."""
    monkeypatch.setattr("flows.runner.find_spec", lambda name: name)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


@pytest.mark.parametrize("text", ["dask:tcp://{}", "dask:{}", "ray:ray://{}"])
def test_a_cluster_that_does_not_answer_is_told_before_anything_is_started(text: str, dead_address: str) -> None:
    with pytest.raises(UnreachableClusterError, match="refused; expected a cluster that answers there"):
        Runner.parse(text.format(dead_address)).check()


def test_a_wrong_runner_ends_the_command_with_status_2_one_line_and_no_store(
    dead_address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    assert main(["--runner", f"dask:tcp://{dead_address}", "--store", str(store)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"runner dask:tcp://{dead_address}: got ")
    assert said.count("\n") == 1
    with pytest.raises(SystemExit) as ended:
        main(["--runner", "cluster", "--store", str(store)])
    assert ended.value.code == 2
    assert "runner: got 'cluster'; expected threads, processes" in capsys.readouterr().err
    assert not store.exists()


def test_an_error_of_ours_crosses_from_a_worker_whole() -> None:
    error = StoreBusyError("var/own", "run-1", 7, "noon")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is StoreBusyError
    assert str(again) == str(error)
    assert (again.run_id, again.pid, again.next_step) == ("run-1", 7, error.next_step)
