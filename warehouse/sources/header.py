"""Headers against the telemetry contract, by name. Not here: rows."""

from __future__ import annotations

from collections.abc import Sequence

from resource_prediction.errors import MissingColumnError, SourceError
from resource_prediction.telemetry import COLUMN_BY_NAME, NEEDED_COLUMNS


def contract_positions(header: Sequence[str], where: str, needed: Sequence[str] = NEEDED_COLUMNS) -> dict[str, int]:
    """Find the contract's columns in a header, wherever they stand.

    Args:
        header: Names in the file's order; others than the contract's are ignored.
        where: Name of the file, for the message.
        needed: Columns that must be there; those that training needs, unless told otherwise.

    Returns:
        Place of each contract column that is there, from 0.

    Raises:
        MissingColumnError: Where a needed column is not there.
        SourceError: Where a contract column is there twice.
    """
    names = [name.strip() for name in header]
    for name in needed:
        if name not in names:
            raise MissingColumnError(name, names, where)
    for name in COLUMN_BY_NAME:
        if names.count(name) > 1:
            raise SourceError(
                f"header of {where}",
                got=f"column {name!r} {names.count(name)} times",
                expected="each column once",
                next_step="Rename or remove the other one in the export.",
            )
    return {name: place for place, name in enumerate(names) if name in COLUMN_BY_NAME}
