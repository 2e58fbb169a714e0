"""A full, read-only or broken disk is told as an error of the store, from whatever it comes; the store stays whole."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from resource_prediction.errors import (
    StoreAccessError,
    StoreDiskError,
    StoreError,
    StoreFaultError,
    StoreFullError,
    StoreLockedError,
    StoreMemoryError,
)
from warehouse import prepared
from warehouse.artifacts import store_artifact
from warehouse.engine import open_engine
from warehouse.faults import reader_faults, store_faults
from warehouse.ingest import ingest
from warehouse.layout import Layout
from warehouse.publish import publish, read_snapshot, verify_parts
from warehouse.registry import Registry
from warehouse.sources.demo import write_demo_export
from warehouse.sources.files import FilesSource
from warehouse.store import open_store

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 5, tzinfo=UTC)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse longer files, as it refuses any on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def take_in(layout: Layout, export: Path) -> int:
    """Ingest and publish an export; rows in the store."""
    with open_engine(layout) as engine:
        ingest(engine, layout, FilesSource([str(export)], NOW), now=NOW)
        return publish(engine, layout).rows


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_NAME"
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), StoreFullError),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), StoreFullError),
        (OSError(errno.EFBIG, "File too large"), StoreFullError),
        (OSError("165000 requested and 127968 written"), StoreFullError),
        (OSError(errno.EROFS, "Read-only file system"), StoreAccessError),
        (OSError(errno.EIO, "Input/output error"), StoreDiskError),
        (of_sqlite(sqlite3.SQLITE_FULL), StoreFullError),
        (of_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE), StoreFullError),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), StoreDiskError),
        (of_sqlite(sqlite3.SQLITE_READONLY_DIRECTORY), StoreAccessError),
        (of_sqlite(sqlite3.SQLITE_BUSY), StoreLockedError),
        (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), StoreFullError),
        (duckdb.FatalException("invalidated by: No space left on device"), StoreFullError),
        (duckdb.OutOfMemoryException("see 'max_temp_directory_size'"), StoreFullError),
        (duckdb.OutOfMemoryException("failed to allocate data"), StoreMemoryError),
        (duckdb.IOException("IO Error: Could not set lock on file"), StoreLockedError),
    ],
)
def test_each_fault_is_told_as_what_it_is(layout: Layout, error: Exception, told: type[StoreError]) -> None:
    with pytest.raises(told, match=f"^store {layout.store}: got .*; expected ") as caught, store_faults(layout):
        raise error
    assert type(caught.value) is told
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


def test_what_is_no_fault_of_the_store_passes_as_it_is(layout: Layout) -> None:
    source = PermissionError(errno.EACCES, "Permission denied", "/elsewhere/builds.csv")
    for error in (source, FileNotFoundError(errno.ENOENT, "gone"), duckdb.BinderException("a defect"), ValueError("x")):
        with pytest.raises(type(error)) as caught, store_faults(layout):
            raise error
        assert caught.value is error


def test_a_file_of_the_store_that_may_not_be_read_is_named(layout: Layout) -> None:
    denied = PermissionError(errno.EACCES, "Permission denied", str(layout.registry_file))
    told = f"got permission denied, for {layout.registry_file}; expected files"
    with pytest.raises(StoreAccessError, match=told), store_faults(layout):
        raise denied


def test_a_rollback_that_fails_as_well_does_not_hide_a_full_disk(layout: Layout) -> None:
    rollback = duckdb.TransactionException("cannot rollback")
    rollback.__context__ = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StoreFullError, match="no space left on device"), store_faults(layout):
        raise rollback


def test_an_artifact_that_does_not_fit_leaves_nothing_and_fits_later(layout: Layout) -> None:
    open_store(layout)

    def save(folder: Path) -> None:
        (folder / "learner.txt").write_text("trees" * 2_000, encoding="utf-8")

    with pytest.raises(StoreFullError, match="got file too large"), largest_file(4_096):
        store_artifact(layout, save)
    assert list(layout.staging.iterdir()) == []
    assert not layout.artifacts.exists()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet at all, but longer than its smallest header"])
def test_a_reader_is_told_of_a_damaged_part_as_a_fault_of_the_disk(layout: Layout, content: bytes) -> None:
    part = layout.store / "part.parquet"
    part.parent.mkdir()
    part.write_bytes(content)
    with pytest.raises(StoreDiskError, match=r"part\.parquet.*`python -m warehouse verify`"), reader_faults(layout):
        duckdb.read_parquet(str(part)).fetchall()


def test_a_reader_keeps_errors_of_its_own(layout: Layout) -> None:
    with pytest.raises(StoreLockedError, match="one writer"), reader_faults(layout):
        raise StoreLockedError("store", "another")
    with pytest.raises(StoreMemoryError, match="spent"), reader_faults(layout):
        raise duckdb.OutOfMemoryException("spent")


def test_a_large_matrix_that_numpy_writes_in_part_is_a_full_disk(layout: Layout) -> None:
    open_store(layout)
    with pytest.raises(StoreFullError, match="only a part written"), largest_file(100_000):
        prepared.save_features(layout, "name", np.zeros((1_000, 139), dtype=np.float32))
    assert not prepared.has_features(layout, "name")
    assert list(layout.features.iterdir()) == []


def test_a_registry_that_cannot_grow_says_so_and_keeps_what_it_has(layout: Layout) -> None:
    with Registry.open(layout) as registry:
        registry.runs.start("run-1", {}, at=NOW)
    told, size = "got (disk I/O error|database or disk is full)", layout.registry_file.stat().st_size
    with pytest.raises(StoreFaultError, match=told), largest_file(size // 2), Registry.open(layout) as registry:
        registry.runs.finish("run-1", "done", {"text": "x" * 200_000}, at=NOW)
    with Registry.open(layout) as registry:
        assert [run.state for run in registry.runs.history()] == ["running"]
        registry.runs.start("run-2", {}, at=NOW)
        assert [run.state for run in registry.runs.history()] == ["stopped", "running"]
        registry.runs.finish("run-2", "done", {}, at=NOW)


def test_an_ingest_that_does_not_fit_leaves_what_was_published_and_goes_through_with_room(layout: Layout) -> None:
    before = take_in(layout, write_demo_export(layout, 600, 6.0))
    larger = write_demo_export(layout, 5_000, 20.0)
    with pytest.raises(StoreFullError, match="got file too large; expected room to write"), largest_file(200_000):
        take_in(layout, larger)
    assert read_snapshot(layout).rows == before
    assert verify_parts(layout) == []
    assert take_in(layout, larger) > before


FILL = """
import sys
from pathlib import Path
from tests.warehouse.test_faults import full_store_says
print(full_store_says(Path(sys.argv[1])))
"""


def full_store_says(folder: Path) -> str:
    """Publish into a small file system until it is full, then with room; what was said, and whether all is sound."""
    layout = Layout(folder / "own")
    path = write_demo_export(layout, 3_000, 20.0)
    filler = folder / "filler"
    with pytest.raises(OSError, match="No space left on device"):
        filler.write_bytes(bytes(16_000_000))
    with pytest.raises(StoreFullError) as caught:
        take_in(layout, path)
    filler.unlink()
    assert take_in(layout, path) > 2_900
    assert verify_parts(layout) == []
    return str(caught.value)


def test_a_full_file_system_is_told_and_with_room_all_goes_through(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=8m none "$1" && exec "$2" -c "$3" "$1"'
    small = ["unshare", "-Urm", "sh", "-c", mount, "sh", str(tmp_path), sys.executable, FILL]
    allowed = (
        shutil.which("unshare")
        and not subprocess.run(
            ["unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o size=1m none "{tmp_path}"'], check=False
        ).returncode
    )
    if not allowed:
        # No file system of its own: the limit on the size of files stands for the full disk.
        with pytest.raises(StoreFullError, match="expected room to write"), largest_file(4_096):
            write_demo_export(Layout(tmp_path / "own"), 3_000, 20.0)
        return
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(small, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "got no space left on device; expected room to write. Make room" in said.stdout
