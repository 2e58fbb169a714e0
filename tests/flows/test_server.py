"""Which server a run reports to: the one that is named, the local one, or a temporary one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows import server
from flows.server import UnreachableServerError, prepare_environment

StartServer = Callable[[int], str]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts a server that answers /api/health with a status; returns its API."""
    with ExitStack() as stack:

        def start(status: int) -> str:
            class Health(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(status if self.path == "/api/health" else 404)
                    self.end_headers()

                def log_message(self, format: str, *args: object) -> None:
                    """Nothing: the test's output stays clean."""

            answering = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Health))
            threading.Thread(target=answering.serve_forever, daemon=True).start()
            stack.callback(answering.shutdown)
            return f"http://127.0.0.1:{answering.server_port}/api"

        yield start


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Prefect's profiles on this machine are of no meaning here."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server listens where the local one would."""
    monkeypatch.setattr(server, "LOCAL_API", "http://127.0.0.1:9/api")


def test_a_server_that_is_named_and_answers_is_used(start_server: StartServer) -> None:
    api = start_server(200)
    assert prepare_environment({"PREFECT_API_URL": api}) == api


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_that_is_named_and_unwell_is_an_error_that_says_so(start_server: StartServer, status: int) -> None:
    api = start_server(status)
    with pytest.raises(UnreachableServerError, match=f"Prefect server {api}: got .*{status}.*unset PREFECT_API_URL"):
        prepare_environment({"PREFECT_API_URL": api})


@pytest.mark.parametrize("api", ["http://127.0.0.1:9/api", "no address at all", "http://host.invalid/api"])
def test_a_server_that_is_named_and_does_not_answer_is_an_error_that_says_so(api: str) -> None:
    with pytest.raises(UnreachableServerError, match=r"expected a server that answers\. Start it, or unset") as caught:
        prepare_environment({"PREFECT_API_URL": api})
    assert caught.value.url == api


def test_a_local_server_that_answers_is_used(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    api = start_server(200)
    monkeypatch.setattr(server, "LOCAL_API", api)
    environment: dict[str, str] = {}
    assert prepare_environment(environment) == api
    assert environment["PREFECT_API_URL"] == api


@pytest.mark.usefixtures("nobody")
def test_without_a_server_a_temporary_one_gets_time_to_start() -> None:
    environment: dict[str, str] = {}
    assert prepare_environment(environment) is None
    assert "PREFECT_API_URL" not in environment
    assert environment["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] == "120"


@pytest.mark.usefixtures("nobody")
def test_nothing_phones_home_and_a_fit_gets_one_thread() -> None:
    environment: dict[str, str] = {}
    prepare_environment(environment)
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.usefixtures("nobody")
def test_what_the_user_set_stays() -> None:
    environment = {"OMP_NUM_THREADS": "4", "DO_NOT_TRACK": "mine"}
    prepare_environment(environment)
    assert environment["OMP_NUM_THREADS"] == "4"
    assert environment["DO_NOT_TRACK"] == "mine"


def test_a_server_that_prefect_config_set_has_stored_is_used(start_server: StartServer, home: Path) -> None:
    api = start_server(200)
    (home / ".prefect").mkdir()
    stored = f'active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "{api}"\n[profiles.other]\n'
    (home / ".prefect" / "profiles.toml").write_text(stored)
    environment: dict[str, str] = {}
    assert prepare_environment(environment) == environment["PREFECT_API_URL"] == api


def test_a_stored_server_that_does_not_answer_is_an_error_that_says_how_to_forget_it(home: Path) -> None:
    (home / "profiles.toml").write_text('active = "a"\n[profiles.a]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n')
    with pytest.raises(UnreachableServerError, match="prefect config unset PREFECT_API_URL"):
        prepare_environment({"PREFECT_HOME": str(home)})


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("stored", ['[profiles.ephemeral]\nPREFECT_SERVER_EPHEMERAL_ENABLED = "true"\n', "no toml ="])
def test_a_profile_without_a_server_leaves_the_temporary_one(home: Path, stored: str) -> None:
    (home / "profiles.toml").write_text(stored)
    assert prepare_environment({"PREFECT_HOME": str(home)}) is None
