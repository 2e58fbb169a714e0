"""Journals of searches: opened after any crash, the newest kept, damage told and not lost in silence."""

from __future__ import annotations

import os
from pathlib import Path

import optuna
import pytest

from resource_prediction.errors import DamagedJournalError
from resource_prediction.search.history import UNTIL
from warehouse import studies
from warehouse.layout import Layout
from warehouse.studies import drop_old_studies, earlier_studies, open_study

FAMILY = "xgboost_regression"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


def write(layout: Layout, name: str, trials: int = 1, until_us: int = 0) -> Path:
    """A study with finished trials, of rows until an instant; the files of later ones are newer."""
    study = optuna.create_study(storage=open_study(layout, FAMILY, name), study_name=name, load_if_exists=True)
    study.set_user_attr(UNTIL, until_us)
    for _ in range(trials):
        study.tell(study.ask(), 1.0)
    path = layout.family_studies(FAMILY) / f"{name}.journal"
    os.utime(path, (len(list(path.parent.iterdir())),) * 2)
    return path


def trials(layout: Layout, name: str) -> int:
    return len(optuna.load_study(study_name=name, storage=open_study(layout, FAMILY, name)).trials)


def test_a_line_that_a_killed_process_left_torn_is_cut_off(layout: Layout) -> None:
    path = write(layout, "one", trials=2)
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"worker')
    assert trials(layout, "one") == 2
    write(layout, "one")
    assert trials(layout, "one") == 3


def test_a_journal_that_is_none_is_told_by_its_name(layout: Layout) -> None:
    path = write(layout, "one")
    path.write_text("no journal\nat all\n", encoding="utf-8")
    with pytest.raises(DamagedJournalError, match=r"one\.journal"):
        open_study(layout, FAMILY, "one")
    assert earlier_studies(layout, FAMILY, "two") == []


def test_earlier_studies_come_newest_first_and_without_this_one(layout: Layout) -> None:
    for name in ("old", "newer", "this"):
        write(layout, name)
    found = [optuna.get_all_study_names(storage) for storage in earlier_studies(layout, FAMILY, "this")]
    assert found == [["newer"], ["old"]]


def test_only_the_newest_studies_stay(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "KEPT", 2)
    for name in ("old", "newer", "newest"):
        write(layout, name)
    drop_old_studies(layout, FAMILY, "newest")
    assert sorted(path.stem for path in layout.family_studies(FAMILY).glob("*.journal")) == ["newer", "newest"]


def test_a_study_of_newer_rows_is_newer_whenever_its_file_arrived(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, until_us in (("newest", 3), ("newer", 2), ("old", 1)):
        write(layout, name, until_us=until_us)
    found = [optuna.get_all_study_names(storage) for storage in earlier_studies(layout, FAMILY, "this")]
    assert found == [["newest"], ["newer"], ["old"]]
    monkeypatch.setattr(studies, "KEPT", 2)
    drop_old_studies(layout, FAMILY, "newer")
    assert sorted(path.stem for path in layout.family_studies(FAMILY).glob("*.journal")) == ["newer", "newest"]


def test_the_study_of_the_search_that_ended_stays_whatever_its_rows(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "KEPT", 1)
    for name, until_us in (("newer", 2), ("this", 1)):
        write(layout, name, until_us=until_us)
    write(layout, "damaged").write_text("no journal\n" * 2, encoding="utf-8")
    drop_old_studies(layout, FAMILY, "this")
    assert [path.stem for path in layout.family_studies(FAMILY).glob("*.journal")] == ["this"]
