"""Errors of fitting a family. Not here: what was saved of it (artifacts.py)."""

from __future__ import annotations

from resource_prediction.errors.root import ResourcePredictionError


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


class DamagedJournalError(ResourcePredictionError):
    """The journal of a search that cannot be read."""

    def __init__(self, path: str, got: str) -> None:
        self.path = path
        super().__init__(
            f"reading the trials in {path}",
            got=got,
            expected="a journal that a search wrote",
            next_step="Restore the file from a backup, or remove it: the search begins anew.",
        )
