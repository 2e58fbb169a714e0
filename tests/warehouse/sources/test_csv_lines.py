"""Lines of a CSV file by number: blocks find what a walk line by line finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.sources import csv_lines
from warehouse.sources.csv_lines import good_lines, numbered_blocks

LINES = st.lists(st.sampled_from([b"a;b", b"", b"\r", b"c\r", b"much longer than a block"]), max_size=12)


@given(lines=LINES, ends_open=st.booleans(), broken=st.sets(st.integers(1, 14)), block_bytes=st.integers(1, 30))
def test_the_rows_of_a_file_are_the_lines_that_are_no_header_not_blank_and_not_broken(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], broken: set[int], block_bytes: int, *, ends_open: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    content = b"\n".join([b"header", *lines])
    path.write_bytes(content if ends_open else content + b"\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_lines, "BLOCK_BYTES", block_bytes)
        found = [line for first, block in numbered_blocks(path) for line in good_lines(first, block, broken).tolist()]
    expected = [number for number, line in enumerate(lines, start=2) if line.strip(b"\r") and number not in broken]
    assert found == expected


def test_blocks_are_whole_lines_and_know_their_first_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines.csv"
    path.write_bytes(b"1\n22\n333\n4444")
    monkeypatch.setattr(csv_lines, "BLOCK_BYTES", 3)
    assert list(numbered_blocks(path)) == [(1, b"1\n22\n"), (3, b"333\n"), (4, b"4444")]
