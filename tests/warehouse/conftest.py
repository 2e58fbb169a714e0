"""A store that nights run on, exports, models in it, and what may become champion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from resource_prediction.date_range import EVERYTHING, DateRange
from resource_prediction.models.artifact import write_manifest
from tests.warehouse.exports import NOW
from warehouse.__main__ import main
from warehouse.artifacts import store_artifact
from warehouse.engine import open_engine
from warehouse.ingest import IngestReport, ingest
from warehouse.layout import Layout
from warehouse.publish import publish
from warehouse.registry import Champion, Conclusion, Registry, Scores, VersionContent
from warehouse.sources.files import FilesSource


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "own")


@pytest.fixture
def at() -> datetime:
    """When a night's results are stored."""
    return datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


@pytest.fixture
def store_model(layout: Layout) -> Callable[[str], str]:
    """Stores a model of one file with the given text; returns its digest."""

    def store(text: str) -> str:
        def save(folder: Path) -> None:
            (folder / "model.txt").write_text(text, encoding="utf-8")
            write_manifest(folder, libraries={})

        return store_artifact(layout, save)

    return store


@pytest.fixture
def content(store_model: Callable[[str], str]) -> Callable[..., VersionContent]:
    """Builds the content of a version out of two stored artifacts."""

    def build(name: str = "a", family: str = "lightgbm_classification") -> VersionContent:
        return VersionContent(
            family=family,
            task_type=family.rsplit("_", 1)[1],
            recipe=f"recipe-{family}",
            recipe_values={"family": family, "parameters": {"n_bins": 24}},
            judged_digest=store_model(f"judged {name}"),
            served_digest=store_model(f"served {name}"),
            trained_until=datetime(2026, 1, 4, 23, 0, tzinfo=UTC),
            rows=12000,
            scores=Scores(score=79.5, live_score=78.0, under_pct=3.0, over_pct=64.5),
            run_id="run-1",
        )

    return build


@pytest.fixture
def conclude(at: datetime) -> Callable[..., Champion | None]:
    """Concludes a night; one that kept who served, unless told otherwise."""

    def store(opened: Registry, /, *, at: datetime = at, **values: Any) -> Champion | None:
        kept = {"run_id": "run-1", "kind": "kept", "reason": "", "numbers": {}, "expected_revision": 0}
        return opened.conclude(Conclusion(**{**kept, **values}), at=at)

    return store


@pytest.fixture
def promote(conclude: Callable[..., Champion | None]) -> Callable[..., Champion]:
    """Concludes a night with a new champion: the first, or a refreshed one, unless told otherwise."""

    def store(opened: Registry, content: VersionContent, expected_revision: int = 0, /, **values: Any) -> Champion:
        kind = "refreshed" if expected_revision else "first"
        champion = conclude(opened, **{"kind": kind, **values}, content=content, expected_revision=expected_revision)
        assert champion is not None
        return champion

    return store


@pytest.fixture
def registry(layout: Layout) -> Iterator[Registry]:
    with Registry.open(layout) as opened:
        yield opened


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
    """Ingests files, or only their rows of some days, and publishes."""

    def run(*places: str | Path, now: datetime = NOW, dates: DateRange = EVERYTHING) -> IngestReport:
        with open_engine(layout) as engine:
            report = ingest(engine, layout, FilesSource(places, now), now=now, dates=dates)
            publish(engine, layout)
        return report

    return run


@pytest.fixture
def empty(layout: Layout) -> Layout:
    """A store in which no night has ended."""
    Registry.open(layout).close()
    return layout


@pytest.fixture
def ask(layout: Layout, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command on the store; returns status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--store", str(layout.store)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
