"""The engine's lock, and files it cannot open. Not here: what is ingested."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime

import pytest

from resource_prediction.date_range import DateRange
from resource_prediction.errors import StoreError, StoreLockedError
from tests.warehouse.exports import HEADER
from warehouse import contract_sql
from warehouse.engine import open_engine, rebuild
from warehouse.layout import Layout
from warehouse.sql import render

HOLD = """
import sys
from pathlib import Path
from warehouse.engine import open_engine
from warehouse.layout import Layout
with open_engine(Layout(Path(sys.argv[1]))):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_refused_and_told_who_holds_the_lock(layout: Layout) -> None:
    with open_engine(layout), pytest.raises(StoreLockedError, match=rf"process {os.getpid()} since 20.*--store"):  # noqa: SIM117
        with open_engine(layout):
            pass


def test_a_killed_writer_leaves_no_lock(layout: Layout) -> None:
    command = [sys.executable, "-c", HOLD, str(layout.store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreLockedError, match=f"process {holder.pid} since"), open_engine(layout):
            pass
        holder.kill()
    with open_engine(layout) as engine:
        assert engine.execute("SELECT count(*) FROM telemetry").fetchall() == [(0,)]


def test_an_engine_file_that_is_none_says_what_to_do(layout: Layout) -> None:
    layout.store.mkdir()
    layout.engine_file.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="Move the file away"), open_engine(layout):
        pass


def test_nothing_published_cannot_be_rebuilt(layout: Layout) -> None:
    with pytest.raises(StoreError, match="no published telemetry"):
        rebuild(layout)


def test_reading_keeps_the_order_of_the_file(layout: Layout) -> None:
    # A join in the plan would shuffle the rows, and with them the line numbers in the quarantine.
    now = datetime(2025, 5, 1)  # noqa: DTZ001 - the store's times are naive UTC
    statement = render(
        "read",
        relation="(SELECT '' AS field)",
        texts=contract_sql.texts(dict.fromkeys(HEADER.split(";"), "field")),
        typed_values=contract_sql.typed_values(),
        columns=contract_sql.column_names(),
        suspect=contract_sql.suspect(now),
        faults=contract_sql.faults(now),
        in_range=contract_sql.in_range(DateRange(date(2025, 4, 26), date(2025, 4, 27))),
    )
    with open_engine(layout) as engine:
        plan = str(engine.execute("EXPLAIN " + statement).fetchall()).lower()
    assert "projection" in plan
    assert "join" not in plan
