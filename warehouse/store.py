"""The store as a whole: its format number and the one telemetry that it holds. Not here: its tables, parts, models."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from resource_prediction.errors import StoreError, StoreKindError, UnusableStoreError
from warehouse.durable import flush_file, write_durably
from warehouse.faults import raise_fault, store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)

STORE_FORMAT = 1
"""Raised with every change of what lies where in a store."""

NO_FOLDER = "a path that is not a folder"

Telemetry = dict[str, str | int | float | None]
Document = dict[str, object]
Migration = Callable[[Document], Document]

MIGRATIONS: dict[int, Migration] = {}
"""From a format to the next one; the first format is 1, so there is none yet."""


@dataclass(frozen=True)
class Store:
    """What a store says of itself.

    Attributes:
        id: Set at creation, never changed.
        format: Format number.
        telemetry: What its first ingest recorded, such as ``{"kind": "demo", "rows": 12000, "days": 28}`` or
            ``{"kind": "own", "mapping": None}``; None before that.
    """

    id: str
    format: int
    telemetry: Telemetry | None


def check_place(layout: Layout) -> None:
    """Look whether a store can be at a path, before anything is started.

    Raises:
        UnusableStoreError: Something else than a folder is there.
    """
    if layout.store.exists() and not layout.store.is_dir():
        raise UnusableStoreError(str(layout.store), NO_FOLDER)


def open_store(layout: Layout) -> Store:
    """Open the store in a folder, create it where there is none, migrate it where it is older.

    Raises:
        StoreError: On a store of a newer format, on an unreadable store file, and where the folder cannot be made.
    """
    with store_faults(layout):
        if not layout.store_file.exists():
            _create(layout)
        document = _document(layout)
        found = document.get("format")
        if found != STORE_FORMAT:
            document = _migrate(layout, document)
    return _store(layout, document)


def is_synthetic(layout: Layout) -> bool:
    """Whether the store holds the demo farm, so that its numbers are called synthetic wherever they are shown."""
    telemetry = open_store(layout).telemetry if layout.store_file.exists() else None
    return telemetry is not None and telemetry.get("kind") == "demo"


def claim(layout: Layout, telemetry: Mapping[str, str | int | float | None]) -> Store:
    """Record what telemetry the store holds, or check that it is the one it holds already.

    Call it under the engine's lock: two first ingests must not both claim.

    Args:
        layout: The store.
        telemetry: ``kind``, and what tells two of a kind apart.

    Raises:
        StoreKindError: Where the store holds another telemetry.
        StoreError: As `open_store`.
    """
    store = open_store(layout)
    wanted = dict(telemetry)
    if store.telemetry == wanted:
        return store
    if store.telemetry is not None:
        raise StoreKindError(str(layout.store), _words(store.telemetry), _words(wanted))
    document = {**_document(layout), "telemetry": wanted}
    write_durably(layout.store_file, _text(document))
    return _store(layout, document)


def release(layout: Layout) -> None:
    """Take back the claim of a store that has no row; call it under the engine's lock.

    Raises:
        StoreError: As `open_store`.
    """
    if open_store(layout).telemetry is not None:
        write_durably(layout.store_file, _text({**_document(layout), "telemetry": None}))


def migrate(document: Document, migrations: Mapping[int, Migration], newest: int) -> Document:
    """Take a store document from its format to the newest, one step after the other.

    Raises:
        StoreError: On a newer format, or one that no migration starts from.
    """
    while (found := document.get("format")) != newest:
        if not isinstance(found, int) or found > newest or found not in migrations:
            raise StoreError(
                "store format",
                got=found,
                expected=f"{newest}, or an older format that can be migrated",
                next_step="Use the version of this software that wrote the store, or choose another --store.",
            )
        document = migrations[found](document)
    return document


def _create(layout: Layout) -> None:
    document: Document = {"format": STORE_FORMAT, "id": uuid4().hex, "telemetry": None}
    aside = layout.store / f".store.{uuid4().hex}"
    try:
        layout.store.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(_text(document))
        flush_file(aside)
        os.link(aside, layout.store_file)
    except FileExistsError:
        if not layout.store.is_dir():
            raise UnusableStoreError(str(layout.store), NO_FOLDER) from None
        logger.debug("store %s: another process created it first", layout.store)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise UnusableStoreError(str(layout.store), error.strerror or NO_FOLDER) from error
        raise
    finally:
        if layout.store.is_dir():
            aside.unlink(missing_ok=True)
    flush_file(layout.store)


def _migrate(layout: Layout, document: Document) -> Document:
    migrated = migrate(document, MIGRATIONS, STORE_FORMAT)
    copy: Path = layout.store / f"store.format-{document['format']}.json"
    shutil.copyfile(layout.store_file, copy)
    write_durably(layout.store_file, _text(migrated))
    logger.info("store %s: migrated to format %d, the old store file is %s", layout.store, STORE_FORMAT, copy.name)
    return migrated


def _document(layout: Layout) -> Document:
    try:
        document = json.loads(layout.store_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise_fault(layout, error)
        raise StoreError(
            f"store file {layout.store_file}",
            got=str(error),
            expected="JSON that open_store wrote",
            next_step="Restore it from a backup, or choose another folder with --store.",
        ) from error
    return dict(document)


def _store(layout: Layout, document: Document) -> Store:
    telemetry = document.get("telemetry")
    if telemetry is not None and not isinstance(telemetry, dict):
        raise StoreError(
            f"store file {layout.store_file}",
            got=f"telemetry {telemetry!r}",
            expected="an object or null",
            next_step="Restore it from a backup, or choose another folder with --store.",
        )
    return Store(id=str(document["id"]), format=STORE_FORMAT, telemetry=telemetry)


def _text(document: Document) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _words(telemetry: Mapping[str, object]) -> str:
    kind = telemetry.get("kind", "unknown")
    rest = ", ".join(
        f"{name} {value}" for name, value in sorted(telemetry.items()) if name != "kind" and value is not None
    )
    return f"{kind} telemetry ({rest})" if rest else f"{kind} telemetry"
