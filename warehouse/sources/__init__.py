"""What a source of telemetry offers to ingest. Not here: any one source (a file each), finding it (opening.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb


@dataclass(frozen=True)
class OriginalRow:
    """A row as it stands in its file.

    Attributes:
        line: Line in the text of the file, the header is 1; for a format without lines the row, from 1.
        text: The row itself.
    """

    line: int
    text: str


@dataclass(frozen=True)
class BrokenLine:
    """A line that no row could be made of.

    Attributes:
        row: The line.
        code: Code of a quarantine reason for lines.
    """

    row: OriginalRow
    code: str


class TextRows(Protocol):
    """The rows of one file, all text, in the file's order."""

    @property
    def relation(self) -> str:
        """What stands behind FROM; reading it once gives every row that is not broken."""

    @property
    def texts(self) -> Mapping[str, str]:
        """An SQL expression of type VARCHAR for each contract column that is there."""

    def broken_lines(self, connection: duckdb.DuckDBPyConnection) -> list[BrokenLine]:
        """The lines that gave no row; only after the relation was read.

        Raises:
            UnsettledFileError: Where the file changed while it was read.
        """

    def originals(self, connection: duckdb.DuckDBPyConnection, ordinals: Sequence[int]) -> list[OriginalRow]:
        """The rows at these places of the relation (from 0), ascending; only after `broken_lines`."""


class SourceFile(Protocol):
    """One file, or one table of another system, that is read as a whole."""

    @property
    def name(self) -> str:
        """What reports and the quarantine call it."""

    def digest(self) -> str:
        """Digest of the content; equal content is never read twice.

        Raises:
            OSError: Where it cannot be reached.
        """

    def open(self, connection: duckdb.DuckDBPyConnection, staging: Path) -> AbstractContextManager[TextRows | None]:
        """Make the rows readable; None where there is not even a header.

        Args:
            connection: Where the relation will be read.
            staging: Folder for what has to be unpacked first; it is removed again.

        Raises:
            OSError: Where it cannot be reached.
            UnsettledFileError: Where the file is still being written.
            MissingColumnError: Where a column that training needs is not there.
            SourceError: Where it is not a table.
        """


class Source(Protocol):
    """Where telemetry comes from."""

    @property
    def name(self) -> str:
        """What the user called it."""

    def files(self) -> Sequence[SourceFile]:
        """Everything in it, in a fixed order; none where there is nothing today.

        Raises:
            OSError: Where it cannot be reached.
            EmptySourceError: In place of none, to say more.
            SourceError: Where there can be nothing, such as a path that does not exist.
        """
