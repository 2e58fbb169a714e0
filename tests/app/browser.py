"""The dashboard as a process, and a headless Chromium that notes what goes wrong. Not here: what a page should show."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOCAL = ("127.0.0.1", None)
WIDE, NARROW = (1280, 900), (420, 900)
PATIENCE_S = 60
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that answers.

    Attributes:
        url: Where.
        process: Its one process.
    """

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def dashboard(store: Path, log: Path) -> Iterator[Dashboard]:
    """`streamlit run app/app.py` on a free port, as users start it; what it prints goes to ``log``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--server.headless", "true", "--server.port", str(port))
    command = [sys.executable, "-m", "streamlit", "run", "app/app.py", *options, "--", "--store", str(store)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with log.open("ab") as out, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process:
        try:
            _wait_until_it_answers(f"http://127.0.0.1:{port}", process, log)
            yield Dashboard(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE_S:
        if process.poll() is not None:
            raise RuntimeError(f"the dashboard ended with status {process.returncode}: {log.read_text()}")
        try:
            with urlopen(f"{url}/_stcore/health", timeout=5) as answer:  # noqa: S310 - an address of ours
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the dashboard does not answer: {log.read_text()}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window; Playwright's own download is never used."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One visitor: a page of the browser, and what went wrong on it.

    Attributes:
        page: Of Playwright.
        faults: Errors of the console, failed requests, and requests to anybody but this machine.
    """

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the first request on."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def settle(self) -> None:
        """Wait until the page has nothing more to do."""
        expect(self.page.locator(IDLE)).to_be_attached(timeout=PATIENCE_S * 1_000)

    def open(self, url: str) -> None:
        """Come to the first page."""
        self.page.goto(url)
        expect(self.page.get_by_test_id("stSidebarNav")).to_be_attached(timeout=PATIENCE_S * 1_000)
        self.settle()

    def choose(self, title: str) -> None:
        """Go to a page by the menu, which covers a narrow window and is opened and closed there."""
        is_narrow = self.width < WIDE[0] / 2
        if is_narrow:
            self.page.get_by_test_id("stExpandSidebarButton").click()
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        expect(self.page).to_have_title(f"{title} · Resource Prediction", timeout=PATIENCE_S * 1_000)
        if is_narrow:
            self.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        self.settle()

    def press(self, name: str) -> None:
        """Press a button of the page."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, label: str, text: str) -> None:
        """Type a value into a field that has a list."""
        field_of = self.page.get_by_label(label, exact=True).first
        field_of.fill(text)
        field_of.press("Enter")

    def gib(self, label: str) -> float:
        """A figure of the page that is in GiB."""
        figure = self.page.get_by_test_id("stMetric").filter(has=self.page.get_by_text(label, exact=True))
        return float(figure.get_by_test_id("stMetricValue").inner_text().split()[0].replace(",", ""))

    def tab_to(self, name: str, most: int = 40) -> None:
        """Go on by the tabulator key until a link or button of this name has the focus."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate("document.activeElement.innerText || ''")
            if str(focused).strip().endswith(name):
                return
        raise AssertionError(f"{most} times Tab did not reach {name!r}")

    @property
    def width(self) -> int:
        """Of the window, pixels."""
        return self.page.viewport_size["width"] if self.page.viewport_size else 0

    def overflow_px(self) -> int:
        """How much of the page lies to the right of the window."""
        pixels: int = self.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth - main.clientWidth")
        return pixels

    def job(self) -> int:
        """Where the simulation stands."""
        said = self.page.get_by_test_id("stProgress").inner_text()
        return int(said.split()[1].replace(",", ""))

    def said(self) -> list[str]:
        """Exceptions and errors that the page shows."""
        shown = self.page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
        return [text for text in shown.all_inner_texts() if text]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in LOCAL and urlsplit(request.url).scheme in (
            "http",
            "https",
            "ws",
            "wss",
        ):
            self.faults.append(f"asked another machine: {request.url}")

    def _on_failed(self, request: Request) -> None:
        # A page that is left, or loaded anew, gives up what it had asked for.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} ({request.failure})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.url}")


def tree_rss_mib(pid: int) -> float:
    """Resident memory of a process and of those that it has started."""
    parents = {int(path.name): _status(path) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    family, grown = {pid}, True
    while grown:
        more = {one for one, status in parents.items() if status.get("PPid") in map(str, family)} - family
        family, grown = family | more, bool(more)
    return sum(int(parents[one].get("VmRSS", "0 kB").split()[0]) for one in family if one in parents) / 1024


def _status(process: Path) -> dict[str, str]:
    try:
        lines = (process / "status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@contextmanager
def visit(
    browser: Browser, theme: str = "light", size: tuple[int, int] = WIDE, time_zone: str = "UTC"
) -> Iterator[Visit]:
    """A new visitor, with nothing kept from another one."""
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
        timezone_id=time_zone,
    )
    yield Visit(context.new_page())
    context.close()
