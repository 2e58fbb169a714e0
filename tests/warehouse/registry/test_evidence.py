"""A block of a recipe enters the ledger once and stays as it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resource_prediction.errors import GateError, StoreError
from resource_prediction.evidence import LEDGER_COLUMNS, empty_ledger, iso_time, ledger_entries
from warehouse.layout import Layout
from warehouse.registry import Registry

FIRST_BLOCK = pd.Timestamp("2026-01-05T00:00:00")


def _entries(*rows: tuple[int, str, str, int]) -> pd.DataFrame:
    """Rows of (block number, recipe, segment, jobs); one job in ten is under, 1 GiB excess and 2 GiB peak a job."""
    frame = pd.DataFrame(
        [
            (_start(block), recipe, segment, "2026-01-04T23:00:00.000000", jobs, jobs // 10, 1.0 * jobs, 2.0 * jobs)
            for block, recipe, segment, jobs in rows
        ],
        columns=list(LEDGER_COLUMNS),
    )
    return frame.astype(empty_ledger().dtypes.to_dict())


def _start(block: int) -> str:
    return iso_time(FIRST_BLOCK + pd.Timedelta(hours=6 * block))


def test_what_was_entered_is_read_back_in_order(registry: Registry) -> None:
    entries = _entries((1, "r", "core", 40), (0, "r", "ui", 30), (0, "r", "core", 20))
    assert registry.evidence.add(entries) == 3
    expected = entries.sort_values(["block_start", "recipe", "segment"], ignore_index=True)
    pd.testing.assert_frame_equal(registry.evidence.read(), expected, check_dtype=True)


def test_a_block_is_not_rewritten(registry: Registry) -> None:
    registry.evidence.add(_entries((0, "r", "core", 20)))
    assert registry.evidence.add(_entries((0, "r", "core", 99))) == 0
    assert registry.evidence.read()["rows"].tolist() == [20]


def test_a_block_does_not_grow_by_another_segment(registry: Registry) -> None:
    registry.evidence.add(_entries((0, "r", "core", 20)))
    assert registry.evidence.add(_entries((0, "r", "ui", 5), (1, "r", "ui", 6))) == 1
    assert registry.evidence.read()["rows"].tolist() == [20, 6]


def test_recipes_enter_the_same_block_apart(registry: Registry) -> None:
    registry.evidence.add(_entries((0, "r", "core", 20)))
    assert registry.evidence.add(_entries((0, "r@served", "core", 20))) == 1


def test_fits_of_a_recipe_enter_the_same_block_apart_and_each_once(registry: Registry) -> None:
    entries = _entries((0, "r", "core", 20), (0, "r", "ui", 5))
    other = entries.assign(fitted_until="2026-01-04T12:00:00.000000")
    assert [registry.evidence.add(each) for each in (entries, other, other, entries)] == [2, 2, 0, 0]
    assert registry.evidence.read()["fitted_until"].str[11:13].tolist() == ["12", "12", "23", "23"]


def test_the_ledger_can_be_read_from_a_block_on(registry: Registry) -> None:
    registry.evidence.add(_entries((0, "r", "core", 20), (1, "r", "core", 30), (2, "r", "core", 40)))
    assert registry.evidence.read(since=_start(1))["rows"].tolist() == [30, 40]


def test_an_empty_ledger_is_the_librarys_empty_ledger(registry: Registry) -> None:
    pd.testing.assert_frame_equal(registry.evidence.read(), empty_ledger())
    assert registry.evidence.add(empty_ledger()) == 0


def test_what_the_library_builds_is_what_the_gate_reads(registry: Registry) -> None:
    scored = pd.DataFrame(
        {
            "time": pd.to_datetime(["2026-01-05T01:00:00", "2026-01-05T02:00:00", "2026-01-05T07:00:00"]),
            "segment": "core",
            "peak_gib": [2.0, 4.0, 1.0],
            "allocation_gib": [3.0, 3.0, 1.0],
        }
    )
    entries = ledger_entries(
        scored,
        recipe="r",
        fitted_until=datetime(2026, 1, 4, 23),  # noqa: DTZ001 - as telemetry has it
        newest_known=datetime(2026, 1, 8),  # noqa: DTZ001
        label_delay=timedelta(hours=1),
    )
    assert registry.evidence.add(entries) == 2
    pd.testing.assert_frame_equal(registry.evidence.read(), entries)
    assert registry.evidence.read()[["rows", "under_rows", "excess_gib"]].values.tolist() == [[2, 1, 1.0], [1, 0, 0.0]]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (_entries((0, "r", "core", 20)).drop(columns="peak_gib"), "a table without peak_gib"),
        (_entries((0, "r", "core", 20)).assign(excess_gib=float("nan")), "a missing value"),
        (_entries((0, "r", "core", 20), (0, "r", "core", 20)), "the same block, recipe, fit and segment twice"),
    ],
)
def test_entries_that_prove_nothing_are_refused(registry: Registry, entries: pd.DataFrame, message: str) -> None:
    with pytest.raises((StoreError, GateError), match=message):
        registry.evidence.add(entries)
    assert registry.evidence.read().empty


def test_the_ledger_cannot_be_rewritten_even_by_hand(registry: Registry, layout: Layout) -> None:
    registry.evidence.add(_entries((0, "r", "core", 20)))
    with (
        closing(sqlite3.connect(layout.registry_file)) as editor,
        pytest.raises(sqlite3.IntegrityError, match="evidence is not rewritten"),
    ):
        editor.execute("UPDATE evidence SET under_rows = 0")


@given(
    nights=st.lists(
        st.lists(
            st.tuples(st.integers(0, 3), st.sampled_from("rs"), st.sampled_from("xy"), st.integers(1, 9)),
            unique_by=lambda row: row[:3],
            max_size=8,
        ),
        max_size=4,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_nights_bring_the_first_night_of_a_block_stays(
    tmp_path_factory: pytest.TempPathFactory, nights: list[list[tuple[int, str, str, int]]]
) -> None:
    expected: dict[tuple[int, str], dict[str, int]] = {}
    with Registry.open(Layout(tmp_path_factory.mktemp("store"))) as registry:
        for night in nights:
            registry.evidence.add(_entries(*night))
            fresh: dict[tuple[int, str], dict[str, int]] = {}
            for block, recipe, segment, jobs in night:
                fresh.setdefault((block, recipe), {})[segment] = jobs
            expected = fresh | expected
        ledger = registry.evidence.read()
    found: dict[tuple[int, str], dict[str, int]] = {}
    for start, recipe, segment, jobs in ledger[["block_start", "recipe", "segment", "rows"]].itertuples(index=False):
        block = (pd.Timestamp(start) - FIRST_BLOCK) // pd.Timedelta(hours=6)
        found.setdefault((block, recipe), {})[segment] = jobs
    assert found == expected
