"""Accepted rows of a telemetry file or of the synthetic farm, for benchmarks. Not here: what is fitted on them."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from warehouse.engine import open_engine
from warehouse.ingest import ingest
from warehouse.layout import Layout
from warehouse.publish import publish
from warehouse.published import read_rows
from warehouse.sources.demo import write_demo_export
from warehouse.sources.files import FilesSource


def read_source(source: str | None, demo_rows: int = 0, demo_days: float = 0.0) -> pd.DataFrame:
    """Read a file through a store that is thrown away; without one, the synthetic farm of that size."""
    with tempfile.TemporaryDirectory() as store:
        layout, now = Layout(Path(store)), datetime.now(UTC)
        place = source or str(write_demo_export(layout, demo_rows, demo_days))
        with open_engine(layout) as engine:
            ingest(engine, layout, FilesSource([place], now), now=now)
            return read_rows(publish(engine, layout))
