"""Locks that tell a living run from a dead one, as no process keeps its locks in death. Not here: what runs did."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_HELD: dict[Path, int] = {}
"""Descriptors of the locks that this process holds; a run belongs to the process that began it."""


def hold_run(lock_file: Path) -> bool:
    """Hold a run for this process until `release_run`, or until it dies in whatever way.

    A program that the process starts does not keep the lock: Python's descriptors are not handed on. A child made by a
    bare fork would; processes here are started by spawn.

    Args:
        lock_file: The run's own; it is made.

    Returns:
        False where the run is held already, by this process or another one.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    if not _lock(descriptor, fcntl.LOCK_EX):
        os.close(descriptor)
        return False
    _HELD[lock_file.resolve()] = descriptor
    return True


def release_run(lock_file: Path) -> None:
    """Let go of a run that has ended; nothing happens where this process does not hold it."""
    descriptor = _HELD.pop(lock_file.resolve(), None)
    if descriptor is not None:
        lock_file.unlink(missing_ok=True)
        os.close(descriptor)


def is_held(lock_file: Path) -> bool:
    """Whether a living process is in the middle of the run; one without a lock file is in nobody's hands."""
    try:
        descriptor = os.open(lock_file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two that look at once do not take each other for the run.
        return not _lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, how: int) -> bool:
    """Take a lock without waiting; returns whether it was free."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
