"""What killed runs leave half-written, and its removal. Not here: finished things that are needed no more."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from warehouse.layout import Layout

logger = logging.getLogger(__name__)

LEFT_AFTER = timedelta(days=1)
"""Older than anything that is being written now, by a run or by a command beside it."""


def sweep(layout: Layout, *, at: datetime) -> None:
    """Remove what was begun a day ago or earlier and never finished; nothing of it is ever read.

    Args:
        layout: The store.
        at: Now, with a zone.
    """
    for path in _half_written(layout):
        if path.lstat().st_mtime < (at - LEFT_AFTER).timestamp():
            logger.info("removed %s, which a stopped run had left half-written", path.name)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _half_written(layout: Layout) -> Iterator[Path]:
    if layout.staging.is_dir():
        yield from layout.staging.iterdir()
    for folder in (layout.features, layout.training):
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.name.startswith("."))
