"""Files through a place that flow and workers both reach: named by content, checked on arrival. Not here: which."""

from __future__ import annotations

import errno
import ftplib
import hashlib
import json
import logging
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

import fsspec

from resource_prediction.errors import ExchangeError

logger = logging.getLogger(__name__)

KEPT = 8
"""Received parcels that stay in a worker's cache: those used last."""


@dataclass(frozen=True)
class Parcel:
    """Some files of a store, on their way.

    Attributes:
        exchange: URL of the place that they lie in, each under the SHA-256 of its bytes.
        digest: SHA-256 of their list, which lies there as well: path in the store, SHA-256 and size of each.
    """

    exchange: str
    digest: str


def check_exchange(exchange: str) -> None:
    """Look whether an exchange can be reached, before anything is started.

    Raises:
        ExchangeError: It cannot.
    """
    with _faults(exchange):
        files, root = _open(exchange)
        files.exists(root)


def send(exchange: str, store: Path, names: Iterable[str]) -> Parcel:
    """Put files of a store where a worker can get them; what is there already is not sent again.

    Args:
        exchange: Any URL that fsspec knows, such as ``s3://bucket/prefix``; credentials are the environment's.
        store: Folder that the names start from.
        names: Paths of files inside it, ``/`` between parts.

    Raises:
        ExchangeError: The exchange cannot be written.
    """
    with _faults(exchange):
        files, root = _open(exchange)
        if not files.exists(root):
            files.makedirs(root, exist_ok=True)
        listed = {}
        for name in sorted(names):
            path = store / name
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            listed[name] = {"sha256": digest, "size_bytes": path.stat().st_size}
            if not _is_there(files, f"{root}/{digest}", path.stat().st_size):
                files.put_file(str(path), f"{root}/{digest}")
        text = json.dumps(listed, sort_keys=True).encode()
        parcel = Parcel(exchange, hashlib.sha256(text).hexdigest())
        if not _is_there(files, f"{root}/{parcel.digest}", len(text)):
            files.pipe_file(f"{root}/{parcel.digest}", text)
    return parcel


def receive(parcel: Parcel, folder: Path) -> Path:
    """Get a parcel; returns the folder that holds its files under their paths in the store.

    Each file is checked against its digest before any is there under its name; one that is there is taken as it is.

    Args:
        parcel: Of `send`.
        folder: Where parcels are kept; those that were used longest ago are removed beyond KEPT.

    Raises:
        ExchangeError: The exchange cannot be read, or holds another content than its names say.
    """
    target = folder / parcel.digest
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = folder / f".{parcel.digest}.{uuid4().hex}"
        try:
            with _faults(parcel.exchange):
                _get(parcel, aside)
            _rename(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    target.touch()
    _drop_old(folder)
    return target


def _get(parcel: Parcel, aside: Path) -> None:
    files, root = _open(parcel.exchange)
    text = files.cat_file(f"{root}/{parcel.digest}")
    _check(parcel.exchange, parcel.digest, hashlib.sha256(text).hexdigest())
    for name, entry in json.loads(text).items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ExchangeError(parcel.exchange, f"a file for {name}", "paths inside a store")
        path = aside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files.get_file(f"{root}/{entry['sha256']}", str(path))
        with path.open("rb") as stream:
            _check(parcel.exchange, entry["sha256"], hashlib.file_digest(stream, "sha256").hexdigest())


def _check(exchange: str, named: str, found: str) -> None:
    if found != named:
        raise ExchangeError(exchange, f"digest {found[:12]} under the name {named[:12]}", "files named by their digest")


def _rename(aside: Path, target: Path) -> None:
    try:
        aside.rename(target)
    except OSError as error:
        # Another process of this machine received the same parcel meanwhile: equal digests are equal files.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise


def _drop_old(folder: Path) -> None:
    parcels = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for path in sorted(parcels, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
        logger.debug("removed %s", path)


def _open(exchange: str) -> tuple[Any, str]:
    """The file system of a URL, with no memory of what it listed, and the path in it."""
    files, root = fsspec.core.url_to_fs(exchange, use_listings_cache=False, skip_instance_cache=True)
    return files, root.rstrip("/")


def _is_there(files: Any, path: str, size_bytes: int) -> bool:  # noqa: ANN401 - one of fsspec's file systems
    """Whether a file is there whole: one that was cut off in the middle is sent again."""
    return bool(files.exists(path)) and files.info(path)["size"] == size_bytes


@contextmanager
def _faults(exchange: str) -> Iterator[None]:
    """Tell what file systems raise as an error of the exchange; fsspec leaves each of them its own."""
    try:
        yield
    except ExchangeError:
        raise
    except _kinds_of_faults() as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise ExchangeError(exchange.rpartition("@")[2], text) from error


def _kinds_of_faults() -> tuple[type[Exception], ...]:
    """What file systems raise; errors of S3's client have no root in common with the others."""
    kinds: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, ImportError, ftplib.Error)
    of_s3 = sys.modules.get("botocore.exceptions")
    return kinds if of_s3 is None else (*kinds, of_s3.BotoCoreError, of_s3.ClientError)
