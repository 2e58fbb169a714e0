"""Artifact folders in a store: written aside, renamed to their digest, checked. Not here: which one serves."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import uuid4

from resource_prediction.errors import ArtifactError, LibraryVersionError
from resource_prediction.models.artifact import MANIFEST_NAME, Manifest, check_folder, find_changes, read_manifest
from warehouse.durable import flush_file, flush_tree
from warehouse.faults import store_faults
from warehouse.findings import Finding
from warehouse.layout import Layout

logger = logging.getLogger(__name__)


def artifact_path(layout: Layout, digest: str) -> Path:
    """Where the artifact of a digest is, or would be."""
    return layout.artifacts / digest


def check_artifact(layout: Layout, digest: str) -> Manifest:
    """Check an artifact of the store against its digest, format and libraries.

    Raises:
        ArtifactError: It is missing, changed, or not readable by this code; the message names the file.
    """
    return check_folder(artifact_path(layout, digest), digest)


def store_artifact(layout: Layout, save: Callable[[Path], object]) -> str:
    """Write a model into the store; it becomes visible whole or not at all.

    Args:
        layout: The store.
        save: Writes the model and its manifest into the empty folder that it is given.

    Returns:
        The artifact's digest; it is in ``artifacts/`` under that name.

    Raises:
        ArtifactError: What ``save`` left behind is not a whole artifact.
        StoreFaultError: The disk is full, or fails otherwise; nothing was stored.
    """
    folder = layout.staging / f"artifact-{uuid4().hex}"
    with store_faults(layout):
        folder.mkdir(parents=True)
        try:
            save(folder)
            digest = check_folder(folder).digest
            flush_tree(folder)
            _move_into_place(layout, folder, digest)
        finally:
            if folder.exists():
                shutil.rmtree(folder)
    return digest


def _move_into_place(layout: Layout, folder: Path, digest: str) -> None:
    """Rename a finished folder to its digest; a whole artifact that is there already stays, a damaged one goes."""
    target = artifact_path(layout, digest)
    layout.artifacts.mkdir(exist_ok=True)
    if target.exists() and _is_changed(target, digest):
        logger.warning("replacing the damaged artifact %s by the same one, fitted again", digest)
        target.rename(layout.staging / f"damaged-{uuid4().hex}")
    try:
        folder.rename(target)
    except OSError as error:
        # Another process stored the same artifact meanwhile: equal digests are equal files.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    flush_file(layout.artifacts)


def _is_changed(target: Path, digest: str) -> bool:
    try:
        check_folder(target, digest)
    except LibraryVersionError:
        return False
    except ArtifactError:
        return True
    return False


def verify_artifacts(layout: Layout, digests: Iterable[str]) -> list[Finding]:
    """Compare every artifact, byte for byte, with its digest.

    Library versions are not looked at: an old artifact that a newer library cannot read is still what was stored.

    Args:
        layout: The store.
        digests: Artifacts that must be there; those in ``artifacts/`` beyond them are checked as well.
    """
    present = {path.name for path in layout.artifacts.iterdir()} if layout.artifacts.is_dir() else set()
    findings = []
    for digest in sorted(present.union(digests)):
        path = artifact_path(layout, digest)
        findings += [Finding(f"artifacts/{digest}", problem) for problem in _problems(path, digest)]
    return findings


def _problems(path: Path, digest: str) -> list[str]:
    if not path.exists():
        return ["missing"]
    try:
        manifest = read_manifest(path)
        changes = find_changes(path, manifest)
    except ArtifactError as error:
        return [str(error.got)]
    if manifest.digest != digest:
        return [f"{MANIFEST_NAME}: changed", *changes]
    return changes
