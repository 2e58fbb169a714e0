"""A fit has one thread while searches wait; the last search has all of them; a dead one holds none."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.layout import Layout
from warehouse.running_searches import fit_threads, queue_searches, running_search


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


def test_cores_are_shared_once_no_search_waits(layout: Layout) -> None:
    queue_searches(layout, ["one", "two", "three"])
    with running_search(layout, "one"), running_search(layout, "two"):
        assert fit_threads(layout, cores=8) == 1
    with running_search(layout, "two"), running_search(layout, "three"):
        assert fit_threads(layout, cores=8) == 4
    with running_search(layout, "three"):
        assert fit_threads(layout, cores=8) == 8


def test_a_fit_never_has_less_than_one_thread(layout: Layout) -> None:
    queue_searches(layout, [])
    with running_search(layout, "one"), running_search(layout, "two"), running_search(layout, "three"):
        assert fit_threads(layout, cores=2) == 1


def test_what_a_killed_run_had_queued_is_forgotten(layout: Layout) -> None:
    queue_searches(layout, ["left"])
    queue_searches(layout, ["one"])
    with running_search(layout, "one"):
        assert fit_threads(layout, cores=2) == 2


def test_a_search_alone_in_a_store_that_never_queued_one_has_all_cores(layout: Layout) -> None:
    with running_search(layout, "one"):
        assert fit_threads(layout, cores=2) == 2
