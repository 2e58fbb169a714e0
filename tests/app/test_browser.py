"""The dashboard as a person sees it, in a headless Chromium: every page, its buttons, and nothing that goes wrong.

With ``SCREENSHOTS=FOLDER`` it writes a picture of each page, and ``SCREENSHOT_STORE=DIR`` says of which store: that is
`make screenshots`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.app.browser import CHROMIUM, NARROW, ROOT, WIDE, Dashboard, Visit, chromium, dashboard, visit
from tests.app.conftest import FAMILIES
from warehouse.layout import Layout
from warehouse.registry import Registry

pytestmark = pytest.mark.slow

PAGES = ("Champion", "Leaderboard and history", "Predict", "Simulation", "Telemetry")
LOOKS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "narrow": ("light", NARROW)}
PICTURE_HEIGHT = 1_500
Serve = Callable[[Path], Dashboard]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = "no chromium: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def shown(
    browser: Browser, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """A dashboard on two nights, or on the store that the pictures are of."""
    store = Path(os.environ.get("SCREENSHOT_STORE") or request.getfixturevalue("two_nights"))
    with dashboard(store, tmp_path_factory.mktemp("dashboard") / "log") as started:
        yield started


@pytest.fixture
def visitor(browser: Browser, shown: Dashboard) -> Iterator[Visit]:
    """Somebody on the first page; what goes wrong until the end of the test fails it."""
    with visit(browser) as opened:
        opened.open(shown.url)
        yield opened
        assert opened.faults == []
        assert opened.said() == []


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_opens_without_an_error_and_fits_the_window(look: str, browser: Browser, shown: Dashboard) -> None:
    theme, size = LOOKS[look]
    with visit(browser, theme, size) as opened:
        opened.open(shown.url)
        for title in PAGES:
            opened.choose(title)
            if title == "Simulation":
                opened.press("Step")
                opened.settle()
            expect(opened.page.locator("h1")).to_be_visible()
            assert opened.said() == [], title
            assert opened.overflow_px() == 0, f"{title} is wider than the window"
            take_picture(opened, title, look)
        assert opened.faults == []


def take_picture(visitor: Visit, title: str, look: str) -> None:
    """A picture of the page's top, where pictures are asked for."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        path = Path(folder) / f"dashboard-{title.split(maxsplit=1)[0].lower()}-{look}.png"
        visitor.page.set_viewport_size({"width": visitor.width, "height": PICTURE_HEIGHT})
        visitor.page.wait_for_timeout(1_500)  # charts are drawn again for the taller window
        visitor.page.screenshot(path=path)


def test_the_simulation_runs_pauses_steps_and_resets(visitor: Visit) -> None:
    visitor.choose("Simulation")
    expect(visitor.page.get_by_text("Press Start to walk")).to_be_visible()
    visitor.press("Start")
    expect(visitor.page.get_by_text(re.compile(r"Job \d+ of"))).to_be_visible(timeout=30_000)
    walked = visitor.job()
    # A step may pass between two looks, so no one of them is waited for.
    expect(visitor.page.get_by_text(f"Job {walked} of")).to_be_hidden(timeout=30_000)
    assert visitor.job() > walked
    visitor.press("Pause")
    expect(visitor.page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    visitor.settle()
    stood = visitor.job()
    visitor.page.wait_for_timeout(1_000)
    assert visitor.job() == stood
    visitor.press("Step")
    expect(visitor.page.get_by_text(f"Job {stood + 5} of")).to_be_visible()
    assert visitor.page.get_by_test_id("stVegaLiteChart").count() == 2
    visitor.press("Reset")
    expect(visitor.page.get_by_text("Press Start to walk")).to_be_visible()


def test_the_keyboard_alone_reaches_the_menu_and_the_buttons(visitor: Visit) -> None:
    visitor.tab_to("Simulation")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_title("Simulation · Resource Prediction")
    visitor.settle()
    visitor.tab_to("Step")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_text("Job 5 of")).to_be_visible()


def test_times_look_the_same_wherever_the_browser_is(browser: Browser, shown: Dashboard) -> None:
    here, elsewhere = (seen_of_times(browser, shown, zone) for zone in ("UTC", "Asia/Tokyo"))
    assert here == elsewhere
    assert here[1]


def seen_of_times(browser: Browser, shown: Dashboard, time_zone: str) -> tuple[bytes, set[str]]:
    """What tells times, to somebody in a time zone: a picture of a chart, and the cells of tables."""
    with visit(browser, time_zone=time_zone) as opened:
        opened.open(shown.url)
        opened.page.wait_for_timeout(1_500)  # charts are drawn after all else
        picture = opened.page.get_by_test_id("stVegaLiteChart").first.screenshot()
        opened.choose("Leaderboard and history")
        expect(opened.page.locator("canvas table").last).to_be_attached()
        opened.page.wait_for_timeout(500)
        cells = " ".join(opened.page.locator("canvas table td").all_text_contents())
        return picture, set(re.findall(r"20\d\d-\d\d-\d\d \d\d:\d\d", cells))


def test_the_form_answers_for_another_job_and_at_another_penalty(visitor: Visit) -> None:
    visitor.choose("Predict")
    expect(visitor.page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    visitor.page.get_by_text("Quantile Ensemble: Tiny Under-allocation").click()
    visitor.settle()
    expect(visitor.page.get_by_text("At penalty 20")).to_be_visible()
    safe_gib = visitor.gib("Allocation")
    visitor.page.get_by_text("Quantile Ensemble: Small Waste").click()
    visitor.settle()
    expect(visitor.page.get_by_text("At penalty 2:")).to_be_visible()
    assert 0 < visitor.gib("Allocation") <= safe_gib
    visitor.fill("Parallel jobs", "7")
    visitor.press("Predict")
    visitor.settle()
    assert visitor.gib("Allocation") > 0
    assert visitor.page.get_by_test_id("stDataFrame").count() == 1


def test_a_file_of_jobs_is_answered_line_by_line(visitor: Visit) -> None:
    visitor.choose("Predict")
    visitor.page.get_by_text("A CSV file").click()
    lines = "time,buildProfile,memreq\n2026-01-05 10:00,linuxx86_64-gcc-optimized,4096\nyesterday,no,1\n"
    visitor.page.locator('input[type="file"]').set_input_files(
        {"name": "jobs.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    )
    expect(visitor.page.get_by_text("1 lines have no answer")).to_be_visible()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    assert download.value.path().read_text(encoding="utf-8").count("linuxx86_64-gcc-optimized") == 1


def test_a_table_downloads_as_csv(visitor: Visit) -> None:
    visitor.choose("Telemetry")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_test_id("stDownloadButton").nth(1).get_by_role("button").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("component,buildProfile,jobs,unused_gib")


def test_it_stays_up_while_a_night_runs_beside_it_and_shows_its_verdict_after(
    browser: Browser, two_nights: Path, copied: Path, tmp_path: Path
) -> None:
    with dashboard(copied, tmp_path / "log") as started, visit(browser) as opened:
        opened.open(started.url)
        night = start_night(copied, two_nights.parent / "night1.csv")
        loads = 0
        while night.poll() is None:
            for title in PAGES:
                opened.choose(title)
                assert opened.said() == [], title
                loads += 1
        assert night.returncode == 0
        assert loads >= len(PAGES)
        opened.choose("Leaderboard and history")
        opened.press("Refresh")
        opened.settle()
        with Registry.read(Layout(copied)) as registry:
            runs = registry.runs.history()
        expect(opened.page.get_by_text(f"Run {runs[-1].run_id}")).to_be_visible()
        assert opened.faults == []


def start_night(store: Path, source: Path) -> subprocess.Popen[bytes]:
    """The main job, beside the dashboard; another seed, so that it has something to fit."""
    command = [
        sys.executable,
        "flows/train.py",
        "--store",
        str(store),
        "--source",
        str(source),
        "--quiet",
        "--seed",
        "7",
    ]
    environment = {**os.environ, "PREFECT_HOME": str(store.parent / "prefect")}
    return subprocess.Popen([*command, "--seed", "7", "--model-families", *FAMILIES[:2]], cwd=ROOT, env=environment)


def test_on_an_empty_store_it_opens_and_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    with dashboard(tmp_path / "nothing", tmp_path / "log") as started, visit(browser) as opened:
        opened.open(started.url)
        expect(opened.page.get_by_text("python flows/train.py")).to_be_visible()
        assert opened.faults == []
        assert opened.said() == []
