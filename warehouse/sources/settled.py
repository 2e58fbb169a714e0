"""A file as it was when its digest was taken, and whether it still is. Not here: what is in it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from resource_prediction.errors import UnsettledFileError


class SettledFile:
    """A file that must not change between its digest and the end of reading it.

    Args:
        path: The file.
        name: What reports call it.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self._seen = self._identity()

    def digest(self) -> str:
        """SHA-256 of the file as it lies there."""
        self._seen = self._identity()
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def check_settled(self) -> None:
        """Refuse a file that is not the one whose digest was taken.

        Raises:
            UnsettledFileError: Where its size or time of change moved.
        """
        if self._identity() != self._seen:
            raise UnsettledFileError(self.name, "a file that changed while it was read")

    def _identity(self) -> tuple[int, int, int]:
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns, status.st_ino
