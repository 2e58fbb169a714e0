"""Errors of what a user asked for: families, parameters, durations, hold-outs. Not here: files and stores."""

from __future__ import annotations

from datetime import date

from resource_prediction.errors.root import ResourcePredictionError


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


class DateRangeError(ResourcePredictionError):
    """A first day that is not before the last one."""

    def __init__(self, since: date, until: date) -> None:
        self.since = since
        self.until = until
        super().__init__(
            "range of days",
            got=f"from {since} until {until}",
            expected="a first day that is earlier than the end, which is not in the range itself",
            next_step=f"For the one day {since}, end it on the day after.",
        )


class ReplayRangeError(ResourcePredictionError):
    """Days of a replay in which no job has an outcome."""

    def __init__(self, since: str, until: str, first: str, last: str) -> None:
        self.since = since
        self.until = until
        self.first = first
        self.last = last
        super().__init__(
            "days to replay",
            got=f"no job with a final peak from {since} until {until}",
            expected=f"days between {first} and {last}, which the telemetry covers",
            next_step="Give other days with --from and --until.",
        )
