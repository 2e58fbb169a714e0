"""The source that the documents show: it is found in both ways, keeps the contract, and is tried again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import warehouse.sources
from resource_prediction.errors import EmptySourceError, UnreachableSourceError
from tests.warehouse.exports import NOW
from tests.warehouse.sources.packages import documented_source, install, write_jobs
from warehouse.engine import open_engine
from warehouse.ingest import RowCounts, ingest
from warehouse.layout import Layout
from warehouse.sources.opening import open_source
from warehouse.testing import OpenAgain, SourceContract

JOBS = [(f"job-{n}", f"2025-04-2{n % 3 + 6} 10:0{n}:00", "linux-gcc", n * 10**9, 8_000) for n in range(6)]


def beside_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "own_sqlite.py").write_text(documented_source(), encoding="utf-8")
    monkeypatch.setattr(warehouse.sources, "__path__", [*warehouse.sources.__path__, str(folder)])


def in_a_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(folder, "sqlite", "farm_sqlite:open_source", farm_sqlite=documented_source())
    monkeypatch.syspath_prepend(folder)


@pytest.fixture(params=[beside_the_others, in_a_package])
def found(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The documented module, found in one of the two ways."""
    folder = tmp_path / "site"
    folder.mkdir()
    place: Callable[[Path, pytest.MonkeyPatch], None] = request.param
    place(folder, monkeypatch)
    yield
    for name in ("farm_sqlite", "warehouse.sources.own_sqlite"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("found")
class TestDocumentedSource(SourceContract):
    """A day without a usable row is a day with one that breaks the contract: job 0 has no peak."""

    @pytest.fixture
    def open_again(self, tmp_path: Path) -> OpenAgain:
        write_jobs(tmp_path / "jobs.db", JOBS)
        return lambda: open_source([f"sqlite://{tmp_path}/jobs.db"], NOW)

    def test_only_the_day_that_changed_is_read_again(
        self, open_again: OpenAgain, layout: Layout, tmp_path: Path
    ) -> None:
        with open_engine(layout) as engine:
            ingest(engine, layout, open_again(), now=NOW)
            write_jobs(tmp_path / "jobs.db", [("late", "2025-04-26 23:00:00", "linux-gcc", 10**9, 8_000)])
            report = ingest(engine, layout, open_again(), now=NOW)
        assert [(Path(file.name).name, file.state) for file in report.files] == [
            ("jobs.db 2025-04-26", "read"),
            ("jobs.db 2025-04-27", "known"),
            ("jobs.db 2025-04-28", "known"),
        ]
        assert report.counts == RowCounts(read=7, accepted=1, known=6)

    def test_a_database_that_is_away_is_tried_again_and_an_empty_one_is_not(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        with open_engine(layout) as engine:
            with pytest.raises(UnreachableSourceError, match=r"gone\.db: unable to open database file; expected a sou"):
                ingest(engine, layout, open_source([f"sqlite://{tmp_path}/gone.db"], NOW), now=NOW)
            write_jobs(tmp_path / "empty.db", [])
            with pytest.raises(EmptySourceError, match=r"source sqlite://.*empty\.db: got a source without a single"):
                ingest(engine, layout, open_source([f"sqlite://{tmp_path}/empty.db"], NOW), now=NOW)
