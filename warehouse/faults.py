"""Faults of disk, memory and databases under a store, told as errors of ours. Not here: the words of those errors."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from resource_prediction.errors import (
    StoreAccessError,
    StoreDiskError,
    StoreFaultError,
    StoreFullError,
    StoreLockedError,
    StoreMemoryError,
)
from warehouse.layout import Layout

Fault = type[StoreFaultError]

FAULT_OF_ERRNO: dict[int, Fault] = {
    errno.ENOSPC: StoreFullError,
    errno.EDQUOT: StoreFullError,
    errno.EFBIG: StoreFullError,
    errno.EROFS: StoreAccessError,
    errno.EACCES: StoreAccessError,
    errno.EPERM: StoreAccessError,
    errno.EIO: StoreDiskError,
}

FAULT_OF_SQLITE: dict[int, Fault] = {
    sqlite3.SQLITE_FULL: StoreFullError,
    sqlite3.SQLITE_IOERR_SHMSIZE: StoreFullError,
    sqlite3.SQLITE_READONLY: StoreAccessError,
    sqlite3.SQLITE_CANTOPEN: StoreAccessError,
    sqlite3.SQLITE_PERM: StoreAccessError,
    sqlite3.SQLITE_IOERR: StoreDiskError,
    sqlite3.SQLITE_CORRUPT: StoreDiskError,
    sqlite3.SQLITE_NOTADB: StoreDiskError,
    sqlite3.SQLITE_NOMEM: StoreMemoryError,
}

LOCKED_SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
ANOTHER_WRITER = "another writing process"

NUMPY_SHORT = re.compile(r"\d+ requested and \d+ written")
"""What numpy says, without a number of the system's, where an array did not go whole to the disk."""

DUCKDB_LOCKED = "Could not set lock"
DUCKDB_SPILL = "max_temp_directory_size"
"""DuckDB's name for the disk that it spills to, which it mentions where memory and that disk are used up."""


@contextmanager
def store_faults(layout: Layout) -> Iterator[None]:
    """Tell what the system and the databases raise in the block as errors of the store; others pass as they are.

    Raises:
        StoreFaultError: Its subclass says which kind of fault.
        StoreLockedError: Another process kept a database locked.
    """
    try:
        yield
    except (OSError, sqlite3.Error, duckdb.Error) as error:
        raise_fault(layout, error)
        raise


@contextmanager
def reader_faults(layout: Layout) -> Iterator[None]:
    """As `store_faults`, for those who only read: whatever a database cannot read is a fault of the disk.

    Raises:
        StoreFaultError: Its subclass says which kind of fault.
        StoreLockedError: Another process kept a database locked.
    """
    try:
        with store_faults(layout):
            yield
    except duckdb.Error as error:
        raise StoreDiskError(str(layout.store), str(error).partition("\n")[0]) from error


def raise_fault(layout: Layout, error: BaseException) -> None:
    """Raise the store's fault that an error stands for, as `store_faults` does; nothing happens where it is none.

    An error that came up while another one was handled, such as of a rollback after a full disk, hides no fault.
    """
    cause: BaseException | None = error
    while cause is not None:
        if (fault := _find(layout, cause)) is not None:
            raise fault from error
        cause = cause.__context__


def fault_in_words(text: str) -> Fault | None:
    """Which fault a text speaks of, in the system's words; None where it speaks of none."""
    if DUCKDB_SPILL in text:
        return StoreFullError
    number = _number_in(text)
    return None if number is None else FAULT_OF_ERRNO[number]


def _number_in(text: str) -> int | None:
    """The number of the system's error that a text names."""
    return next((number for number in FAULT_OF_ERRNO if os.strerror(number) in text), None)


def _find(layout: Layout, error: BaseException) -> StoreFaultError | StoreLockedError | None:
    store = str(layout.store)
    if isinstance(error, OSError):
        return _of_system(layout, error)
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(store, error)
    return _of_duckdb(store, error) if isinstance(error, duckdb.Error) else None


def _of_system(layout: Layout, error: OSError) -> StoreFaultError | None:
    if error.errno is None and NUMPY_SHORT.fullmatch(str(error)):
        return StoreFullError(str(layout.store), f"only a part written ({error} items)")
    kind = FAULT_OF_ERRNO.get(error.errno or 0)
    if kind is None:
        return None
    text = os.strerror(error.errno or 0).lower()
    if not isinstance(error.filename, str | Path):
        return kind(str(layout.store), text)
    # A source that cannot be read is no fault of the store.
    is_inside = Path(error.filename).absolute().is_relative_to(layout.store.absolute())
    return kind(str(layout.store), f"{text}, for {error.filename}") if is_inside else None


def _of_sqlite(store: str, error: sqlite3.Error) -> StoreFaultError | StoreLockedError | None:
    # Python leaves the code out where SQLite was not asked.
    code = getattr(error, "sqlite_errorcode", 0)
    kind_of_error = code & 0xFF
    if kind_of_error in LOCKED_SQLITE:
        return StoreLockedError(store, ANOTHER_WRITER)
    fault = FAULT_OF_SQLITE.get(code) or FAULT_OF_SQLITE.get(kind_of_error)
    return None if fault is None else fault(store, f"{error} ({error.sqlite_errorname})")


def _of_duckdb(store: str, error: duckdb.Error) -> StoreFaultError | StoreLockedError | None:
    text = str(error)
    if (number := _number_in(text)) is not None:
        # The rest of the text are offsets and JSON.
        return FAULT_OF_ERRNO[number](store, os.strerror(number).lower())
    got = text.partition("\n")[0]
    if DUCKDB_SPILL in text:
        return StoreFullError(store, got)
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreMemoryError(store, got)
    if DUCKDB_LOCKED in text:
        return StoreLockedError(store, ANOTHER_WRITER)
    return StoreDiskError(store, got) if isinstance(error, duckdb.IOException) else None
