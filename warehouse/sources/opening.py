"""From what a user typed to a source, found by its scheme. Not here: any one source (a file each)."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol, cast

import warehouse.sources
from resource_prediction.errors import EmptySourceError, SchemeError, UnknownSchemeError
from warehouse.sources import Source, SourceFile, files
from warehouse.sources.listing import list_all

logger = logging.getLogger(__name__)

GROUP = "resource_prediction.sources"
"""Entry points of other packages: the name is the scheme, the object is an `OpenSource`."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class OpenSource(Protocol):
    """What a module with a ``SCHEME`` calls ``open_source``, and what an entry point names."""

    def __call__(self, places: Sequence[str], now: datetime) -> Source:
        """A source over the places; it does not touch them before it is asked for its files.

        Args:
            places: As the user typed them, all of one scheme, at least one.
            now: Time of ingest.

        Raises:
            SourceError: Where a place cannot be meant.
        """


@dataclass(frozen=True)
class JoinedSources:
    """Sources of several schemes as one; see `Source`."""

    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        """See `Source`."""
        return " ".join(source.name for source in self.sources)

    def files(self) -> list[SourceFile]:
        """See `Source`."""
        return list_all(source.files for source in self.sources)


def open_source(places: Sequence[str], now: datetime) -> Source:
    """Open what a user named.

    Args:
        places: ``SCHEME://...`` for the source of that scheme, anything else is a path or a glob.
        now: Time of ingest.

    Raises:
        UnknownSchemeError: Where no source has the scheme.
        SchemeError: Where the one that has it cannot be used.
        SourceError: Where the source refuses a place.
    """
    by_scheme: dict[str, list[str]] = {}
    for place in places:
        by_scheme.setdefault(_scheme(place), []).append(place)
    sources = tuple(_opener(scheme, group[0])(group, now) for scheme, group in by_scheme.items())
    return sources[0] if len(sources) == 1 else JoinedSources(sources)


def check_places(places: Sequence[str], now: datetime, *, may_be_empty: bool) -> None:
    """Find what is wrong with the places without touching anything but the disk.

    Args:
        places: As `open_source`.
        now: Time of ingest.
        may_be_empty: Whether paths that hold nothing today are legal.

    Raises:
        SourceError: As `open_source`, and for a path that does not exist.
        EmptySourceError: Where paths hold nothing, and that is not legal.
    """
    opened = open_source(places, now)
    for source in opened.sources if isinstance(opened, JoinedSources) else (opened,):
        if not isinstance(source, files.FilesSource):
            continue
        try:
            source.files()
        except EmptySourceError:
            if not may_be_empty and source is opened:
                raise
        except OSError as error:
            logger.warning("source %s does not answer (%s); ingest tries again", source.name, error)


def _scheme(place: str) -> str:
    match = _SCHEME.match(place)
    return match[1].lower() if match else files.SCHEME


def _opener(scheme: str, place: str) -> OpenSource:
    if scheme == files.SCHEME:
        return files.open_source  # a broken source of another scheme does not stop nights that read files
    modules, unusable = _modules()
    named = entry_points(group=GROUP)
    found = [partial(_of_module, module) for module in modules if scheme == module.SCHEME]
    found += [partial(_of_entry_point, entry) for entry in named if entry.name == scheme]
    if not found:
        known = {module.SCHEME for module in modules} | {entry.name for entry in named}
        raise UnknownSchemeError(place, sorted(known), unusable)
    if len(found) > 1:
        raise SchemeError(scheme, f"{len(found)} of them: {', '.join(str(each.args[0]) for each in found)}")
    return found[0]()


def _modules() -> tuple[list[ModuleType], list[str]]:
    """Modules of this package that declare a scheme, and a line for each one that cannot be imported."""
    modules, unusable = [], []
    for info in iter_modules(warehouse.sources.__path__, f"{warehouse.sources.__name__}."):
        try:
            module = import_module(info.name)
        except ImportError as error:
            unusable.append(f"{info.name} cannot be imported ({error})")
            continue
        if hasattr(module, "SCHEME"):
            modules.append(module)
    return modules, unusable


def _of_module(module: ModuleType) -> OpenSource:
    return _callable(module.SCHEME, getattr(module, "open_source", None), module.__name__)


def _of_entry_point(entry: EntryPoint) -> OpenSource:
    try:
        opener = entry.load()
    except (ImportError, AttributeError) as error:
        raise SchemeError(entry.name, f"{entry.value}, which cannot be loaded ({error})") from error
    return _callable(entry.name, opener, entry.value)


def _callable(scheme: str, opener: object, where: str) -> OpenSource:
    if not callable(opener):
        raise SchemeError(scheme, f"{where} without such a function")
    return cast(OpenSource, opener)
