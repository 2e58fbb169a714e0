"""Telemetry files from paths, folders and globs. Not here: reading any of them (csv_file.py, parquet_file.py)."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from resource_prediction.errors import EmptySourceError, SourceError
from warehouse.sources import SourceFile
from warehouse.sources.csv_file import CsvFile
from warehouse.sources.listing import list_all
from warehouse.sources.parquet_file import ParquetFile

SCHEME = "file"
SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")

EXPECTED = f"a file, folder or glob with {', '.join(SUFFIXES)}"


class FilesSource:
    """Files, folders (with all below them) and globs, in the order of their names.

    Args:
        places: Paths or patterns as the user typed them.
        now: Time of ingest; a file changed just before it that ends inside a line is left for the next run.
    """

    def __init__(self, places: Sequence[str | Path], now: datetime) -> None:
        self.places = [str(place) for place in places]
        self.now = now if now.tzinfo else now.replace(tzinfo=UTC)

    @property
    def name(self) -> str:
        """The places, as the user typed them."""
        return " ".join(self.places)

    def files(self) -> list[SourceFile]:
        """Every telemetry file, once.

        Raises:
            SourceError: Where a place does not exist, or is a file without a known suffix.
            EmptySourceError: Where no place holds a file with one.
        """
        found = {path.resolve(): path for path in list_all(partial(_paths, place) for place in self.places)}
        return [self._file(path) for path in sorted(found.values())]

    def _file(self, path: Path) -> SourceFile:
        if path.name.lower().endswith(".parquet"):
            return ParquetFile(path, str(path))
        return CsvFile(path, str(path), self.now.timestamp())


def open_source(places: Sequence[str], now: datetime) -> FilesSource:
    """See `warehouse.sources.opening.OpenSource`; a plain path needs no scheme."""
    return FilesSource([place.removeprefix(f"{SCHEME}://") for place in places], now)


def _paths(place: str) -> list[Path]:
    path = Path(place)
    if path.is_file():
        if not _is_telemetry(path):
            raise _nothing(place, f"a file that ends with {path.suffix or 'no suffix'}")
        return [path]
    if path.is_dir():
        candidates, got = list(path.rglob("*")), "a folder without such a file"
    elif glob.has_magic(place):
        # Path.glob takes no absolute pattern, and a pattern is what the user typed.
        names = glob.glob(place, recursive=True)  # noqa: PTH207
        candidates, got = [Path(name) for name in names], "a pattern that matches no such file"
    else:
        raise _nothing(place, "a path that does not exist")
    found = [candidate for candidate in candidates if candidate.is_file() and _is_telemetry(candidate, path)]
    if not found:
        raise EmptySourceError(place, got, EXPECTED)
    return found


def _is_telemetry(path: Path, below: Path | None = None) -> bool:
    # Names with a leading dot or underscore are what writers call their unfinished files.
    parts = path.relative_to(below).parts if below and path.is_relative_to(below) else ()
    return path.name.lower().endswith(SUFFIXES) and not any(part.startswith((".", "_")) for part in parts)


def _nothing(place: str, got: str) -> SourceError:
    return SourceError(
        f"source {place}",
        got=got,
        expected=EXPECTED,
        next_step="Check the path given with --source.",
    )
