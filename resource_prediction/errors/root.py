"""The root of every error of ours, which builds its text. Not here: any one error."""

from __future__ import annotations

from typing import Any


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

    def __reduce__(self) -> tuple[Any, ...]:
        """How it crosses from a worker process: as its text and fields, as subclasses build those from others."""
        return _restore, (type(self), str(self), self.__dict__)


def _restore(kind: type[ResourcePredictionError], text: str, fields: dict[str, Any]) -> ResourcePredictionError:
    error = kind.__new__(kind, text)
    error.__dict__.update(fields)
    return error
