"""Artifacts become visible whole, and damage is named."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resource_prediction.errors import ArtifactError, ChangedArtifactError
from resource_prediction.models.artifact import write_manifest
from warehouse.artifacts import artifact_path, check_artifact, store_artifact, verify_artifacts
from warehouse.findings import Finding
from warehouse.layout import Layout

ROOT = Path(__file__).parents[2]

KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
from warehouse.artifacts import store_artifact
from warehouse.layout import Layout

def save(folder):
    (folder / "learner.ubj").write_bytes(b"half of the trees")
    os.kill(os.getpid(), signal.SIGKILL)

store_artifact(Layout(Path(sys.argv[1])), save)
"""


def test_a_model_is_stored_under_its_digest(layout: Layout, store_model: Callable[[str], str]) -> None:
    digest = store_model("trees")
    assert artifact_path(layout, digest) == layout.artifacts / digest
    assert check_artifact(layout, digest).digest == digest
    assert (layout.artifacts / digest / "model.txt").read_text(encoding="utf-8") == "trees"
    assert list(layout.staging.iterdir()) == []


def test_the_same_model_is_stored_once(layout: Layout, store_model: Callable[[str], str]) -> None:
    assert store_model("trees") == store_model("trees")
    assert len(list(layout.artifacts.iterdir())) == 1
    assert list(layout.staging.iterdir()) == []


def test_a_damaged_artifact_is_replaced_when_it_is_stored_again(
    layout: Layout, store_model: Callable[[str], str]
) -> None:
    digest = store_model("trees")
    (artifact_path(layout, digest) / "model.txt").write_text("treez", encoding="utf-8")
    assert store_model("trees") == digest
    assert check_artifact(layout, digest).digest == digest


def test_killed_while_saving_nothing_is_visible(layout: Layout) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_SAVING, str(layout.store)], cwd=ROOT, check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    assert [path.name for path in layout.staging.glob("*/*")] == ["learner.ubj"]
    assert not layout.artifacts.exists()
    assert verify_artifacts(layout, []) == []


def test_a_save_that_fails_leaves_nothing_behind(layout: Layout) -> None:
    def save(folder: Path) -> None:
        (folder / "learner.ubj").write_bytes(b"trees")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        store_artifact(layout, save)
    assert list(layout.staging.iterdir()) == []
    assert not layout.artifacts.exists()


def test_a_file_written_after_the_manifest_is_refused(layout: Layout) -> None:
    def save(folder: Path) -> None:
        (folder / "learner.ubj").write_bytes(b"trees")
        write_manifest(folder, libraries={})
        (folder / "late.txt").write_text("late", encoding="utf-8")

    with pytest.raises(ChangedArtifactError, match=r"late\.txt: not in the manifest"):
        store_artifact(layout, save)
    assert not layout.artifacts.exists()


def test_a_missing_artifact_is_an_error(layout: Layout) -> None:
    with pytest.raises(ArtifactError, match=r"got no manifest\.json"):
        check_artifact(layout, "0" * 64)


def test_verify_names_each_damage(layout: Layout, store_model: Callable[[str], str]) -> None:
    whole, changed = store_model("whole"), store_model("changed")
    (artifact_path(layout, changed) / "model.txt").write_text("chanGed", encoding="utf-8")
    stray = layout.artifacts / "stray"
    stray.mkdir()
    (stray / "x").write_bytes(b"x")
    gone = "f" * 64
    assert verify_artifacts(layout, [whole, changed, gone]) == sorted(
        [
            Finding(f"artifacts/{changed}", "model.txt: changed"),
            Finding(f"artifacts/{gone}", "missing"),
            Finding("artifacts/stray", "no manifest.json"),
        ],
        key=lambda finding: finding.what,
    )


def test_verify_sees_an_artifact_under_another_name(layout: Layout, store_model: Callable[[str], str]) -> None:
    digest = store_model("trees")
    artifact_path(layout, digest).rename(layout.artifacts / ("0" * 64))
    assert verify_artifacts(layout, []) == [Finding("artifacts/" + "0" * 64, "manifest.json: changed")]
