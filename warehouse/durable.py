"""Making files survive a power cut: fsync of files, folders and trees. Not here: what is written."""

from __future__ import annotations

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Flush a file or the entries of a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Flush a folder, and every file and folder below it."""
    for path in folder.rglob("*"):
        sync_path(path)
    sync_path(folder)
