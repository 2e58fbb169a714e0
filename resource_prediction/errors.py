"""Every error this project raises: one root, and subclasses that carry fields. Not here: handling them (flows, app)."""

from __future__ import annotations

from collections.abc import Sequence


class ResourcePredictionError(Exception):
    """Root of all errors of ours; its text says what failed, what was there, what is legal and what to do next.

    Args:
        what: What failed, with the name of the thing.
        got: The value that was there.
        expected: The rule that it broke.
        next_step: What the reader can do now.
    """

    def __init__(self, what: str, *, got: object, expected: str, next_step: str) -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.next_step = next_step
        super().__init__(f"{what}: got {got}; expected {expected}. {next_step}")


class TelemetryError(ResourcePredictionError):
    """Rows that do not keep the telemetry contract."""


class MissingColumnError(TelemetryError):
    """A column that the contract needs is not there."""

    def __init__(self, column: str, columns: list[str], where: str = "") -> None:
        self.column = column
        self.columns = columns
        self.where = where
        super().__init__(
            f"column {column!r} in {where}" if where else f"column {column!r}",
            got=f"columns {', '.join(columns) or 'none'}",
            expected=f"a column named {column!r}",
            next_step="Rename the column in the source, or leave the row out.",
        )


class DemoFarmError(ResourcePredictionError):
    """A size, length or seed that makes no demo farm."""


class ScoringError(ResourcePredictionError):
    """Peaks and allocations that cannot be scored."""


class AllocationError(ResourcePredictionError):
    """A rule or a distribution that gives no allocation."""


class DistributionError(ResourcePredictionError):
    """A predictive distribution of the wrong shape, or asked for what it cannot say."""


class FitError(ResourcePredictionError):
    """A family that cannot be fitted on the rows at hand."""


class NotFittedError(FitError):
    """A family that is asked to predict or to be saved before it was fitted."""

    def __init__(self, family_class: str) -> None:
        self.family_class = family_class
        super().__init__(
            f"model of class {family_class}",
            got="no fit yet",
            expected="a fitted model",
            next_step="Call fit_distribution(X, peak_gib), or load(folder), first.",
        )


class FeatureMismatchError(ResourcePredictionError):
    """Features that differ, in name or order, from those that a model was fitted on."""

    def __init__(self, got: list[str], expected: list[str]) -> None:
        self.got_features = got
        self.expected_features = expected
        place = next((i for i, (a, b) in enumerate(zip(got, expected, strict=False)) if a != b), len(got))
        found = got[place] if place < len(got) else "nothing"
        wanted = expected[place] if place < len(expected) else "nothing"
        super().__init__(
            "features of the rows",
            got=f"{found!r} at place {place} of {len(got)}",
            expected=f"{wanted!r} there, {len(expected)} features in the order of the fit",
            next_step="Build the features with the code and feature list that the model was fitted with.",
        )


class ParameterError(ResourcePredictionError):
    """A hyperparameter that a family does not have, or whose value it does not take."""


class UnknownFamilyError(ResourcePredictionError):
    """A model family that is not in MODEL_FAMILIES."""

    def __init__(self, family: str, families: list[str]) -> None:
        self.family = family
        self.families = families
        super().__init__(
            "model family",
            got=repr(family),
            expected=f"one of {', '.join(families)}",
            next_step="Choose one of these, or add an entry to MODEL_FAMILIES.",
        )


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


class GateError(ResourcePredictionError):
    """Evidence or a rule that no verdict can rest on."""


class StoreError(ResourcePredictionError):
    """A store that cannot be read or written as asked."""


class UnusableStoreError(StoreError):
    """A path that no store can be at."""

    def __init__(self, store: str, got: str) -> None:
        self.store = store
        super().__init__(
            f"store {store}",
            got=got,
            expected="a folder that can be written",
            next_step="Choose another folder with --store.",
        )


class StoreLockedError(StoreError):
    """Another process writes to the store."""

    def __init__(self, store: str, holder: str) -> None:
        self.store = store
        self.holder = holder
        super().__init__(
            f"store {store}",
            got=f"a lock held by {holder}",
            expected="one writer at a time",
            next_step="Wait until it has ended, or choose another folder with --store.",
        )


class RegistryFormatError(StoreError):
    """A registry of a format that cannot be used as it is."""

    def __init__(self, path: str, number: int, readable: int) -> None:
        self.path = path
        self.number = number
        self.readable = readable
        newer = number > readable
        next_step = "Use the release that wrote it, or a newer one." if newer else "Run a night: it migrates the store."
        super().__init__(
            f"registry {path}",
            got=f"format {number}",
            expected=f"format {readable}{' or older' if newer else ''}",
            next_step=next_step,
        )


class UnknownVersionError(StoreError):
    """A version that the registry does not have."""

    def __init__(self, version: str, versions: list[str]) -> None:
        self.version = version
        self.versions = versions
        super().__init__(
            "version",
            got=repr(version),
            expected=f"one of {', '.join(versions)}" if versions else "a promoted version, of which there is none yet",
            next_step="`python -m warehouse history` lists them.",
        )


class StoreKindError(StoreError):
    """A store that holds another telemetry than the one that was to go in."""

    def __init__(self, store: str, held: str, offered: str) -> None:
        self.store = store
        self.held = held
        self.offered = offered
        super().__init__(
            f"store {store}, which holds {held}",
            got=offered,
            expected="the telemetry that the store's first ingest recorded",
            next_step="Choose another folder with --store.",
        )


class PromotionConflictError(StoreError):
    """The champion changed between the verdict and its promotion."""

    def __init__(self, expected_revision: int, revision: int) -> None:
        self.expected_revision = expected_revision
        self.revision = revision
        super().__init__(
            "promotion",
            got=f"a champion at revision {revision}",
            expected=f"revision {expected_revision}, which the verdict was given for",
            next_step="Run again: the next verdict compares with the new champion.",
        )


class NominationConflictError(StoreError):
    """The open nomination changed between the verdict and its storing."""

    def __init__(self, expected_nomination: str, nomination: str) -> None:
        self.expected_nomination = expected_nomination
        self.nomination = nomination
        super().__init__(
            "nomination",
            got=nomination,
            expected=f"{expected_nomination}, which the verdict was given for",
            next_step="Run again: the next verdict follows the nomination as it is now.",
        )


class SourceError(ResourcePredictionError):
    """A telemetry source that cannot be read."""


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


class LeakError(ResourcePredictionError):
    """A feature that saw more than was known when its job was submitted."""

    def __init__(self, finding: str) -> None:
        self.finding = finding
        super().__init__(
            "leak audit",
            got=finding,
            expected="the same value, bit for bit",
            next_step="Nothing was promoted. Report this with the rows it names: it is a defect of this software.",
        )


class UnsettledFileError(SourceError):
    """A file that is still being written; the next run reads it."""

    def __init__(self, name: str, evidence: str) -> None:
        self.name = name
        self.evidence = evidence
        super().__init__(
            f"file {name}",
            got=evidence,
            expected="a file that is complete",
            next_step="It is left for the next run; write it under another name and rename it when it is done.",
        )


class NoUsableRowError(SourceError):
    """A source without a single usable row, for a store that has none."""

    def __init__(self, source: str, read: int, quarantined: int, notes: Sequence[str] = ()) -> None:
        self.source = source
        self.read = read
        self.quarantined = quarantined
        self.notes = tuple(notes)
        super().__init__(
            f"source {source}",
            got="; ".join([f"{read} rows read, {quarantined} of them quarantined", *notes]),
            expected="at least one usable row, as the store holds none yet",
            next_step="See `python -m warehouse quarantine`, or name another file with --source.",
        )


class MissingFeaturesError(StoreError):
    """Features that were to be taken from the store and are not there."""

    def __init__(self, store: str, found: str) -> None:
        self.store = store
        self.found = found
        super().__init__(
            f"features in {store}",
            got=found,
            expected="features of the rows that the store holds now",
            next_step="Run once without --skip-preprocessing.",
        )


class TooFewRowsError(FitError):
    """Fewer training rows than a distribution can be learned from."""

    def __init__(self, rows: int, needed: int) -> None:
        self.rows = rows
        self.needed = needed
        super().__init__(
            "training rows before the hold-out",
            got=rows,
            expected=f"at least {needed} with a final peak",
            next_step="Give more telemetry, a smaller --holdout, or a longer --train-window.",
        )


class DurationError(ResourcePredictionError):
    """A text that is no duration."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            "duration",
            got=repr(text),
            expected="a number and a unit, s, m, h, d or w, such as 24h",
            next_step="Write it like that.",
        )


class HoldoutError(ResourcePredictionError):
    """A text that names no hold-out."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            "hold-out",
            got=repr(text),
            expected="a share of the rows such as 20%, a duration such as 24h, or a number of rows such as 2000",
            next_step="Write it like one of these.",
        )


class EveryFamilyFailedError(ResourcePredictionError):
    """No family could be fitted."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(
            "fitting every family",
            got="; ".join(f"{family}: {error}" for family, error in errors.items()) or "no family",
            expected="at least one fitted model",
            next_step="Mend the first error named here, and run again: finished work is kept.",
        )
