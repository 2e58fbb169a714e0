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


class ScoringError(ResourcePredictionError):
    """Peaks and allocations that cannot be scored."""


class AllocationError(ResourcePredictionError):
    """A rule or a distribution that gives no allocation."""


class FitError(ResourcePredictionError):
    """A family that cannot be fitted on the rows at hand."""


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


class GateError(ResourcePredictionError):
    """Evidence or a rule that no verdict can rest on."""


class StoreError(ResourcePredictionError):
    """A store that cannot be read or written as asked."""


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


class SourceError(ResourcePredictionError):
    """A telemetry source that cannot be read."""


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
