"""Prefect's server on a real PostgreSQL, as docs/postgresql.md says: the same night, the same champion."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployments.conftest import Farm, running_farm, wait_for
from tests.deployments.test_nights import quick_night

pytestmark = pytest.mark.slow

DATABASE = "prefect"


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs; Debian keeps the server's off the path."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    return debian[-1].parent if debian else None


class Cluster:
    """A PostgreSQL server in a folder of its own, reached by a socket there and by nothing else.

    Args:
        folder: Where data and socket are; short, as a socket's path may have 107 bytes.
        programs: The folder of initdb, postgres and the clients.
    """

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.as_owner: dict[str, Any] = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to be root; Debian's package brings a user for it.
            shutil.chown(folder, "postgres", "postgres")
            self.as_owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.url = f"postgresql+asyncpg://{DATABASE}@/{DATABASE}?host={folder}"

    def type(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs to its end; what it said."""
        command = [str(self.programs / program), *arguments]
        said = subprocess.run(command, cwd=self.folder, **self.as_owner, capture_output=True, text=True, check=False)
        assert said.returncode == 0, f"{program}: {said.stdout}{said.stderr}"
        return said.stdout

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        command = [str(self.programs / "postgres"), "-D", f"{self.folder}/data", "-k", str(self.folder), "-h", "", "-F"]
        with (self.folder / "log").open("wb") as log:
            self.server = subprocess.Popen(command, cwd=self.folder, **self.as_owner, stdout=log, stderr=log)
        wait_for(self.is_ready, "PostgreSQL")

    def stop(self) -> None:
        """End it in PostgreSQL's fast way: one that got SIGTERM waits for its clients to leave."""
        self.server.send_signal(signal.SIGINT)
        self.server.wait(30)

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        assert self.server.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
        command = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder)]
        return subprocess.run(command, check=False).returncode == 0

    def ask(self, query: str) -> list[str]:
        """Lines that a query answers with."""
        return self.type("psql", "-h", str(self.folder), "-U", DATABASE, "-Atc", query, DATABASE).splitlines()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A running one, with the role and the database of docs/postgresql.md."""
    programs = binaries()
    if programs is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    # Not tmp_path: its parents are closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        made = Cluster(Path(folder), programs)
        made.type("initdb", "-D", f"{folder}/data", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        try:
            made.start()
            made.type("createuser", "-h", folder, DATABASE)
            made.type("createdb", "-h", folder, "--owner", DATABASE, DATABASE)
            yield made
        finally:
            made.stop()


def test_a_night_on_postgresql_finds_the_champion_that_it_finds_on_sqlite(
    cluster: Cluster, farm: Farm, tmp_path: Path
) -> None:
    home = tmp_path / "prefect"
    home.mkdir()
    with running_farm(home, PREFECT_SERVER_DATABASE_CONNECTION_URL=cluster.url) as on_postgresql:
        here = on_postgresql.watch(**quick_night(tmp_path / "here"))
    assert (here.status, *here.state) == (0, "COMPLETED", "First")
    assert cluster.ask("SELECT name, state_name FROM flow_run WHERE start_time IS NOT NULL") == [
        f"{here.run['name']}|First"
    ]
    assert not list(home.glob("*.db"))
    there = farm.watch(**quick_night(tmp_path / "there"))
    assert there.state == here.state
    # Artifacts are named by their bytes.
    assert (tmp_path / "here/champion").readlink() == (tmp_path / "there/champion").readlink()
