"""Errors of rows and sources of telemetry. Not here: stores (store.py)."""

from __future__ import annotations

from collections.abc import Sequence

from resource_prediction.errors.root import ResourcePredictionError


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


class SourceError(ResourcePredictionError):
    """A telemetry source that cannot be read."""


class UnknownSchemeError(SourceError):
    """A place ``SCHEME://...`` whose scheme no source has."""

    def __init__(self, place: str, known: Sequence[str], unusable: Sequence[str] = ()) -> None:
        self.place = place
        self.known = tuple(known)
        self.unusable = tuple(unusable)
        super().__init__(
            f"source {place}",
            got="; ".join(["a scheme that no source has", *unusable]),
            expected=f"a path, or a known scheme: {', '.join(f'{scheme}://' for scheme in known)}",
            next_step="Check --source, or install the package that brings the source.",
        )


class SchemeError(SourceError):
    """A source that was found by its scheme and cannot be used."""

    def __init__(self, scheme: str, got: str) -> None:
        self.scheme = scheme
        super().__init__(
            f"source {scheme}://",
            got=got,
            expected="one function open_source(places, now)",
            next_step="Mend or remove the module or package that brings it.",
        )


class EmptySourceError(SourceError):
    """A place that is there and holds no telemetry now; tomorrow it may."""

    def __init__(self, place: str, got: str, expected: str) -> None:
        self.place = place
        super().__init__(f"source {place}", got=got, expected=expected, next_step="Check the path given with --source.")


class UnreachableSourceError(ResourcePredictionError):
    """Something outside, such as a network folder or a server, did not answer; no input that a user can mend."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(
            f"source {name}",
            got=reason,
            expected="a source that answers",
            next_step="Run again when it does.",
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
