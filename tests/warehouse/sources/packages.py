"""Packages with sources, as an installer would have left them, and the documented one. Not here: tests."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path


def install(folder: Path, scheme: str, target: str, **modules: str) -> Path:
    """Lay a package with one entry point into a folder that is, or will be, on the path.

    Args:
        folder: The folder.
        scheme: Name of the entry point.
        target: What it points at, ``module:object``.
        modules: Text of each module by its name.
    """
    package = folder / f"{scheme}_source-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {scheme}-source\nVersion: 1.0\n", encoding="utf-8")
    (package / "entry_points.txt").write_text(f"[resource_prediction.sources]\n{scheme} = {target}\n", encoding="utf-8")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def documented_source() -> str:
    """The module that the documents show as an example of a source."""
    text = (Path(__file__).parents[3] / "docs/telemetry.md").read_text(encoding="utf-8")
    (module,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(module)


def write_jobs(path: Path, rows: Iterable[tuple[str, str, str, int, int]]) -> None:
    """Write the database that the documented source reads: id, start, kind, peak in bytes, request in MiB."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE IF NOT EXISTS jobs (id, started, kind, peak_bytes, asked_mib)")
        database.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", rows)
        database.commit()
