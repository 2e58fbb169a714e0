"""What a killed run left half-written goes away, and nothing else does."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.layout import Layout
from warehouse.leftovers import sweep

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def made(path: Path, age: timedelta) -> Path:
    """A folder with a file in it, of some age."""
    path.mkdir(parents=True)
    (path / "part").write_text("half")
    then = (NOW - age).timestamp()
    os.utime(path, (then, then))
    return path


def test_what_was_left_half_written_days_ago_goes_and_what_is_young_or_finished_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "store")
    old, young = timedelta(days=2), timedelta(hours=2)
    gone = [made(layout.staging / "artifact-1", old), made(layout.features / ".abc.1", old)]
    gone.append(made(layout.training / ".abc.2", old))
    stays = [made(layout.staging / "artifact-2", young), made(layout.features / "abc", old)]
    stays.append(made(layout.training / "abc", old))
    sweep(layout, at=NOW)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in stays)


def test_a_new_store_has_nothing_to_sweep(tmp_path: Path) -> None:
    sweep(Layout(tmp_path), at=NOW)
    assert list(tmp_path.iterdir()) == []
