"""The lock of a store's one living run; no process keeps its locks in death. Not here: what runs did (registry)."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_HELD: dict[Path, tuple[str, int]] = {}
"""Run and descriptor of each lock that this process holds; a run belongs to the process that began it."""


@dataclass(frozen=True)
class Holder:
    """Who holds a store, as the lock file names it; all None in the instant between its lock and its name.

    Attributes:
        run_id: Its run.
        pid: Its process.
        since: When it began; ISO time in UTC.
    """

    run_id: str | None = None
    pid: int | None = None
    since: str | None = None


def hold_run(lock_file: Path, run_id: str, *, at: datetime) -> Holder | None:
    """Hold a store for a run of this process until `release_run`, or until the process dies in whatever way.

    A program that the process starts does not keep the lock: Python's descriptors are not handed on. A child made by a
    bare fork would; processes here are started by spawn.

    Args:
        lock_file: The store's; it is made, and never removed: two processes could hold a file and its successor.
        run_id: The run.
        at: When it begins.

    Returns:
        None where the store is held from now on, else who holds it, in this process or another one.
    """
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        holder = Holder(run_id, os.getpid(), at.astimezone(UTC).isoformat(timespec="seconds"))
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(asdict(holder)).encode())
    except BlockingIOError:
        os.close(descriptor)
        return _read_holder(lock_file)
    except BaseException:
        os.close(descriptor)
        raise
    _HELD[lock_file.resolve()] = run_id, descriptor
    return None


def release_run(lock_file: Path, run_id: str) -> None:
    """Let go of the store; nothing happens where this process does not hold it for that run."""
    held, descriptor = _HELD.get(lock_file.resolve(), (None, -1))
    if held == run_id:
        del _HELD[lock_file.resolve()]
        os.close(descriptor)


def _read_holder(lock_file: Path) -> Holder:
    try:
        return Holder(**json.loads(lock_file.read_text(encoding="utf-8")))
    except ValueError:
        return Holder()
