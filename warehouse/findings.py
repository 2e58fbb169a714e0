"""What a check of the store found. Not here: the checks (artifacts, registry, publish)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing in a store that is not as it should be.

    Attributes:
        what: Path or name inside the store.
        problem: What is wrong with it.
    """

    what: str
    problem: str
