"""Ctrl-C in a real process: it ends at once, says what is kept, leaves no server, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.interrupt import FitThreads
from flows.server import LOCAL_API, ask
from warehouse.layout import Layout
from warehouse.registry import Registry

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "xgboost_regression", "logistic_regression_classification"


@contextmanager
def training(store: Path) -> Iterator[subprocess.Popen[str]]:
    """The command line in a process group of its own, two families one after the other."""
    argv = ["--demo-rows", "1500", "--demo-days", "10", "--model-families", FIRST, SECOND, "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "flows" / "train.py"), *argv, "--store", str(store), "--json"],
        cwd=store.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def of_session(session: int) -> list[str]:
    """Command lines of the processes of a session that are still there, but for the ended ones."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == session and state != "Z":
            found.append(command)
    return found


@pytest.fixture
def stop_run(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """`stop_run`, without touching a server that other tests may use."""
    from flows import interrupt  # noqa: PLC0415 - imports Prefect's server

    monkeypatch.setattr(interrupt.SubprocessASGIServer, "_instances", {})
    for name in ("RUNNING", "ENDED"):
        monkeypatch.setattr(interrupt, name, [])
    return interrupt.stop_run


def test_before_a_run_begins_nothing_is_kept(stop_run: Callable[[], str]) -> None:
    assert stop_run() == "Stopped before the run began; nothing was changed."


def test_a_run_in_the_middle_is_marked_as_stopped(stop_run: Callable[[], str], tmp_path: Path) -> None:
    from flows import interrupt  # noqa: PLC0415
    from tasks.run import begin_run, run_state  # noqa: PLC0415

    run_id = begin_run(str(tmp_path), {"seed": 1})
    interrupt.RUNNING.append((str(tmp_path), run_id))
    told = stop_run()
    assert f"Stopped run {run_id}. Kept: what was ingested" in told
    # Ctrl-C may come after the promotion: who serves is looked up, not promised.
    assert "as it was" not in told
    assert f"`python -m warehouse champion --store {tmp_path}` tells who serves." in told
    assert run_state(str(tmp_path), run_id) == "stopped"


def test_trials_of_workers_elsewhere_are_not_promised_before_their_search_ends(
    stop_run: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import interrupt  # noqa: PLC0415
    from tasks.run import begin_run  # noqa: PLC0415

    monkeypatch.delenv("RESOURCE_PREDICTION_EXCHANGE", raising=False)
    interrupt.RUNNING.append((str(tmp_path), begin_run(str(tmp_path), {})))
    assert "every family and trial that had finished" in stop_run()
    interrupt.RUNNING.append((str(tmp_path), begin_run(str(tmp_path), {})))
    monkeypatch.setenv("RESOURCE_PREDICTION_EXCHANGE", "file:///exchange")
    assert "every family and search that had finished" in stop_run()


def test_a_run_that_cannot_be_marked_is_told_with_the_reason(stop_run: Callable[[], str], tmp_path: Path) -> None:
    from flows import interrupt  # noqa: PLC0415
    from tasks.run import begin_run  # noqa: PLC0415

    begin_run(str(tmp_path), {})
    interrupt.RUNNING.append((str(tmp_path), "unknown"))
    assert "could not be marked as stopped: run: got 'unknown'" in stop_run()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for orphans")
def test_ctrl_c_stops_says_what_is_kept_and_the_next_run_takes_it_over(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with training(store) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "1 of 2 families done" in line:
                break
        assert f"{FIRST} scores" in lines[-1], "".join(lines)
        # A server of the machine's own spares the run a temporary one.
        assert any("prefect.server" in command for command in of_session(process.pid)) or ask(LOCAL_API) is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Kept: what was ingested, and every family and trial that had finished" in err
        assert f"python -m warehouse champion --store {store}" in err
        assert "Traceback" not in err
        assert not out
        assert of_session(process.pid) == []
    with Registry.read(Layout(store)) as registry:
        (stopped,) = registry.runs.history()
        assert stopped.state == "stopped"
        assert registry.champion() is None

    with training(store) as process:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    result = json.loads(out.splitlines()[-1])
    seconds = {family["family"]: family["fit_seconds"] for family in result["families"]}
    assert seconds[FIRST] == 0.0
    assert set(seconds) == {FIRST, SECOND}  # the second one may have ended as the signal came
    assert f"{FIRST} scores" in err
    assert f"taken from the stopped run {stopped.run_id}" in err
    assert "Traceback" not in err
    assert result["verdict"] == "first"


def test_after_the_end_of_a_run_nobody_is_told_that_nothing_was_changed(
    stop_run: Callable[[], str], tmp_path: Path
) -> None:
    from flows import interrupt  # noqa: PLC0415

    with interrupt.stoppable(str(tmp_path), "run-1"):
        assert [(str(tmp_path), "run-1")] == interrupt.RUNNING
    assert stop_run() == f"Run run-1 had ended. `python -m warehouse history --store {tmp_path}` tells how."


@pytest.mark.parametrize("is_ours", [True, False])
def test_sigterm_goes_where_ctrl_c_goes_only_where_the_process_handles_that_itself(
    stop_run: Callable[[], str], tmp_path: Path, is_ours: bool
) -> None:
    from flows import interrupt  # noqa: PLC0415

    def handler(*_: object) -> None: ...

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGINT, handler if is_ours else signal.default_int_handler)
        with interrupt.stoppable(str(tmp_path), "run-1"):
            inside = signal.getsignal(signal.SIGTERM)
        assert inside is (handler if is_ours else before[signal.SIGTERM])
        assert signal.getsignal(signal.SIGTERM) is before[signal.SIGTERM]
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@pytest.mark.parametrize("is_terminated", [True, False])
def test_only_a_termination_leaves_fits_behind_that_nothing_can_interrupt(is_terminated: bool) -> None:
    from prefect.exceptions import TerminationSignal  # noqa: PLC0415

    from flows.interrupt import FitThreads  # noqa: PLC0415

    begun, done = threading.Event(), threading.Event()

    def fit() -> bool:
        begun.set()
        return done.wait(timeout=60)

    threads = FitThreads(max_workers=1)
    threads.__enter__()
    assert threads._executor is not None
    running, waiting = threads._executor.submit(fit), threads._executor.submit(fit)
    begun.wait(timeout=60)
    if not is_terminated:
        done.set()
    threads.__exit__(None, TerminationSignal(signal.SIGTERM) if is_terminated else None, None)
    assert running.done() is not is_terminated
    assert waiting.cancelled() or not is_terminated
    done.set()
    assert running.result(timeout=60)


@pytest.mark.parametrize("limit", [1, 2])
def test_at_most_as_many_families_as_asked_for_are_fitted_side_by_side(limit: int) -> None:
    together, most, lock = [0], [0], threading.Lock()

    def work(_: int) -> None:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.02)
        with lock:
            together[0] -= 1

    with FitThreads(max_workers=4) as threads:
        threads.limit(limit)
        assert threads._executor is not None
        list(threads._executor.map(work, range(8)))
    assert most[0] == limit
