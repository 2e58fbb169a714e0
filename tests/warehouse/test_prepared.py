"""Features and training sets on disk: named by what they are of, whole or not there, old ones removed."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resource_prediction.errors import MissingFeaturesError, StoreError, StoreFullError
from resource_prediction.features.job_table import JobPart, JobTable
from resource_prediction.features.matrix import FEATURES
from resource_prediction.training import TrainingSet
from tests.resource_prediction.fits import cut
from warehouse import prepared
from warehouse.layout import Layout


def rows_of(count: int) -> pd.DataFrame:
    """Jobs, one a minute, of three profiles."""
    return pd.DataFrame(
        {
            "atom_id": [f"job-{place:02d}" for place in range(count)],
            "time": (pd.Timestamp("2026-01-05") + pd.to_timedelta(np.arange(count), unit="min")).astype(
                "datetime64[us]"
            ),
            "buildProfile": [f"profile-{place % 3}" for place in range(count)],
            "max_rss": np.linspace(1, 9, count) * 1024**3,
            "memreq": 20_000.0,
            "is_twin": False,
        }
    )


def table(rows: int = 5) -> JobTable:
    """A table of jobs whose peaks are known a minute after their submission."""
    return JobTable.build(JobPart.read(rows_of(rows), 60_000_000), workers=1)


@pytest.fixture
def training_set() -> TrainingSet:
    """Of 80 jobs, one a minute, of three profiles."""
    return cut(rows_of(80), int(pd.Timestamp("2026-01-06").value // 1000))


def test_a_name_depends_on_rows_and_label_delay_and_on_nothing_else() -> None:
    names = {prepared.feature_key(digest, delay) for digest in ("a", "b") for delay in (0, 1)}
    assert len(names) == 4
    assert prepared.feature_key("a", 0) in names


def test_a_training_sets_name_depends_on_features_cut_off_and_window() -> None:
    values = product("ab", (1, 2), (None, 1))
    names = {prepared.training_key(features, until, window) for features, until, window in values}
    assert len(names) == 8


def test_a_stored_table_describes_its_rows_as_the_one_in_memory_does(layout: Layout) -> None:
    prepared.save_features(layout, "name", table(80))
    assert prepared.has_features(layout, "name")
    found = prepared.load_features(layout, "name")
    assert found[:].dtype == np.float32
    assert found[:].tobytes() == table(80)[:].tobytes()
    assert found.until_us == table(80).until_us
    words = found.jobs.submissions.text["buildProfile"]
    assert [words.values[code] for code in words.codes[:4]] == ["profile-0", "profile-1", "profile-2", "profile-0"]


def test_features_are_mapped_and_cannot_be_changed_by_a_reader(layout: Layout) -> None:
    prepared.save_features(layout, "name", table())
    with pytest.raises(ValueError, match="read-only"):
        prepared.load_features(layout, "name").history.peak_gib[0] = 1.0


def test_rows_are_described_once_and_a_part_of_them_is_taken_from_what_is_there(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared.save_features(layout, "name", table(80))
    expected = table(80)[:]
    assert prepared.load_described(layout, "name", 40, 80).tobytes() == expected[40:].tobytes()
    monkeypatch.setattr(prepared, "load_features", None)
    assert prepared.load_described(layout, "name", 40, 80).tobytes() == expected[40:].tobytes()
    assert prepared.load_described(layout, "name", 50, 60).tobytes() == expected[50:60].tobytes()


def test_features_that_are_not_there_say_whether_there_ever_were_any(layout: Layout) -> None:
    with pytest.raises(MissingFeaturesError, match="got no features; expected features of the rows that the store"):
        prepared.load_features(layout, "name")
    prepared.save_features(layout, "older", table())
    with pytest.raises(MissingFeaturesError, match="got features of other rows") as caught:
        prepared.load_features(layout, "name")
    assert caught.value.store == str(layout.store)


def test_a_training_set_comes_back_as_it_was(layout: Layout, training_set: TrainingSet) -> None:
    prepared.save_training_set(layout, "name", training_set)
    assert prepared.has_training_set(layout, "name")
    found = prepared.load_training_set(layout, "name")
    assert found.matrix.shape == (80, len(FEATURES))
    assert found.matrix.tobytes() == training_set.matrix.tobytes()
    for name in ("peak_gib", "memreq_gib", "submitted_us", "known_us"):
        np.testing.assert_array_equal(getattr(found, name), getattr(training_set, name))
    for name in ("until_us", "mean_peak_gib", "cap_ratio", "rows_digest", "encoder"):
        assert getattr(found, name) == getattr(training_set, name)
    for name, values in training_set.state.to_arrays().items():
        np.testing.assert_array_equal(found.state.to_arrays()[name], values)


def test_a_training_set_that_is_not_there_is_an_error(layout: Layout) -> None:
    with pytest.raises(StoreError, match="training set name: got no such folder; expected one that this run has cut"):
        prepared.load_training_set(layout, "name")


def test_what_is_half_written_is_not_there(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepared.np, "save", out_of_space)
    with pytest.raises(StoreFullError, match="got no space left on device; expected room to write"):
        prepared.save_features(layout, "name", table())
    assert not prepared.has_features(layout, "name")
    assert list(layout.features.iterdir()) == []


@pytest.mark.parametrize("size", [0, 60, 200], ids=["empty", "in the header", "in the values"])
def test_features_that_a_crash_tore_are_missing_and_can_be_made_again(layout: Layout, size: int) -> None:
    prepared.save_features(layout, "name", table(80))
    torn = max((layout.features / "name").glob("*.npy"), key=lambda path: path.stat().st_size)
    os.truncate(torn, size)
    assert not prepared.has_features(layout, "name")
    with pytest.raises(MissingFeaturesError, match="got features that cannot be read"):
        prepared.load_features(layout, "name")
    prepared.save_features(layout, "name", table(80))
    assert prepared.load_features(layout, "name")[:].tobytes() == table(80)[:].tobytes()


@pytest.mark.parametrize("size", [0, 60, 200], ids=["empty", "in the header", "in the values"])
def test_described_rows_that_a_crash_tore_are_described_again(layout: Layout, size: int) -> None:
    prepared.save_features(layout, "name", table(80))
    prepared.load_described(layout, "name", 40, 80)
    os.truncate(layout.features / "name" / "described-40-80.npy", size)
    assert prepared.load_described(layout, "name", 40, 80).tobytes() == table(80)[40:].tobytes()


def test_rows_are_described_where_a_killed_run_leaves_nothing_that_stays_or_is_read(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared.save_features(layout, "name", table(80))
    held = sorted((layout.features / "name").iterdir())
    seen: list[Path] = []

    def killed(aside: Path, target: Path) -> None:
        seen.append(aside)
        assert sorted((layout.features / "name").iterdir()) == held
        raise KeyboardInterrupt

    monkeypatch.setattr(prepared, "move_durably", killed)
    with pytest.raises(KeyboardInterrupt):
        prepared.load_described(layout, "name", 40, 80)
    assert [path.parent for path in seen] == [layout.staging]


@pytest.mark.parametrize("file", ["matrix.npy", "peak_gib.npy", "history.npz", "encoder.json", "meta.json"])
@pytest.mark.parametrize("size", [0, 40])
def test_a_training_set_that_a_crash_tore_is_missing_and_no_other_error(
    layout: Layout, training_set: TrainingSet, file: str, size: int
) -> None:
    prepared.save_training_set(layout, "name", training_set)
    os.truncate(layout.training / "name" / file, size)
    assert not prepared.has_training_set(layout, "name")
    with pytest.raises(StoreError, match="training set name: got files that cannot be read; expected one that this"):
        prepared.load_training_set(layout, "name")


def test_what_is_published_is_on_the_disk_before_it_has_its_name(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []

    def flush(folder: Path) -> None:
        assert not (layout.features / "name").exists()
        flushed.extend(path.name for path in folder.iterdir())

    monkeypatch.setattr(prepared, "flush_tree", flush)
    prepared.save_features(layout, "name", table())
    assert sorted(flushed) == sorted(path.name for path in (layout.features / "name").iterdir())


def test_features_of_one_name_are_replaced(layout: Layout) -> None:
    prepared.save_features(layout, "name", table(3))
    prepared.save_features(layout, "name", table(7))
    assert len(prepared.load_features(layout, "name")) == 7
    assert [path.name for path in layout.features.iterdir()] == ["name"]


def test_of_tables_that_no_run_needs_the_two_used_last_stay(layout: Layout) -> None:
    for name in ("oldest", "older", "newest"):
        prepared.save_features(layout, name, table())
        _age(layout.features, seconds=10)
    assert sorted(path.name for path in layout.features.iterdir()) == ["newest", "older"]


def test_what_a_run_still_needs_stays_whatever_came_after_it(layout: Layout) -> None:
    for name in ("own", "champion's", "nomination's"):
        prepared.save_features(layout, name, table(), spared=["own"])
        _age(layout.features, seconds=10)
    assert sorted(path.name for path in layout.features.iterdir()) == ["champion's", "nomination's", "own"]


def test_both_cut_offs_of_two_runs_stay(layout: Layout, training_set: TrainingSet) -> None:
    for number in range(6):
        prepared.save_training_set(layout, f"cut-{number}", training_set)
        _age(layout.training, seconds=10)
    assert sorted(path.name for path in layout.training.iterdir()) == ["cut-2", "cut-3", "cut-4", "cut-5"]


def _age(folder: Path, seconds: float) -> None:
    """Make everything in a folder older, as if time had passed."""
    for path in folder.iterdir():
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def test_what_is_used_again_outlives_what_is_not(layout: Layout) -> None:
    for age, name in enumerate(("first", "second")):
        prepared.save_features(layout, name, table())
        os.utime(layout.features / name, (1_000 + age, 1_000 + age))
    assert prepared.has_features(layout, "first")
    prepared.save_features(layout, "third", table())
    assert sorted(path.name for path in layout.features.iterdir()) == ["first", "third"]


def test_a_folder_that_is_being_written_is_neither_counted_nor_removed(layout: Layout) -> None:
    (layout.features / ".half.1").mkdir(parents=True)
    for name in ("first", "second"):
        prepared.save_features(layout, name, table())
    assert sorted(path.name for path in layout.features.iterdir()) == [".half.1", "first", "second"]


def test_other_code_gives_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    before = (prepared.feature_key("a", 0), prepared.training_key("a", 0, None))
    monkeypatch.setattr(prepared, "code_version", lambda: "another")
    after = (prepared.feature_key("a", 0), prepared.training_key("a", 0, None))
    assert not set(before) & set(after)
