"""A model as a folder: its manifest, digest and checks. Not here: what a model writes, where folders are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from resource_prediction.errors import ArtifactError, ArtifactFormatError, ChangedArtifactError, LibraryVersionError

ARTIFACT_FORMAT = 1
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class FileEntry:
    """One file of an artifact.

    Attributes:
        sha256: Digest of its bytes, hexadecimal.
        size_bytes: How long it is.
    """

    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """What an artifact folder holds.

    Attributes:
        digest: SHA-256 of the manifest's bytes: the artifact's name.
        format: Number of the folder's format.
        libraries: Version of each library that wrote a learner, by distribution name.
        files: Every file but the manifest, by its path inside the folder (``/`` between parts).
    """

    digest: str
    format: int
    libraries: Mapping[str, str]
    files: Mapping[str, FileEntry]


def write_manifest(folder: Path, *, libraries: Mapping[str, str]) -> str:
    """Seal a folder: list each of its files with size and digest in ``manifest.json``.

    Equal files and libraries give equal bytes: nothing else, such as a clock, goes in.

    Args:
        folder: Holds all files of the model; a manifest that is there already is replaced.
        libraries: Version of each library that wrote a learner, such as ``{"xgboost": "3.2.0"}``.

    Returns:
        The artifact's digest.

    Raises:
        ArtifactError: The folder holds no file, or a link.
    """
    content = {
        "format": ARTIFACT_FORMAT,
        "libraries": dict(libraries),
        "files": {
            name: {"sha256": entry.sha256, "size_bytes": entry.size_bytes} for name, entry in _entries(folder).items()
        },
    }
    if not content["files"]:
        raise ArtifactError(
            f"artifact {folder}",
            got="no file",
            expected="the files of a model",
            next_step="Save the model before its manifest.",
        )
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
    (folder / MANIFEST_NAME).write_text(text, encoding="utf-8", newline="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json`` without looking at the other files.

    Raises:
        ArtifactError: There is none, it cannot be read, or its format is newer than this code.
    """
    path = folder / MANIFEST_NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ArtifactError(
            f"artifact {folder}",
            got=f"no {MANIFEST_NAME}",
            expected="a folder that a model was saved to",
            next_step="Name an artifact folder, such as <store>/champion; a store without one needs a run first.",
        ) from error
    try:
        content = json.loads(data)
        number = content["format"]
        if number != ARTIFACT_FORMAT:
            raise ArtifactFormatError(str(folder), number, ARTIFACT_FORMAT)
        files = {name: FileEntry(entry["sha256"], entry["size_bytes"]) for name, entry in content["files"].items()}
        return Manifest(hashlib.sha256(data).hexdigest(), number, content["libraries"], files)
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ChangedArtifactError(str(folder), [f"{MANIFEST_NAME}: not a manifest ({error})"]) from error


def find_changes(folder: Path, manifest: Manifest) -> list[str]:
    """Compare a folder with its manifest, byte for byte.

    Returns:
        One line for each file that is changed, missing, or not in the manifest; empty for a whole folder.
    """
    found = _entries(folder)
    changes = [f"{name}: missing" for name in manifest.files if name not in found]
    changes += [f"{name}: not in the manifest" for name in found if name not in manifest.files]
    changes += [f"{name}: changed" for name, entry in manifest.files.items() if found.get(name, entry) != entry]
    return sorted(changes)


def check_folder(folder: Path, digest: str | None = None, *, installed: Mapping[str, str] | None = None) -> Manifest:
    """Check that an artifact is whole, of a known format, and written by the libraries that would read it.

    Args:
        folder: The artifact, or a link to it; the link is followed once.
        digest: What the artifact is expected to be; None takes the manifest's word.
        installed: Versions to check against; None asks for the installed ones.

    Raises:
        ChangedArtifactError: A file is changed, missing or extra, or the manifest is not the one of ``digest``.
        ArtifactFormatError: The folder has another format than this code.
        LibraryVersionError: A learner library has another minor version now.
        ArtifactError: The folder is no artifact.
    """
    folder = folder.resolve()
    manifest = read_manifest(folder)
    if digest is not None and manifest.digest != digest:
        raise ChangedArtifactError(str(folder), [f"{MANIFEST_NAME}: changed (digest {manifest.digest})"])
    if changes := find_changes(folder, manifest):
        raise ChangedArtifactError(str(folder), changes)
    for library, written in manifest.libraries.items():
        present = _installed_version(library) if installed is None else installed.get(library)
        if present is None or _minor(present) != _minor(written):
            raise LibraryVersionError(str(folder), library, written, present)
    return manifest


def _entries(folder: Path) -> dict[str, FileEntry]:
    """Size and digest of every file below a folder but its manifest, by path."""
    entries = {}
    for path in _files(folder):
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        entries[path.relative_to(folder).as_posix()] = FileEntry(sha256, path.stat().st_size)
    return entries


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder but its manifest; a link is refused, as its target is not the folder's own."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise ChangedArtifactError(str(folder), [f"{path.relative_to(folder).as_posix()}: a link, not a file"])
        if path.is_file() and path != folder / MANIFEST_NAME:
            yield path


def _installed_version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _minor(number: str) -> list[str]:
    return number.split(".")[:2]
