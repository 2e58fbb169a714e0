"""The sources that come with the software keep the contract that authors of sources are given."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.warehouse.exports import NOW, build, export
from warehouse.sources import Source, SourceFile
from warehouse.sources.fetched import FetchedTable
from warehouse.sources.opening import open_source
from warehouse.testing import OpenAgain, SourceContract


class TestFiles(SourceContract):
    """Files of every format in one folder."""

    @pytest.fixture
    def open_again(self, tmp_path: Path) -> OpenAgain:
        folder = tmp_path / "exports"
        folder.mkdir()
        (folder / "a.csv").write_bytes(export(build(0), "broken", build(1, max_rss=-1), "", build(2)))
        duckdb.sql(
            "SELECT 'row-' || n AS atom_id, TIMESTAMP '2025-04-26' AS time, 'linux' AS buildProfile, n AS max_rss"
            " FROM range(3) AS rows(n)"
        ).write_parquet(str(folder / "b.parquet"))
        return lambda: open_source([str(folder)], NOW)


class TestFetchedTables(SourceContract):
    """Two tables of another system."""

    @pytest.fixture
    def open_again(self) -> OpenAgain:
        class Days:
            name = "farm://"

            def files(self) -> list[SourceFile]:
                return [FetchedTable(f"day {day}", lambda day=day: _day(day)) for day in range(2)]

        def open_days() -> Source:
            return Days()

        return open_days


def _day(number: int) -> pa.Table:
    rows = [(f"job-{number}-{place}", f"2025-04-26 1{number}:0{place}:00", "linux", place) for place in range(4)]
    return pa.table(dict(zip(("atom_id", "time", "buildProfile", "max_rss"), zip(*rows, strict=True), strict=True)))
