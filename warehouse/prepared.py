"""Features and training sets on disk, named by what they were made from. Not here: making them."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from resource_prediction.arrays import Matrix
from resource_prediction.errors import MissingFeaturesError, StoreError
from resource_prediction.features.matrix import FEATURE_VERSION
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
_COLUMNS = ("peak_gib", "memreq_gib", "submitted_us", "known_us")


def feature_key(data_digest: str, label_delay_us: int) -> str:
    """Name of the features of some rows under some label delay."""
    return _name(
        {"data": data_digest, "label_delay_us": label_delay_us, "features": FEATURE_VERSION, "code": code_version()}
    )


def training_key(feature_name: str, until_us: int, train_window_us: int | None) -> str:
    """Name of the training set of some features at a cut-off."""
    return _name(
        {"features": feature_name, "until_us": until_us, "train_window_us": train_window_us, "code": code_version()}
    )


def save_features(layout: Layout, name: str, point_in_time: Matrix) -> None:
    """Write the point-in-time features of all rows; older ones are removed beyond KEPT."""

    def write(folder: Path) -> None:
        np.save(folder / _MATRIX, point_in_time, allow_pickle=False)
        _write_json(folder / _META, {"rows": len(point_in_time), "features": FEATURE_VERSION})

    with store_faults(layout):
        _publish(layout.features, name, write)
        _drop_old(layout.features, KEPT)


def has_features(layout: Layout, name: str) -> bool:
    """Whether the features of that name are in the store."""
    return _is_there(layout.features / name)


def load_features(layout: Layout, name: str) -> Matrix:
    """Map the features of all rows into memory, shape (rows, features), in the order of `read_rows`.

    Raises:
        MissingFeaturesError: Where they are not in the store: there never were any, or the data changed since.
    """
    if not has_features(layout, name):
        found = "features of other rows" if any(layout.features.glob(f"*/{_META}")) else "no features"
        raise MissingFeaturesError(str(layout.store), found)
    matrix: Matrix = np.load(layout.features / name / _MATRIX, mmap_mode="r", allow_pickle=False)
    return matrix


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
    with np.load(folder / _STATE, allow_pickle=False) as arrays:
        state = HistoryState.from_arrays(dict(arrays))
    return TrainingSet(
        matrix=np.load(folder / _MATRIX, mmap_mode="r", allow_pickle=False),
        **{column: np.load(folder / f"{column}.npy", allow_pickle=False) for column in _COLUMNS},
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


def _drop_old(parent: Path, kept: int) -> None:
    """Remove the folders that were used longest ago; only one run at a time is in the middle of something."""
    finished = [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for path in sorted(finished, key=lambda path: path.stat().st_mtime)[:-kept]:
        shutil.rmtree(path, ignore_errors=True)
        logger.debug("removed %s", path)


def _name(values: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def _write_json(path: Path, value: Mapping[str, object]) -> None:
    path.write_text(json.dumps(value, sort_keys=True, allow_nan=False), encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
