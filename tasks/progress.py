"""Progress of a family in the Prefect UI, and calls to it that may fail. Not here: what a run came to (ui.py)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import TaskRunContext
from prefect.exceptions import PrefectException
from pydantic import ValidationError

logger = logging.getLogger(__name__)

UI_ERRORS = (httpx.HTTPError, PrefectException, ValidationError, OSError)
"""What a call to Prefect's API may raise; none of it may fail a night."""

UPDATE_SECONDS = 2.0
"""A family's progress is not written more often; its end is always written."""


@contextmanager
def tolerated(what: str, not_shown: list[str]) -> Iterator[None]:
    """Let a call to Prefect's API fail: warn, note it, and go on.

    Args:
        what: What is to be shown.
        not_shown: Where it is noted.
    """
    try:
        yield
    except UI_ERRORS as error:
        note = f"{what}: {type(error).__name__}: {error}"
        logger.warning("the Prefect UI does not show the %s", note)
        not_shown.append(note)


class FamilyProgress:
    """A bar in the UI for one family's search or fit; where no task runs, as in a test of a task's body, it is silent.

    Args:
        step: ``search`` or ``fit``.
        family: Whose.
        clock: Seconds that only go up.
    """

    def __init__(self, step: str, family: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.not_shown: list[str] = []
        self._key = f"{step}-{family}".replace("_", "-")
        self._clock = clock
        self._written_at = -UPDATE_SECONDS
        self._id: UUID | None = None
        self._is_live = TaskRunContext.get() is not None

    def tell(self, percent: float, text: str) -> None:
        """Show how far it is, unless that was shown a moment ago and this is not the end."""
        now = self._clock()
        if not self._is_live or (percent < 100 and now - self._written_at < UPDATE_SECONDS):
            return
        self._written_at = now
        with tolerated(self._key, self.not_shown):
            if self._id is None:
                self._id = cast("UUID", create_progress_artifact(percent, key=self._key, description=text))
            else:
                update_progress_artifact(self._id, percent, description=text)
        # One that cannot be reached once is not asked again by this family: each try may wait for a minute.
        self._is_live = not self.not_shown
