"""A run whose two workers have folders of their own and cannot see the store: all goes through a server."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.conftest import Train
from tests.flows.test_fit_runner import assert_same, judged
from warehouse.commands import verify
from warehouse.layout import Layout

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """A server on this machine, with a folder of its own; yields its URL."""
    from pyftpdlib.authorizers import DummyAuthorizer  # noqa: PLC0415 - slow tests only
    from pyftpdlib.handlers import FTPHandler  # noqa: PLC0415
    from pyftpdlib.servers import ThreadedFTPServer  # noqa: PLC0415

    logging.getLogger("pyftpdlib").setLevel(logging.WARNING)

    class Handler(FTPHandler):  # type: ignore[misc]
        authorizer = DummyAuthorizer()

    folder.mkdir()
    Handler.authorizer.add_user("farm", "secret", str(folder), perm="elradfmwMT")
    server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"ftp://farm:secret@127.0.0.1:{server.address[1]}/exchange"
    finally:
        server.close_all()
        serving.join(timeout=30)


@contextmanager
def worker(scheduler: str, folder: Path) -> Iterator[None]:
    """A Dask worker in a folder of its own, which knows no path of the flow's."""
    folder.mkdir()
    command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--host", "127.0.0.1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"],
            cwd=folder,
            env={**environment, "RESOURCE_PREDICTION_CACHE": str(folder / "cache")},
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_workers_that_cannot_see_the_store_fit_through_a_server_between_them(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster  # noqa: PLC0415 - an extra

    threads = train(store=tmp_path / "threads")
    flow, one, two = (tmp_path / name for name in ("flow", "one", "two"))
    flow.mkdir()
    # Relative to the flow's folder: for the workers, which run elsewhere, there is no store at this path.
    monkeypatch.chdir(flow)
    store = Path("store")
    with (
        file_server(tmp_path / "server") as url,
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as cluster,
        worker(cluster.scheduler_address, one),
        worker(cluster.scheduler_address, two),
    ):
        monkeypatch.setenv("RESOURCE_PREDICTION_EXCHANGE", url)
        outcome = train("--runner", f"dask:{cluster.scheduler_address}", store=store)
    assert_same(outcome, threads)
    assert verify(Layout(store)).status == 0
    made = [{path.name for path in folder.glob("cache/*/artifacts/*")} for folder in (one, two)]
    assert all(made), "each worker made one of the two models"
    assert set.union(*made) == set(judged(outcome).values())
    assert not (one / "store").exists()
    assert not (two / "store").exists()
    sent = {path.name for path in (tmp_path / "server" / "exchange").iterdir()}
    assert all(len(name) == 64 for name in sent), "every file is named by its digest"
