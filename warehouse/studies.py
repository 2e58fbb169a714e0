"""Journals of searches, one file a study: opened after any crash, the newest kept. Not here: what trials are."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from resource_prediction.errors import DamagedJournalError
from resource_prediction.search.history import UNTIL
from warehouse.layout import Layout

logger = logging.getLogger(__name__)

KEPT = 8
"""Studies of a family that stay, those of the newest rows: they are what the next one starts from."""


class FlockLock:
    """A lock that no killed process leaves behind; those that Optuna offers are waited for half a minute then.

    Args:
        path: The lock's file; it is made, and never removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def acquire(self) -> bool:
        """Wait until nobody else holds it."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def open_study(layout: Layout, family: str, name: str) -> JournalStorage:
    """The journal of a family's study, for the one search that runs; it is made where there is none.

    Raises:
        DamagedJournalError: It holds what is no journal.
    """
    path = study_path(layout, family, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _open(path)


def study_path(layout: Layout, family: str, name: str) -> Path:
    """Where the journal of a family's study is, or would be."""
    return layout.family_studies(family) / f"{name}.journal"


def earlier_studies(layout: Layout, family: str, name: str) -> list[JournalStorage]:
    """The other studies of a family that can be read, the newest first."""
    return [storage for storage in _others(layout, family, name).values() if storage is not None]


def drop_old_studies(layout: Layout, family: str, name: str) -> None:
    """Remove all studies of a family but the newest ones and this one."""
    for path in list(_others(layout, family, name))[KEPT - 1 :]:
        path.unlink()


def _others(layout: Layout, family: str, name: str) -> dict[Path, JournalStorage | None]:
    """The other studies of a family, the newest first; None where one cannot be read, which come last."""
    found: dict[Path, JournalStorage | None] = {}
    for path in layout.family_studies(family).glob("*.journal"):
        if path.stem != name:
            try:
                found[path] = _open(path)
            except DamagedJournalError as error:
                logger.warning("no search starts from a study that is damaged: %s", error)
                found[path] = None
    return dict(sorted(found.items(), key=lambda entry: _place(*entry)))


def _place(path: Path, storage: JournalStorage | None) -> tuple[int, float, str]:
    """By how new a study's rows are: a file's own time is that of its arrival on a worker, or in a copied store."""
    known = [] if storage is None else [study.user_attrs.get(UNTIL, 0) for study in storage.get_all_studies()]
    return -max(known, default=0), -path.stat().st_mtime, path.name


def _open(path: Path) -> JournalStorage:
    _cut_torn_line(path)
    try:
        lock = FlockLock(path.with_name("journals.lock"))
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))  # type: ignore[arg-type]  # any lock will do
    except (ValueError, KeyError) as error:
        raise DamagedJournalError(str(path), f"{type(error).__name__}: {error}") from error


def _cut_torn_line(path: Path) -> None:
    """Drop what a killed process or a full disk left of a last line: Optuna would append to it and never read on."""
    if path.exists() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
