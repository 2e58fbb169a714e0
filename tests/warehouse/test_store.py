"""The store's format and the one telemetry that it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resource_prediction.errors import StoreError, StoreKindError
from warehouse.layout import Layout
from warehouse.store import STORE_FORMAT, claim, migrate, open_store

DEMO = {"kind": "demo", "rows": 12_000, "days": 28}
OWN = {"kind": "own", "mapping": None}


def test_a_store_is_created_once_and_keeps_its_id(layout: Layout) -> None:
    first = open_store(layout)
    assert (first.format, first.telemetry) == (STORE_FORMAT, None)
    assert open_store(layout) == first
    assert sorted(path.name for path in layout.store.iterdir()) == ["store.json"]


def test_a_store_holds_one_telemetry(layout: Layout) -> None:
    assert claim(layout, DEMO).telemetry == DEMO
    assert claim(layout, DEMO).telemetry == DEMO
    with pytest.raises(StoreKindError, match=r"holds demo telemetry \(days 28, rows 12000\): got own .*--store"):
        claim(layout, OWN)
    assert open_store(layout).telemetry == DEMO


def test_a_demo_of_another_size_is_another_telemetry(layout: Layout) -> None:
    claim(layout, DEMO)
    with pytest.raises(StoreKindError, match=r"got demo telemetry \(days 28, rows 500"):
        claim(layout, DEMO | {"rows": 500})


def test_a_newer_store_is_refused(layout: Layout) -> None:
    open_store(layout)
    document = json.loads(layout.store_file.read_text())
    layout.store_file.write_text(json.dumps(document | {"format": STORE_FORMAT + 1}))
    with pytest.raises(StoreError, match=f"got {STORE_FORMAT + 1}; expected {STORE_FORMAT}, or an older format"):
        open_store(layout)


def test_an_older_store_takes_every_step_to_the_newest() -> None:
    steps = {1: lambda old: old | {"format": 2, "two": True}, 2: lambda old: old | {"format": 3, "three": True}}
    assert migrate({"format": 1}, steps, 3) == {"format": 3, "two": True, "three": True}


def test_a_store_that_no_migration_starts_from_is_refused() -> None:
    with pytest.raises(StoreError, match="got 1; expected 3"):
        migrate({"format": 1}, {}, 3)


def test_a_damaged_store_file_is_named(layout: Layout) -> None:
    layout.store.mkdir()
    layout.store_file.write_text("{")
    with pytest.raises(StoreError, match=r"store\.json: got Expecting"):
        open_store(layout)


def test_a_store_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(StoreError, match="expected a folder that can be written"):
        open_store(Layout(tmp_path / "store"))
