"""What a store has on disk, for tests that hold it against what it had."""

from __future__ import annotations

from pathlib import Path

from warehouse.layout import Layout


def files_of(layout: Layout) -> dict[Path, bytes]:
    """Every file but SQLite's own two beside the registry, which any reader of a WAL makes."""
    paths = [path for path in layout.store.rglob("*") if path.is_file() and "sqlite-" not in path.name]
    return {path: path.read_bytes() for path in paths}
