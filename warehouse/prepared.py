"""Features and training sets on disk, named by what they were made from. Not here: making them."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from resource_prediction.array_files import ONE_READER
from resource_prediction.arrays import Matrix
from resource_prediction.errors import MissingFeaturesError, StoreError
from resource_prediction.features.job_table import JobTable
from resource_prediction.features.matrix import FEATURE_VERSION
from resource_prediction.features.point_in_time import POINT_IN_TIME_FEATURES
from resource_prediction.features.profile import ProfileEncoder
from resource_prediction.features.state import HistoryState
from resource_prediction.training import TrainingSet
from warehouse.code_version import code_version
from warehouse.faults import store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)

KEPT = 2
"""Feature tables and training sets that stay: this run's and the one before, each with both cut-offs."""

_META, _MATRIX, _ENCODER, _STATE = "meta.json", "matrix.npy", "encoder.json", "history.npz"
_WORDS, _DESCRIBED = "words.json", "described"
_BLOCK_ROWS = 1_000_000
_FILES_AT_ONCE = 2
_COLUMNS = ("peak_gib", "memreq_gib", "submitted_us", "known_us")


def feature_key(data_digest: str, label_delay_us: int) -> str:
    """Name of the table that describes some rows under some label delay."""
    return _name(
        {"data": data_digest, "label_delay_us": label_delay_us, "features": FEATURE_VERSION, "code": code_version()}
    )


def training_key(feature_name: str, until_us: int, train_window_us: int | None) -> str:
    """Name of the training set of some features at a cut-off."""
    return _name(
        {"features": feature_name, "until_us": until_us, "train_window_us": train_window_us, "code": code_version()}
    )


def save_features(layout: Layout, name: str, table: JobTable, spared: Collection[str] = ()) -> None:
    """Write the table that describes all rows; older ones are removed beyond KEPT, but none of ``spared``.

    A run makes one for each label delay that it meets: its own, the champion's, a nomination's.
    """
    arrays, words = table.to_arrays()

    def write(folder: Path) -> None:
        with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            list(pool.map(lambda array: np.save(folder / f"{array}.npy", arrays[array], allow_pickle=False), arrays))
        _write_json(folder / _WORDS, words)
        _write_json(folder / _META, {"rows": len(table), "features": FEATURE_VERSION, "arrays": list(arrays)})

    with store_faults(layout):
        _publish(layout.features, name, write)
        _drop_old(layout.features, KEPT, spared)


def has_features(layout: Layout, name: str) -> bool:
    """Whether the features of that name are in the store."""
    return _is_there(layout.features / name)


def load_features(layout: Layout, name: str, workers: int = 1) -> JobTable:
    """Map the table that describes all rows into memory, in the order of `read_rows`.

    Args:
        layout: The store.
        name: Of the features.
        workers: Threads of the table.

    Raises:
        MissingFeaturesError: Where they are not in the store: there never were any, or the data changed since.
    """
    if not has_features(layout, name):
        found = "features of other rows" if any(layout.features.glob(f"*/{_META}")) else "no features"
        raise MissingFeaturesError(str(layout.store), found)
    folder = layout.features / name
    arrays = {array: _mapped(folder / f"{array}.npy") for array in _read_json(folder / _META)["arrays"]}
    return JobTable.from_arrays(arrays, _read_json(folder / _WORDS), workers)


def load_described(layout: Layout, name: str, since: int, until: int, workers: int = 1) -> Matrix:
    """Map the features of the rows from position ``since`` to before ``until``; they are made when first asked for.

    Returns:
        Shape (until - since, features).

    Raises:
        MissingFeaturesError: As `load_features`.
    """
    folder = layout.features / name
    for path in folder.glob(f"{_DESCRIBED}-*-*.npy"):
        first, last = (int(place) for place in path.stem.split("-")[1:])
        if first <= since and until <= last:
            return _mapped(path)[since - first : until - first]
    aside, target = folder / f".{uuid4().hex}.npy", folder / f"{_DESCRIBED}-{since}-{until}.npy"
    with store_faults(layout):
        try:
            _describe_into(aside, load_features(layout, name, workers), since, until)
            aside.rename(target)
        finally:
            aside.unlink(missing_ok=True)
    return _mapped(target)


def _describe_into(path: Path, table: JobTable, since: int, until: int) -> None:
    """Write features as ``np.save`` would, block by block: those of millions of rows are gigabytes."""
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (until - since, len(POINT_IN_TIME_FEATURES))}
        np.lib.format.write_array_header_1_0(file, header)
        for first in range(since, until, _BLOCK_ROWS):
            file.write(np.ascontiguousarray(table[first : min(first + _BLOCK_ROWS, until)], dtype="<f4").data)


def save_training_set(layout: Layout, name: str, data: TrainingSet) -> None:
    """Write a training set for the tasks that fit on it; older ones are removed beyond KEPT runs."""

    def write(folder: Path) -> None:
        np.save(folder / _MATRIX, data.matrix, allow_pickle=False)
        for column in _COLUMNS:
            np.save(folder / f"{column}.npy", getattr(data, column), allow_pickle=False)
        np.savez(folder / _STATE, allow_pickle=False, **data.state.to_arrays())
        _write_json(folder / _ENCODER, asdict(data.encoder))
        facts = ("until_us", "mean_peak_gib", "cap_ratio", "rows_digest")
        _write_json(folder / _META, {name: getattr(data, name) for name in facts})

    with store_faults(layout):
        _publish(layout.training, name, write)
        _drop_old(layout.training, 2 * KEPT)


def load_training_set(layout: Layout, name: str) -> TrainingSet:
    """Read a training set; its matrix is mapped, so that tasks share one copy in memory.

    Raises:
        StoreError: It is not in the store.
    """
    folder = layout.training / name
    if not (folder / _META).is_file():
        raise StoreError(
            f"training set {name}", got="no such folder", expected="one that this run has cut", next_step="Run again."
        )
    with ONE_READER, np.load(folder / _STATE, allow_pickle=False) as arrays:
        state = HistoryState.from_arrays(dict(arrays))
        columns = {column: np.load(folder / f"{column}.npy", allow_pickle=False) for column in _COLUMNS}
    return TrainingSet(
        matrix=_mapped(folder / _MATRIX),
        **columns,
        encoder=ProfileEncoder(**_read_json(folder / _ENCODER)),
        state=state,
        **_read_json(folder / _META),
    )


def has_training_set(layout: Layout, name: str) -> bool:
    """Whether the training set of that name is in the store."""
    return _is_there(layout.training / name)


def _is_there(folder: Path) -> bool:
    """Whether a folder is there; asking counts as using it."""
    if not (folder / _META).is_file():
        return False
    folder.touch()
    return True


def _publish(parent: Path, name: str, write: Callable[[Path], None]) -> None:
    """Write a folder aside and rename it: it is there whole or not at all."""
    parent.mkdir(parents=True, exist_ok=True)
    aside = parent / f".{name}.{uuid4().hex}"
    aside.mkdir()
    try:
        write(aside)
        target = parent / name
        if target.exists():
            shutil.rmtree(target)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _drop_old(parent: Path, kept: int, spared: Collection[str] = ()) -> None:
    """Remove the folders that were used longest ago; only one run at a time is in the middle of something."""
    finished = [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for path in sorted(finished, key=lambda path: path.stat().st_mtime)[:-kept]:
        if path.name not in spared:
            shutil.rmtree(path, ignore_errors=True)
            logger.debug("removed %s", path)


def _mapped(path: Path) -> npt.NDArray[Any]:
    """A stored array as plain numpy on a mapped file: slices of a `memmap` would each be one, which costs."""
    with ONE_READER:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)


def _name(values: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _write_json(path: Path, value: Mapping[str, object]) -> None:
    path.write_text(json.dumps(value, sort_keys=True, allow_nan=False), encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
