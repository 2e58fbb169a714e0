"""Packages with sources, as an installer would have left them. Not here: tests."""

from __future__ import annotations

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
