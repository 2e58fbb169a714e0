"""Which searches of a store wait and which run, across threads and processes. Not here: what a search does."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.layout import Layout


def queue_searches(layout: Layout, families: Iterable[str]) -> None:
    """Note which searches of a run are to come; those that a killed run had noted are forgotten."""
    folder = layout.studies / "waiting"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for family in families:
        (folder / family).touch()


@contextmanager
def running_search(layout: Layout, family: str) -> Iterator[None]:
    """Count as running in the block; no process keeps its lock in death."""
    folder = layout.studies / "running"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _lock(folder / family, fcntl.LOCK_EX)
    try:
        (layout.studies / "waiting" / family).unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)


def fit_threads(layout: Layout, cores: int) -> int:
    """Threads that a fit of a running search may take now: one while searches wait, then its share of the cores."""
    if any((layout.studies / "waiting").glob("*")):
        return 1
    running = sum(_is_held(path) for path in (layout.studies / "running").glob("*"))
    return max(1, cores // max(1, running))


def _is_held(path: Path) -> bool:
    try:
        # Shared, so that two who look do not take each other for a search.
        os.close(_lock(path, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return True
    return False


def _lock(path: Path, how: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
