"""Runs that are killed in real processes: nothing half-written serves, no server stays, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flows.test_interrupt import FIRST, ROOT, SECOND, of_session, training
from warehouse.commands import verify
from warehouse.layout import Layout
from warehouse.registry import Registry

pytestmark = pytest.mark.slow

KILLED_IN_PROMOTION = """
import os, signal, sys
from warehouse.registry import registry
registry.point_link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from flows.train import main
main(sys.argv[1:])
"""
"""The command line, killed when the registry has the new champion and the link does not name it yet."""


def wait_until_gone(session: int, seconds: float = 30.0) -> list[str]:
    """Processes of a session that are left after a while."""
    end = time.monotonic() + seconds
    while (left := of_session(session)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read what a run says up to a line with these words; returns all of it."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(f"the run ended before it said {words!r}: {said}")


def states(store: Path) -> list[str]:
    with Registry.read(Layout(store)) as registry:
        return [run.state for run in registry.runs.history()]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for orphans")
def test_killed_in_a_fit_and_in_a_promotion_the_next_run_goes_on_and_all_is_whole(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with training(store) as process:
        read_until(process, "1 of 2 families done")
        process.kill()
        process.wait(timeout=30)
        assert wait_until_gone(process.pid) == []
    assert states(store) == ["running"]  # nobody was there to say otherwise
    assert verify(Layout(store)).status == 0

    argv = ["--demo-rows", "1500", "--demo-days", "10", "--model-families", FIRST, "--store", str(store)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_PROMOTION, *argv],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "taken from the stopped run" in killed.stderr
    assert states(store) == ["stopped", "running"]
    with Registry.read(Layout(store)) as registry:
        champion = registry.champion()
    assert champion is not None
    assert not Layout(store).champion.exists()  # nothing, and not something half

    with training(store) as process:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["champion"]["version"] == champion.version
    assert {family["family"]: family["fit_seconds"] for family in result["families"]}[FIRST] == 0.0
    assert states(store) == ["stopped", "stopped", "done"]
    assert verify(Layout(store)).status == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for orphans")
def test_sigterm_stops_within_seconds_as_ctrl_c_does(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with training(store) as process:
        read_until(process, "ingested: ")
        process.terminate()
        out, err = process.communicate(timeout=30)
        assert process.returncode == 143
        assert "Stopped run" in err
        assert "Kept: what was ingested, and every family and trial that had finished" in err
        assert "Traceback" not in err
        assert not out
        assert of_session(process.pid) == []
    assert states(store) == ["stopped"]
    assert SECOND not in {path.name for path in (store / "models").glob("*")}
