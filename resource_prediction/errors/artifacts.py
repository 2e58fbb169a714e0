"""Errors of model folders. Not here: fitting (fits.py)."""

from __future__ import annotations

from resource_prediction.errors.root import ResourcePredictionError


class ArtifactError(ResourcePredictionError):
    """A model folder that is incomplete, changed, or of another format."""


class ChangedArtifactError(ArtifactError):
    """A model folder whose files are not those of its manifest."""

    def __init__(self, folder: str, changes: list[str]) -> None:
        self.folder = folder
        self.changes = changes
        super().__init__(
            f"artifact {folder}",
            got="; ".join(changes),
            expected="the files and digests of its manifest",
            next_step="Restore the folder from a backup, or run a night to fit it again.",
        )


class ArtifactFormatError(ArtifactError):
    """A model folder of a format that this code does not read."""

    def __init__(self, folder: str, number: object, readable: int) -> None:
        self.folder = folder
        self.number = number
        self.readable = readable
        super().__init__(
            f"artifact {folder}",
            got=f"format {number}",
            expected=f"format {readable}",
            next_step="Use the release that wrote it, or run a night to fit it again.",
        )


class LibraryVersionError(ArtifactError):
    """A model folder written by another minor version of its learner library."""

    def __init__(self, folder: str, library: str, written: str, installed: str | None) -> None:
        self.folder = folder
        self.library = library
        self.written = written
        self.installed = installed
        super().__init__(
            f"artifact {folder}",
            got=f"a learner of {library} {written}, and {library} {installed or 'not'} installed",
            expected="the same minor version",
            next_step="Run a night to fit it again, or install the version that wrote it.",
        )


class FeatureVersionError(ArtifactError):
    """A model that was fitted on other features than this code makes."""

    def __init__(self, folder: str, written: str, present: str) -> None:
        self.folder = folder
        super().__init__(
            f"artifact {folder}",
            got=f"features of version {written}",
            expected=f"those of version {present}, which this release makes",
            next_step="Run a night: it fits the model again.",
        )
