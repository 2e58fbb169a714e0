"""Files of a run: in its folder, whole, and a full disk said so."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from resource_prediction.errors import StoreFullError
from warehouse.layout import Layout
from warehouse.run_files import write_run_files


def test_each_text_is_a_file_of_the_runs_folder_and_written_again_it_is_the_new_one(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_run_files(layout, "run-1", {"a.csv": "old\n"})
    paths = write_run_files(layout, "run-1", {"a.csv": "new\n", "b.csv": "b\n"})
    assert paths == (tmp_path / "runs/run-1/a.csv", tmp_path / "runs/run-1/b.csv")
    assert [path.read_text() for path in paths] == ["new\n", "b\n"]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == ["a.csv", "b.csv"]


def test_a_full_disk_is_the_stores_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("warehouse.run_files.write_durably", fill)
    with pytest.raises(StoreFullError, match="no space left"):
        write_run_files(Layout(tmp_path), "run-1", {"a.csv": "text\n"})
