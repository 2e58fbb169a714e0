"""Writes that survive a crash: aside, flushed, renamed, folder flushed. Not here: what is written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4


def flush_file(path: Path) -> None:
    """Flush a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    """Flush a folder, and every file and folder below it."""
    for path in folder.rglob("*"):
        flush_file(path)
    flush_file(folder)


def move_durably(finished: Path, target: Path) -> None:
    """Flush a finished file and give it its final name; readers see all of it or nothing.

    Args:
        finished: A complete file on the same file system as the target.
        target: Its final path; a file that is there is replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    flush_file(finished)
    finished.replace(target)
    flush_file(target.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old content or the new, never a mixture; an error leaves no other file.

    Raises:
        OSError: The file cannot be written; the old content is there as it was.
    """
    write_pieces_durably(path, [content])


def write_pieces_durably(path: Path, pieces: Iterable[bytes]) -> None:
    """As `write_durably`, for a content that comes piece by piece and need not fit into memory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with aside.open("wb") as file:
            file.writelines(pieces)
        move_durably(aside, path)
    finally:
        # Gone where it was renamed. Where it was not, a file a night would add to what filled the disk.
        aside.unlink(missing_ok=True)
