"""Links name one thing or the other, and travel with the store."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from resource_prediction.errors import StoreError
from warehouse.links import link_names, point_link


@pytest.fixture
def targets(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "store" / "artifacts" / "a", tmp_path / "store" / "artifacts" / "b"
    for path in paths:
        path.mkdir(parents=True)
        (path / "name").write_text(path.name, encoding="utf-8")
    return paths


def test_a_link_is_made_swapped_and_then_left_alone(tmp_path: Path, targets: tuple[Path, Path]) -> None:
    link = tmp_path / "store" / "models" / "some_family"
    assert point_link(link, targets[0])
    assert not point_link(link, targets[0])
    assert point_link(link, targets[1])
    assert link_names(link, targets[1])
    assert (link / "name").read_text(encoding="utf-8") == "b"
    assert list(link.parent.iterdir()) == [link]


def test_a_moved_store_keeps_its_links(tmp_path: Path, targets: tuple[Path, Path]) -> None:
    point_link(tmp_path / "store" / "champion", targets[0])
    moved = (tmp_path / "store").rename(tmp_path / "moved")
    assert (moved / "champion").resolve() == moved / "artifacts" / "a"


def test_a_folder_in_the_place_of_a_link_is_never_removed(tmp_path: Path, targets: tuple[Path, Path]) -> None:
    link = tmp_path / "store" / "champion"
    link.mkdir()
    with pytest.raises(StoreError, match="expected a symbolic link, or nothing"):
        point_link(link, targets[0])
    assert link.is_dir()


def test_a_reader_sees_the_old_or_the_new_target_and_never_none(tmp_path: Path, targets: tuple[Path, Path]) -> None:
    link = tmp_path / "store" / "champion"
    point_link(link, targets[0])
    ended = threading.Event()

    def swap() -> None:
        for turn in range(200):
            point_link(link, targets[(turn + 1) % 2])
        ended.set()

    writer = threading.Thread(target=swap)
    writer.start()
    seen = set()
    while not ended.is_set():
        seen.add((link / "name").read_text(encoding="utf-8"))
    writer.join()
    assert seen <= {"a", "b"}
    assert link_names(link, targets[0])
