"""Reading what was rejected and why, from what is published. Not here: rejecting (ingest), the rules (telemetry)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from resource_prediction.errors import StoreError
from warehouse.layout import Layout
from warehouse.published import PARQUET_FILES, read_snapshot


@dataclass(frozen=True)
class QuarantinedRow:
    """One rejected row.

    Attributes:
        file: The file that it came in.
        line: Its line there; for a format without lines the row, from 1.
        reasons: ``column:code`` or ``line:code``, as in `resource_prediction.quarantine_reasons`.
        row_text: The row itself.
        ingested_at: When it was rejected, naive UTC.
    """

    file: str
    line: int
    reasons: tuple[str, ...]
    row_text: str
    ingested_at: datetime


def read_quarantine(layout: Layout) -> list[QuarantinedRow]:
    """Read every rejected row, in the order in which they came.

    Raises:
        StoreError: Where nothing is published, or the published file is missing or damaged.
    """
    part = read_snapshot(layout).quarantine
    try:
        with duckdb.connect() as memory:
            rows = memory.execute(
                "SELECT file, line, reasons, row_text, ingested_at "  # noqa: S608 - our own text
                f"FROM {PARQUET_FILES} ORDER BY ingested_at, file, line",
                [str(part.path)],
            ).fetchall()
    except duckdb.Error as error:
        raise StoreError(
            f"quarantine {part.path}",
            got=f"a file that cannot be read ({str(error).splitlines()[0]})",
            expected="the Parquet file that was published",
            next_step="`python -m warehouse verify` names what is damaged; restore it from a backup.",
        ) from error
    return [QuarantinedRow(file, line, tuple(reasons), text, at) for file, line, reasons, text, at in rows]
