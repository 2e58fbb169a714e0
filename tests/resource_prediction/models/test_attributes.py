from __future__ import annotations

import resource
from pathlib import Path

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from resource_prediction.errors import ArtifactError
from resource_prediction.models import attributes

X = np.random.default_rng(0).normal(size=(80, 3))
Y = X[:, 0] * 3 + 10


def learners() -> dict[str, object]:
    """What a user's class may hold: a booster, a wrapper, a pipeline, numbers."""
    return {
        "native": xgboost.train({"nthread": 1}, xgboost.DMatrix(X, Y), 3),
        "wrapper": xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(X, Y),
        "light": lightgbm.LGBMRegressor(n_estimators=3, n_jobs=1, verbose=-1).fit(X, Y),
        "booster": lightgbm.train({"verbosity": -1, "num_threads": 1}, lightgbm.Dataset(X, Y), 3),
        "forest": RandomForestRegressor(3, random_state=1).fit(X, Y),
        "pipeline": make_pipeline(StandardScaler(), PCA(2), Ridge()).fit(X, Y),
        "table": np.arange(6.0).reshape(2, 3),
        "note": {"shares": [0.5, None], "name": "x"},
    }


def test_everything_that_a_class_may_hold_comes_back(tmp_path: Path) -> None:
    values = learners()
    loaded = attributes.load(attributes.save(values, tmp_path), tmp_path)
    np.testing.assert_array_equal(loaded["table"], values["table"])
    assert loaded["note"] == values["note"]
    for name in ("wrapper", "light", "booster", "forest", "pipeline"):
        np.testing.assert_array_equal(loaded[name].predict(X), values[name].predict(X))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(loaded["native"].inplace_predict(X), values["native"].inplace_predict(X))  # type: ignore[attr-defined]


def test_equal_learners_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        attributes.save(learners(), tmp_path / name)
    first = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}


def test_what_has_no_native_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="attribute 'when': got set; expected a JSON value"):
        attributes.save({"when": {1, 2}}, tmp_path)
    with pytest.raises(ArtifactError, match="attribute 'names': got ndarray"):
        attributes.save({"names": np.array(["a", None], dtype=object)}, tmp_path)


def test_code_of_a_type_that_is_not_trusted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="attribute 'step'"):
        attributes.save({"step": FunctionTransformer(learners)}, tmp_path)


def test_a_tampered_file_loads_no_unknown_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = attributes.save({"forest": RandomForestRegressor(3, random_state=1).fit(X, Y)}, tmp_path)
    monkeypatch.setattr(attributes, "TRUSTED_TYPES", ())
    with pytest.raises(ArtifactError, match="attribute 'forest'"):
        attributes.load(saved, tmp_path)


def test_bytes_do_not_name_the_threads_of_the_fit(tmp_path: Path) -> None:
    attributes.save({"booster": learners()["booster"]}, tmp_path)
    assert "num_threads" not in (tmp_path / "booster.txt").read_text()


def test_a_full_disk_is_an_error_of_the_system_and_no_cut_file_is_taken_for_whole(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    attributes.save({"native": learners()["native"]}, whole)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The last block of a file is what XGBoost's own writer loses in silence.
    resource.setrlimit(resource.RLIMIT_FSIZE, ((whole / "native.ubj").stat().st_size - 1, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            attributes.save({"native": learners()["native"]}, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
