"""Wall clock of a run by stage. Not here: what the stages do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds by stage, and since it was made, less what is not to count."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._excluded = 0.0
        self.stages: dict[str, float] = dict.fromkeys(("ingest", "features", "fit", "serve"), 0.0)

    def add(self, stage: str, seconds: float) -> None:
        """Add seconds that were measured elsewhere."""
        self.stages[stage] += seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of a block to a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - began)

    @contextmanager
    def excluded(self) -> Iterator[None]:
        """Leave the time of a block out of the total."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._excluded += time.perf_counter() - began

    def seconds(self) -> dict[str, float]:
        """Seconds of each stage, and in total, as the result names them."""
        total = time.perf_counter() - self._began - self._excluded
        return {name: round(value, 3) for name, value in {**self.stages, "total": total}.items()}
