"""A store that nights run on, and a folder of exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.warehouse.exports import NOW
from warehouse.engine import open_engine
from warehouse.ingest import IngestReport, ingest
from warehouse.layout import Layout
from warehouse.publish import publish
from warehouse.sources.files import FilesSource


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A store that does not exist yet."""
    return Layout(tmp_path / "store")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file into a folder of exports."""

    def write_file(name: str, content: bytes) -> Path:
        path = tmp_path / "exports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write_file


@pytest.fixture
def night(layout: Layout) -> Callable[..., IngestReport]:
    """Ingests files and publishes."""

    def run(*places: str | Path, now: datetime = NOW) -> IngestReport:
        with open_engine(layout) as engine:
            report = ingest(engine, layout, FilesSource(places, now), now=now)
            publish(engine, layout)
        return report

    return run
