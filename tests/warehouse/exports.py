"""Small exports for the tests of the warehouse: lines and files by hand."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2025, 5, 1, tzinfo=UTC)
BUILD: dict[str, object] = {
    "atom_id": "job-0",
    "time": "2025-04-26 10:00:00.500",
    "location": "location_1",
    "branch": "branch_1",
    "buildProfile": "linux-gcc-release",
    "jobs": 8,
    "makeType": "rel",
    "targets": "all,dist",
    "component": "component_1",
    "ts_status": "ok",
    "max_rss": 1_000_000_000,
    "memreq": 150_000,
}
HEADER = ";".join(BUILD)


def build(number: int, **changes: object) -> str:
    """One line of a semicolon export: job `number` started at that minute and peaked at `number + 1` GB."""
    own = {
        "atom_id": f"job-{number}",
        "time": f"2025-04-26 10:{number:02d}:00.500",
        "max_rss": (number + 1) * 1_000_000_000,
    }
    assert changes.keys() <= BUILD.keys()
    return ";".join(str(value) for value in (BUILD | own | changes).values())


def export(*lines: str, header: str = HEADER, line_break: str = "\n") -> bytes:
    """A file of lines under the header."""
    return "".join(line + line_break for line in (header, *lines)).encode()
