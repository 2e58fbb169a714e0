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
from typing import Any, TypeVar
from uuid import uuid4
from zipfile import BadZipFile

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
from warehouse.durable import flush_file, flush_tree, move_durably
from warehouse.faults import store_faults
from warehouse.layout import Layout

logger = logging.getLogger(__name__)

KEPT_FEATURES = 2
"""Feature tables that stay beside those that a run still needs: they are the largest thing that a store holds."""

KEPT_TRAINING = 4
"""Training sets that stay: a run cuts one for each of up to three label delays, and the one that is served."""

TORN = (EOFError, ValueError, KeyError, FileNotFoundError, BadZipFile)
"""What reading a file raises that is empty, cut off, full of something else, or gone."""

T = TypeVar("T")

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
    """Write the table that describes all rows; older ones are removed beyond KEPT_FEATURES, but none of ``spared``.

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
        _drop_old(layout.features, KEPT_FEATURES, spared)


def has_features(layout: Layout, name: str) -> bool:
    """Whether the features of that name are in the store, and can be read."""
    return _find(layout.features / name, _read_features) is not None


def load_features(layout: Layout, name: str, workers: int = 1) -> JobTable:
    """Map the table that describes all rows into memory, in the order of `read_rows`.

    Args:
        layout: The store.
        name: Of the features.
        workers: Threads of the table.

    Raises:
        MissingFeaturesError: Where they are not in the store: there never were any, or the data changed since.
    """
    found = _find(layout.features / name, _read_features)
    if found is None:
        others = "features of other rows" if any(layout.features.glob(f"*/{_META}")) else "no features"
        is_torn = (layout.features / name / _META).exists()
        raise MissingFeaturesError(str(layout.store), "features that cannot be read" if is_torn else others)
    arrays, words = found
    return JobTable.from_arrays(arrays, words, workers)


def _read_features(folder: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    arrays = {array: _mapped(folder / f"{array}.npy") for array in _read_json(folder / _META)["arrays"]}
    return arrays, _read_json(folder / _WORDS)


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
        if first <= since and until <= last and (described := _try_read(path, _mapped)) is not None:
            return described[since - first : until - first]
    aside, target = layout.staging / f"{_DESCRIBED}-{uuid4().hex}.npy", folder / f"{_DESCRIBED}-{since}-{until}.npy"
    with store_faults(layout):
        layout.staging.mkdir(exist_ok=True)
        try:
            _describe_into(aside, load_features(layout, name, workers), since, until)
            move_durably(aside, target)
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
    """Write a training set for the tasks that fit on it; older ones are removed beyond KEPT_TRAINING."""

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
        _drop_old(layout.training, KEPT_TRAINING)


def load_training_set(layout: Layout, name: str) -> TrainingSet:
    """Read a training set; its matrix is mapped, so that tasks share one copy in memory.

    Raises:
        StoreError: It is not in the store, or cannot be read.
    """
    folder = layout.training / name
    found = _try_read(folder, _read_training_set) if (folder / _META).is_file() else None
    if found is None:
        got = "files that cannot be read" if folder.exists() else "no such folder"
        raise StoreError(f"training set {name}", got=got, expected="one that this run has cut", next_step="Run again.")
    return found


def has_training_set(layout: Layout, name: str) -> bool:
    """Whether the training set of that name is in the store, and can be read."""
    return _find(layout.training / name, _read_training_set) is not None


def _read_training_set(folder: Path) -> TrainingSet:
    # Opened here: of a torn archive numpy would leave the file open.
    with ONE_READER, (folder / _STATE).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        state = HistoryState.from_arrays(dict(arrays))
        columns = {column: np.load(folder / f"{column}.npy", allow_pickle=False) for column in _COLUMNS}
    return TrainingSet(
        matrix=_mapped(folder / _MATRIX),
        **columns,
        encoder=ProfileEncoder(**_read_json(folder / _ENCODER)),
        state=state,
        **_read_json(folder / _META),
    )


def _find(folder: Path, read: Callable[[Path], T]) -> T | None:
    """What is in a folder, None where it is not there; asking counts as using it."""
    if not (folder / _META).is_file():
        return None
    folder.touch()
    return _try_read(folder, read)


def _try_read(path: Path, read: Callable[[Path], T]) -> T | None:
    """What is at a path, None where a crash tore it: all of it can be made again."""
    try:
        return read(path)
    except TORN as error:
        logger.warning("%s cannot be read (%s), and is as good as missing", path, error)
        return None


def _publish(parent: Path, name: str, write: Callable[[Path], None]) -> None:
    """Write a folder aside, flush and rename it: it is there whole or not at all, after a crash as well."""
    parent.mkdir(parents=True, exist_ok=True)
    aside = parent / f".{name}.{uuid4().hex}"
    aside.mkdir()
    try:
        write(aside)
        flush_tree(aside)
        target = parent / name
        if target.exists():
            shutil.rmtree(target)
        aside.rename(target)
        flush_file(parent)
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
