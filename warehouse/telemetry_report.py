"""Published telemetry told in counts: rows a day, how fresh it is, why rows were rejected. Not here: drift, waste."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import duckdb
import pandas as pd

from resource_prediction.quarantine_reasons import explain
from warehouse.faults import store_faults
from warehouse.layout import Layout
from warehouse.published import PARQUET_FILES, Snapshot
from warehouse.quarantine import QuarantinedRow


def rows_a_day(layout: Layout, snapshot: Snapshot) -> pd.DataFrame:
    """Accepted rows by UTC day: ``day``, ``rows``, ``twins``, ``mean_peak_gib``, ``mean_request_gib``.

    ``rows`` are all that came in, twins among them; the means are of jobs, without twins.

    Raises:
        StoreError: A published part cannot be read.
    """
    if not snapshot.parts:
        return pd.DataFrame(columns=["day", "rows", "twins", "mean_peak_gib", "mean_request_gib"])
    with store_faults(layout), duckdb.connect() as memory:
        found: pd.DataFrame = memory.execute(
            f"""
            SELECT CAST(time AS DATE) AS day, count(*) AS rows, count(*) FILTER (is_twin) AS twins,
                   avg(max_rss) FILTER (NOT is_twin) / 1024 ** 3 AS mean_peak_gib,
                   avg(memreq) FILTER (NOT is_twin) / 1024 AS mean_request_gib
            FROM {PARQUET_FILES} GROUP BY day ORDER BY day
            """,  # noqa: S608 - our own text
            [snapshot.paths],
        ).df()
    return found


def newest_submission(layout: Layout, snapshot: Snapshot) -> datetime | None:
    """When the newest accepted job was submitted, naive UTC; None without one."""
    if not snapshot.parts:
        return None
    with store_faults(layout), duckdb.connect() as memory:
        (newest,) = memory.execute(
            f"SELECT max(time) FROM {PARQUET_FILES}",  # noqa: S608 - our own text
            [snapshot.paths],
        ).fetchall()[0]
    return None if newest is None else newest


def quarantine_reasons(rows: list[QuarantinedRow]) -> pd.DataFrame:
    """Rejected rows by reason, the most frequent first: ``reason``, ``rows``, ``rule``."""
    counts = Counter(reason for row in rows for reason in row.reasons)
    return pd.DataFrame(
        [(reason, count, explain(reason)) for reason, count in counts.most_common()], columns=["reason", "rows", "rule"]
    )


def quarantine_rows(rows: list[QuarantinedRow], newest: int) -> pd.DataFrame:
    """The newest rejected rows, newest first: ``ingested_at``, ``file``, ``line``, ``reasons``, ``row``."""
    return pd.DataFrame(
        [
            (row.ingested_at, row.file, row.line, ", ".join(row.reasons), row.row_text)
            for row in reversed(rows[-newest:])
        ],
        columns=["ingested_at", "file", "line", "reasons", "row"],
    )
