"""A model folder is whole or refused, by name of the file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_prediction.errors import ArtifactError, ArtifactFormatError, ChangedArtifactError, LibraryVersionError
from resource_prediction.models.artifact import (
    ARTIFACT_FORMAT,
    FileEntry,
    check_folder,
    find_changes,
    read_manifest,
    write_manifest,
)

LIBRARIES = {"xgboost": "3.2.0", "numpy": "2.4.1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    (model / "states").mkdir(parents=True)
    (model / "learner.ubj").write_bytes(b"trees")
    (model / "states" / "profile.npz").write_bytes(b"states")
    return model


@pytest.fixture
def digest(folder: Path) -> str:
    return write_manifest(folder, libraries=LIBRARIES)


def test_the_digest_is_that_of_the_manifest_and_the_manifest_lists_each_file(folder: Path, digest: str) -> None:
    assert digest == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    manifest = check_folder(folder, digest, installed=LIBRARIES)
    assert manifest.digest == digest
    assert manifest.libraries == LIBRARIES
    assert manifest.files == {
        "learner.ubj": FileEntry(hashlib.sha256(b"trees").hexdigest(), 5),
        "states/profile.npz": FileEntry(hashlib.sha256(b"states").hexdigest(), 6),
    }


def test_sealing_again_or_in_another_place_gives_the_same_digest(folder: Path, digest: str, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    assert write_manifest(moved, libraries=dict(reversed(LIBRARIES.items()))) == digest


@given(place=st.integers(0, 4), value=st.integers(0, 255))
def test_any_changed_byte_is_refused_and_named(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    folder = tmp_path_factory.mktemp("model")
    original = b"trees"
    (folder / "learner.ubj").write_bytes(original)
    digest = write_manifest(folder, libraries={})
    changed = original[:place] + bytes([value]) + original[place + 1 :]
    (folder / "learner.ubj").write_bytes(changed)
    if changed == original:
        assert check_folder(folder, digest).digest == digest
    else:
        with pytest.raises(ChangedArtifactError, match=r"learner\.ubj: changed"):
            check_folder(folder, digest)


def test_a_missing_file_is_named(folder: Path, digest: str) -> None:
    (folder / "states" / "profile.npz").unlink()
    with pytest.raises(ChangedArtifactError, match=r"states/profile\.npz: missing"):
        check_folder(folder, digest)


def test_an_extra_file_is_named(folder: Path, digest: str) -> None:
    (folder / "note.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(ChangedArtifactError, match=r"note\.txt: not in the manifest"):
        check_folder(folder, digest)


def test_every_change_is_listed_at_once(folder: Path, digest: str) -> None:
    (folder / "learner.ubj").write_bytes(b"leaves")
    (folder / "states" / "profile.npz").unlink()
    assert find_changes(folder, read_manifest(folder)) == ["learner.ubj: changed", "states/profile.npz: missing"]


def test_a_link_in_the_folder_is_refused(folder: Path, digest: str, tmp_path: Path) -> None:
    (tmp_path / "outside.ubj").write_bytes(b"trees")
    (folder / "learner.ubj").unlink()
    (folder / "learner.ubj").symlink_to(tmp_path / "outside.ubj")
    with pytest.raises(ChangedArtifactError, match=r"learner\.ubj: a link, not a file"):
        check_folder(folder, digest)


def test_a_rewritten_manifest_is_refused_when_the_digest_is_known(folder: Path, digest: str) -> None:
    (folder / "learner.ubj").write_bytes(b"other")
    write_manifest(folder, libraries=LIBRARIES)
    assert check_folder(folder, installed=LIBRARIES).digest != digest
    with pytest.raises(ChangedArtifactError, match=r"manifest\.json: changed"):
        check_folder(folder, digest, installed=LIBRARIES)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "libraries": {}, "files": {"a": 3}}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ChangedArtifactError, match=r"manifest\.json: not a manifest"):
        check_folder(folder)


def test_a_folder_without_a_manifest_is_no_artifact(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"got no manifest\.json"):
        check_folder(tmp_path)
    with pytest.raises(ArtifactError, match=r"got no manifest\.json"):
        check_folder(tmp_path / "nowhere")


def test_an_empty_folder_cannot_be_sealed(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="got no file"):
        write_manifest(tmp_path, libraries={})


def test_a_newer_format_is_refused(folder: Path, digest: str) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "format": ARTIFACT_FORMAT + 1}), encoding="utf-8")
    with pytest.raises(ArtifactFormatError, match=f"got format {ARTIFACT_FORMAT + 1}; expected format") as caught:
        check_folder(folder)
    assert caught.value.readable == ARTIFACT_FORMAT


@pytest.mark.parametrize(
    ("installed", "readable"),
    [("3.2.0", True), ("3.2.9", True), ("3.3.0", False), ("2.2.0", False), (None, False)],
)
def test_only_the_minor_version_that_wrote_a_learner_reads_it(
    folder: Path, digest: str, installed: str | None, readable: bool
) -> None:
    versions = {"numpy": "2.4.1"} | ({"xgboost": installed} if installed else {})
    if readable:
        assert check_folder(folder, digest, installed=versions).libraries["xgboost"] == "3.2.0"
    else:
        with pytest.raises(LibraryVersionError, match="Run a night to fit it again") as caught:
            check_folder(folder, digest, installed=versions)
        assert (caught.value.library, caught.value.installed) == ("xgboost", installed)


def test_installed_libraries_are_asked_for_when_none_are_given(folder: Path) -> None:
    digest = write_manifest(folder, libraries={"no-such-distribution": "1.0"})
    with pytest.raises(LibraryVersionError, match="no-such-distribution not installed"):
        check_folder(folder, digest)


def test_a_link_to_an_artifact_is_followed(folder: Path, digest: str, tmp_path: Path) -> None:
    (tmp_path / "champion").symlink_to(folder)
    assert check_folder(tmp_path / "champion", installed=LIBRARIES).digest == digest
