"""Fits on processes and Dask: the same champions as on threads, and a killed worker is survived."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from resource_prediction.errors import UnreachableClusterError
from tests.flows.conftest import Outcome, Train
from tests.flows.test_interrupt import ROOT, of_session
from tests.flows.test_killed import wait_until_gone
from warehouse.layout import Layout
from warehouse.registry import Registry


def scores(outcome: Outcome) -> dict[str, tuple[float, float]]:
    return {name: (family["score"], family["live_score"]) for name, family in outcome.families.items()}


def judged(outcome: Outcome) -> dict[str, str]:
    """The digest of each family's judged model, which a worker made: equal digests are equal bytes."""
    with Registry.read(Layout(Path(outcome.json["store"]))) as registry:
        fits = {family: registry.fits.newest(family, "judged") for family in registry.fits.families()}
    return {family: fit.digest for family, fit in fits.items() if fit is not None}


def assert_same(outcome: Outcome, threads: Outcome) -> None:
    """The same champion, models and scores."""
    assert outcome.status == threads.status == 0, outcome.err
    assert outcome.json["verdict"] == threads.json["verdict"] == "first"
    assert outcome.json["champion"]["family"] == threads.json["champion"]["family"]
    assert len(judged(threads)) == 2
    assert judged(outcome) == judged(threads)
    for family, found in scores(outcome).items():
        assert found == pytest.approx(scores(threads)[family], abs=1e-6)


@contextmanager
def watching(look: Callable[[], bool]) -> Iterator[threading.Event]:
    """Call a look every few milliseconds beside the block until it is true; yields whether it ever was."""
    seen, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.is_set() and not seen.is_set():
            if look():
                seen.set()
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def kill_a_child() -> bool:
    """Kill a process of the pool, where there is one."""
    for child in active_children():
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        return True
    return False


@pytest.mark.slow
def test_fits_in_processes_and_on_dask_give_the_champion_of_threads_and_survive_a_killed_worker(
    train: Train, tmp_path: Path
) -> None:
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra

    threads = train(store=tmp_path / "threads")
    with watching(kill_a_child) as killed:
        processes = train("--runner", "processes", "--workers", "2", store=tmp_path / "processes")
    assert killed.is_set()
    assert_same(processes, threads)
    assert any("a worker process died; begun again: " in line for line in processes.log)
    assert active_children() == []

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, memory_limit=None
        ) as cluster,
        Client(cluster) as client,
    ):
        pids = client.run(os.getpid)

        def kill_one_that_fits() -> bool:
            for worker, keys in client.processing().items():
                if any(str(key).startswith("fit") for key in keys):
                    os.kill(pids[worker], signal.SIGKILL)
                    return True
            return False

        with watching(kill_one_that_fits) as killed:
            dask = train("--runner", f"dask:{cluster.scheduler_address}", store=tmp_path / "dask")
        assert killed.is_set()
        assert_same(dask, threads)


POOL = """
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from flows.fit_runner import end_with_parent

def fit(begun):
    Path(begun).touch()
    time.sleep(600)

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        files = [Path(sys.argv[0]).with_suffix(f".{number}") for number in range(2)]
        fits = [pool.submit(fit, str(file)) for file in files]
        while not all(file.exists() for file in files):
            time.sleep(0.1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("both run", flush=True)
"""
"""Two workers in the middle of fits that do not end; the process that started them stays, as a flow does a moment."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for orphans")
def test_workers_leave_ctrl_c_to_the_process_that_started_them_and_end_with_it(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "both run\n"
        before = of_session(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        time.sleep(0.5)
        assert of_session(process.pid) == before
        process.kill()
        process.wait(timeout=30)
        assert wait_until_gone(process.pid) == []


class BrokenOnce:
    """A pool of processes that breaks as often as it is told to, as a runner of Prefect's."""

    def __init__(self, breaks: list[int], culprit: str) -> None:
        self.breaks = breaks
        self.culprit = culprit
        self.submitted: list[str] = []

    def __enter__(self) -> BrokenOnce:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, task: Any, parameters: dict[str, Any]) -> Any:
        from prefect.futures import PrefectConcurrentFuture  # noqa: PLC0415
        from prefect.states import Completed  # noqa: PLC0415

        name = parameters["name"]
        self.submitted.append(name)
        future: Future[Any] = Future()
        if self.breaks[0] > 0 and (name == self.culprit or self.breaks[0] > 1):
            self.breaks[0] -= name == self.culprit
            future.set_exception(BrokenExecutor("a process was terminated abruptly"))
        else:
            future.set_result(Completed(data=name))
        return PrefectConcurrentFuture(uuid4(), future)


@pytest.mark.parametrize(
    ("breaks", "failed"),
    [(1, []), (2, []), (3, ["b"])],
    ids=["once: together again", "twice: one by one", "again alone: it is the culprit"],
)
def test_a_family_whose_process_keeps_dying_fails_alone(
    breaks: int, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect import task  # noqa: PLC0415 - imports Prefect

    from flows import fit_runner  # noqa: PLC0415
    from flows.runner import Runner  # noqa: PLC0415

    @task
    def name_itself(name: str) -> str:
        return name

    counter = [breaks]
    monkeypatch.setattr(fit_runner, "_make", lambda runner, workers: BrokenOnce(counter, "b"))
    monkeypatch.setattr(fit_runner, "get_run_logger", lambda: logging.getLogger("test"))
    runner = fit_runner.FitRunner(Runner("processes"), 2)
    ended = dict(runner.run(name_itself, {name: {"name": name} for name in "abc"}))
    assert [name for name in sorted(ended) if ended[name].error is not None] == failed
    assert {name: each.value for name, each in ended.items() if each.error is None} == {
        name: name for name in "abc" if name not in failed
    }
    for name in failed:
        assert f"worker of {name}: got BrokenExecutor" in str(ended[name].error)
        assert "take fewer --workers" in str(ended[name].error)


class Workers(dict[int, Any]):
    """The processes of a pool, whose first one dies while the second starts: before or after that one runs."""

    def __init__(self, *, before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.before = before
        start = ProcessPoolExecutor._spawn_process  # type: ignore[attr-defined]

        def start_late(pool: Any) -> None:
            if self.before:
                self.lose_first()
            start(pool)

        monkeypatch.setattr(ProcessPoolExecutor, "_spawn_process", start_late)

    def __setitem__(self, pid: int, process: Any) -> None:
        if not self.before:
            self.lose_first()
        super().__setitem__(pid, process)

    def lose_first(self) -> None:
        for first in list(self.values()):
            first.kill()
            time.sleep(0.5)  # until the pool has seen it and ended the workers that it knows


class PoolOfTwo:
    """A real pool that tasks are handed to from threads, as Prefect's runner does."""

    def __init__(self, workers: Workers) -> None:
        self.pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
        self.pool._processes = workers  # type: ignore[attr-defined]
        self.threads = ThreadPoolExecutor(2)

    def __enter__(self) -> PoolOfTwo:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.threads.shutdown()

    def submit(self, task: Any, parameters: dict[str, Any]) -> Any:
        from prefect.futures import PrefectConcurrentFuture  # noqa: PLC0415
        from prefect.states import Completed  # noqa: PLC0415

        def name_itself() -> Any:
            self.pool.submit(time.sleep, 0).result()
            return Completed(data=parameters["name"])

        return PrefectConcurrentFuture(uuid4(), self.threads.submit(name_itself))


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("before", [True, False], ids=["before it runs", "after it runs"])
def test_a_worker_that_dies_while_another_starts_does_not_leave_the_run_waiting_for_ever(
    before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect import task  # noqa: PLC0415 - imports Prefect

    from flows import fit_runner  # noqa: PLC0415
    from flows.runner import Runner  # noqa: PLC0415

    @task
    def name_itself(name: str) -> str:
        return name

    pools: list[Any] = [BrokenOnce([0], "a"), PoolOfTwo(Workers(before=before, monkeypatch=monkeypatch))]
    monkeypatch.setattr(fit_runner, "_make", lambda runner, workers: pools.pop())
    monkeypatch.setattr(fit_runner, "get_run_logger", lambda: logging.getLogger("test"))
    runner = fit_runner.FitRunner(Runner("processes"), 2)
    ended = dict(runner.run(name_itself, {name: {"name": name} for name in "ab"}))
    assert {name: each.value for name, each in ended.items()} == {"a": "a", "b": "b"}
    assert pools == []
    assert active_children() == []


class Away:
    """A cluster that takes one task, and then is gone or cannot be reached; as a runner of Prefect's."""

    def __init__(self, error: Exception, *, when_asked: bool) -> None:
        self.error = error
        self.when_asked = when_asked

    def __enter__(self) -> Away:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, task: Any, parameters: dict[str, Any]) -> Any:
        from prefect.futures import PrefectConcurrentFuture  # noqa: PLC0415

        if self.when_asked:
            raise self.error
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return PrefectConcurrentFuture(uuid4(), future)


def run_away(away: Away, address: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How a task ends whose Dask cluster is away."""
    from prefect import task  # noqa: PLC0415 - imports Prefect

    from flows import fit_runner  # noqa: PLC0415
    from flows.runner import Runner  # noqa: PLC0415

    @task
    def name_itself(name: str) -> str:
        return name

    monkeypatch.setattr(fit_runner, "_make", lambda runner, workers: away)
    monkeypatch.setattr(fit_runner, "get_run_logger", lambda: logging.getLogger("test"))
    return dict(fit_runner.FitRunner(Runner("dask", address), 2).run(name_itself, {"a": {"name": "a"}}))


def test_a_task_whose_cluster_went_away_says_so_and_does_not_blame_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        away = Away(CancelledError("scheduler-connection-lost"), when_asked=False)
        there = run_away(away, address, monkeypatch)["a"].error
    gone = run_away(away, address, monkeypatch)["a"].error
    assert "worker of a: got CancelledError: scheduler-connection-lost" in there
    assert f"runner dask:{address}: got " in gone
    assert "expected a cluster that answers there" in gone
    assert "memory" not in gone


def test_a_cluster_that_refuses_with_a_traceback_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = ConnectionAbortedError("Initialization failure:\nTraceback:\nRuntimeError: See its log.\n")
    with pytest.raises(UnreachableClusterError, match=r"got RuntimeError: See its log\.; expected a cluster") as told:
        run_away(Away(refusal, when_asked=True), "tcp://127.0.0.1:9", monkeypatch)
    assert "\n" not in str(told.value)
