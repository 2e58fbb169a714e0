"""A real Prefect server, work pool and worker, each a process, with `retrain/nightly` deployed as the README says."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 180.0
"""How long a test waits for what must come; none asserts how long it took."""


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """The first answer that is true; an error that says what did not come."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if answer := look():
            return answer
        time.sleep(0.25)
    raise AssertionError(f"waited {PATIENCE_SECONDS:.0f} s for {what}")


@dataclass(frozen=True)
class Finished:
    """A run that somebody watched to its end.

    Attributes:
        status: Exit status of the command that watched it.
        out: What the command said.
        run: The run as the server knows it.
    """

    status: int
    out: str
    run: dict[str, Any]

    @property
    def state(self) -> tuple[str, str]:
        """Type and name."""
        return self.run["state"]["type"], self.run["state"]["name"]


class Farm:
    """A server with a worker, in a folder of their own, and the commands that a user types.

    Args:
        home: Prefect's home.
        settings: Environment of server, worker and commands, beyond what every farm has.
    """

    def __init__(self, home: Path, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.home = home
        self.api = f"http://127.0.0.1:{self.port}/api"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
        self.environment = {**clean, "PATH": path, "PREFECT_HOME": str(home), "PREFECT_API_URL": self.api}
        # Asked for work every 2 s in place of 10: what is tested is what happens, not when.
        self.environment |= {"PREFECT_WORKER_QUERY_SECONDS": "2", **settings}
        # A scheduled night that comes due while tests run must not write into the checkout.
        self.environment["RESOURCE_PREDICTION_STORE"] = str(home / "scheduled")
        self.worker: subprocess.Popen[bytes] | None = None

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a command of Prefect that stays; what it says goes into a file."""
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                ["prefect", *command], cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def type(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Type a command in the checkout and wait for its end."""
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    def start_worker(self) -> None:
        """Start the worker, as nobody does it for us."""
        self.worker = self.start("worker", "worker", "start", "--pool", "local", "--limit", "2")

    def is_healthy(self) -> bool:
        """Whether the server answers."""
        try:
            return httpx.get(f"{self.api}/health").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, what: str, **filters: Any) -> list[dict[str, Any]]:
        """What the server knows of something."""
        answer = httpx.post(f"{self.api}/{what}/filter", json=filters)
        answer.raise_for_status()
        found = answer.json()
        return list(found["events"] if what == "events" else found)

    def run(self, run_id: str) -> dict[str, Any]:
        """A flow run."""
        return dict(httpx.get(f"{self.api}/flow_runs/{run_id}").json())

    def begin(self, **parameters: Any) -> str:
        """Start a run of the deployment; returns its id."""
        asked = f"parameters={json.dumps(parameters)}"
        said = self.type("prefect", "deployment", "run", "retrain/nightly", "--param", asked)
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout.split("UUID: ")[1].split()[0]

    def watch(self, **parameters: Any) -> Finished:
        """Start a run of the deployment and watch it to its end, as a user does."""
        asked = f"parameters={json.dumps(parameters)}"
        said = self.type("prefect", "deployment", "run", "retrain/nightly", "--watch", "--param", asked)
        run_id = said.stdout.split("UUID: ")[1].split()[0]
        return Finished(said.returncode, said.stdout, self.run(run_id))

    def wait_for_state(self, run_id: str, kind: str) -> dict[str, Any]:
        """The run, once it has come to a type of state."""

        def look() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["state"]["type"] == kind else None

        return dict(wait_for(look, f"run {run_id} to be {kind}"))

    def flow_process(self) -> int:
        """The process that the worker runs a flow in."""
        assert self.worker is not None
        worker = self.worker.pid
        found = [child for child in _children(worker) if b"prefect.engine" in _command_line(child)]
        return found[0]

    def stop(self, process: subprocess.Popen[bytes] | None) -> None:
        """End a process that stays."""
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _children(pid: int) -> list[int]:
    """Processes that a process started, from any of its threads."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@contextmanager
def running_farm(home: Path, **settings: str) -> Iterator[Farm]:
    """Server, pool, deployment, automations and worker, by the commands of the README."""
    made = Farm(home, **settings)
    server = made.start("server", "server", "start", "--host", "127.0.0.1", "--port", str(made.port))
    try:
        wait_for(made.is_healthy, "the server")
        for command in (
            "prefect --no-prompt work-pool create local --type process --overwrite",
            "prefect --no-prompt deploy --all",
            "python deployments/automations.py",
        ):
            said = made.type(*command.split())
            assert said.returncode == 0, f"{command}\n{said.stdout}\n{said.stderr}"
        made.start_worker()
        yield made
    finally:
        made.stop(made.worker)
        made.stop(server)


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """The farm of all tests that need nothing special of it."""
    with running_farm(tmp_path_factory.mktemp("prefect")) as made:
        yield made
