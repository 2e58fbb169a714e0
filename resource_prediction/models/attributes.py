"""A class's attributes as files: JSON, npz, and learners in native formats. Not here: which attributes there are."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from resource_prediction.array_files import ONE_READER
from resource_prediction.errors import ArtifactError

if TYPE_CHECKING:
    import lightgbm
    import xgboost

TRUSTED_TYPES: tuple[str, ...] = (
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
"""Types that skops may load beyond those it trusts itself (scikit-learn's public estimators, numpy's arrays)."""

ARRAYS = "attributes.npz"

DISTRIBUTIONS: dict[str, str] = {
    "lightgbm": "lightgbm",
    "sklearn": "scikit-learn",
    "treelite": "treelite",
    "xgboost": "xgboost",
}
"""Distribution name of each library whose learners an artifact holds, by its package."""


def library_versions(values: Iterable[Any]) -> dict[str, str]:
    """Installed version of each library of DISTRIBUTIONS that one of the values comes from."""
    packages = {type(value).__module__.partition(".")[0] for value in values}
    names = sorted(DISTRIBUTIONS[package] for package in packages & set(DISTRIBUTIONS))
    return {name: version(name) for name in names}


def save(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write attributes into a folder; equal values give equal bytes.

    Args:
        values: JSON values, numpy arrays, boosters of XGBoost and LightGBM, estimators with scikit-learn's interface.
        folder: An existing folder.

    Returns:
        What `load` needs beside the files: ``{name: {"kind": ..., "value": ...}}``.

    Raises:
        ArtifactError: Where a value has no native format.
    """
    saved: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    for name, value in sorted(values.items()):
        if isinstance(value, np.ndarray) and value.dtype != object:
            arrays[name] = value
            saved[name] = {"kind": "array"}
        elif _is_json(value):
            saved[name] = {"kind": "json", "value": value}
        else:
            saved[name] = {"kind": _save_learner(name, value, folder)}
    if arrays:
        np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
    return saved


def load(saved: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Read what `save` wrote.

    Raises:
        ArtifactError: On a kind that this code does not know, or a type that is not trusted.
    """
    values = {}
    for name, entry in saved.items():
        match entry["kind"]:
            case "json":
                values[name] = entry["value"]
            case "array":
                with ONE_READER, np.load(folder / ARRAYS, allow_pickle=False) as arrays:
                    values[name] = arrays[name]
            case kind:
                values[name] = _load_learner(name, kind, folder)
    return values


def save_lightgbm(booster: lightgbm.Booster, path: Path) -> None:
    """Write a LightGBM booster as text, without what follows the trees: that names the threads of the fit."""
    end = "\nend of trees\n"
    text = booster.model_to_string().partition(end)[0]
    path.write_text(text + end, encoding="utf-8")


def load_lightgbm(path: Path) -> lightgbm.Booster:
    """Read a booster that `save_lightgbm` wrote."""
    import lightgbm  # noqa: PLC0415 - a family loads only its own library

    return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))


def save_xgboost(booster: xgboost.Booster, path: Path) -> None:
    """Write an XGBoost booster as UBJSON, through Python: XGBoost's own writer does not notice a disk that is full."""
    path.write_bytes(booster.save_raw("ubj"))


def load_xgboost(path: Path) -> xgboost.Booster:
    """Read a booster from UBJSON, set to predict in one thread: more cost more than they give below 10,000 rows."""
    import xgboost  # noqa: PLC0415 - a family loads only its own library

    return xgboost.Booster({"nthread": 1}, model_file=path)


def _is_json(value: object) -> bool:
    """Whether JSON gives the value back as it is; a tuple or a number as a key would come back as something else."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or type(value) in (bool, int, float, str)


def _save_learner(name: str, value: object, folder: Path) -> str:
    library = type(value).__module__.partition(".")[0]
    if type(value).__name__ == "Booster" and library == "xgboost":
        save_xgboost(cast("xgboost.Booster", value), folder / f"{name}.ubj")
        return "xgboost"
    if type(value).__name__ == "Booster" and library == "lightgbm":
        save_lightgbm(cast("lightgbm.Booster", value), folder / f"{name}.txt")
        return "lightgbm"
    if hasattr(value, "get_params"):
        _save_skops(name, value, folder)
        return "skops"
    raise _no_format(name, type(value).__name__)


def _load_learner(name: str, kind: str, folder: Path) -> object:
    match kind:
        case "xgboost":
            return load_xgboost(folder / f"{name}.ubj")
        case "lightgbm":
            return load_lightgbm(folder / f"{name}.txt")
        case "skops":
            return _load_skops(name, folder)
    raise _no_format(name, kind)


def _save_skops(name: str, value: object, folder: Path) -> None:
    import skops.io  # noqa: PLC0415 - only classes without a native format of their own need it

    content = skops.io.dumps(value)
    if unknown := sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED_TYPES)):
        raise _no_format(name, ", ".join(unknown))
    (folder / f"{name}.skops").write_bytes(_canonical(content))


def _load_skops(name: str, folder: Path) -> object:
    import skops.io  # noqa: PLC0415 - only classes without a native format of their own need it
    from skops.io.exceptions import UntrustedTypesFoundException  # noqa: PLC0415

    try:
        return skops.io.load(folder / f"{name}.skops", trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise _no_format(name, str(error)) from error


def _canonical(content: bytes) -> bytes:
    """A skops archive without the clock and the memory addresses that skops names its parts by."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    numbers: dict[str, str] = {}
    schema = _renumber(json.loads(members.pop("schema.json")), numbers)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr(zipfile.ZipInfo("schema.json"), json.dumps(schema, sort_keys=True))
        for name, member in sorted((_renamed(name, numbers), member) for name, member in members.items()):
            archive.writestr(zipfile.ZipInfo(name), member)
    return result.getvalue()


def _renumber(node: object, numbers: dict[str, str]) -> object:
    if isinstance(node, list):
        return [_renumber(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _renumber(item, numbers) for key, item in node.items()}
    if isinstance(identity := node.get("__id__"), int):
        changed["__id__"] = int(numbers.setdefault(str(identity), str(len(numbers))))
    if isinstance(file := node.get("file"), str):
        numbers.setdefault(file.partition(".")[0], str(len(numbers)))
        changed["file"] = _renamed(file, numbers)
    return changed


def _renamed(file: str, numbers: dict[str, str]) -> str:
    stem, dot, suffix = file.partition(".")
    return numbers.get(stem, stem) + dot + suffix


def _no_format(name: str, got: str) -> ArtifactError:
    return ArtifactError(
        f"saving or loading attribute {name!r}",
        got=got,
        expected="a JSON value, a numpy array, a booster of XGBoost or LightGBM, or an estimator of trusted types",
        next_step="Keep what the model needs in one of these, or override save_learner and load_learner.",
    )
