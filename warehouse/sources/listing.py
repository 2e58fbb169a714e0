"""Several places as one list. Not here: what a place holds (files.py and the other sources)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from resource_prediction.errors import EmptySourceError

logger = logging.getLogger(__name__)

Found = TypeVar("Found")


def list_all(listings: Iterable[Callable[[], Sequence[Found]]]) -> list[Found]:
    """What all places hold together; a place that holds nothing today does not hide the others.

    Args:
        listings: One for each place, to be called once.

    Raises:
        EmptySourceError: That of the first place, where none holds anything.
    """
    found: list[Found] = []
    empty: list[EmptySourceError] = []
    for listing in listings:
        try:
            found += listing()
        except EmptySourceError as error:
            empty.append(error)
    if empty and not found:
        raise empty[0]
    for nothing in empty:
        logger.warning("%s", nothing)
    return found
