"""Lines of a CSV file that no reader may see, found before it does: quotes, NULs, stray breaks. Not here: fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 1024 * 1024
QUOTE, NEWLINE, CARRIAGE_RETURN = ord('"'), ord("\n"), ord("\r")


@dataclass(frozen=True)
class LineFaults:
    """What has to be taken out of a file before DuckDB reads it.

    Attributes:
        codes: Quarantine code of each broken line; lines count from 1, which is the header.
        uneven_breaks: Whether some lines end with CR LF and others with LF, which DuckDB refuses to read.
        ends_open: Whether the last line has no line break.
    """

    codes: dict[int, str]
    uneven_breaks: bool
    ends_open: bool

    @property
    def readable(self) -> bool:
        """Whether DuckDB can read the file as it is."""
        return not self.codes and not self.uneven_breaks


def find_faults(path: Path, separator: str, *, has_quotes: bool) -> LineFaults:
    """Find the lines that would mislead a reader.

    A quote that opens and does not close on its line would make a reader swallow the lines behind it, up to the whole
    file; parity of quotes alone does not find it (``x"y,"z``), their neighbours do.

    Args:
        path: The text file, not compressed, not empty.
        separator: Between fields, one character.
        has_quotes: Whether a quote character has a meaning in this file.
    """
    ends_open = _ends_open(path)
    if not has_quotes and not any(b"\r" in block or b"\0" in block for block in _blocks(path)):
        return LineFaults({}, uneven_breaks=False, ends_open=ends_open)  # nearly every export; counting takes longer
    codes: dict[int, str] = {}
    first_line, returns, breaks = 1, 0, 0
    for block in _blocks(path):
        pairs = block.count(b"\r\n") if b"\r" in block else 0
        newlines = block.count(b"\n")
        if block.count(b"\r") != pairs or b"\0" in block:
            codes.update(_byte_faults(block, first_line))
        if has_quotes:
            for line in _quote_faults(block, separator):
                codes.setdefault(first_line + int(line), "unclosed_quote")
        first_line += newlines
        returns, breaks = returns + pairs, breaks + newlines
    codes.pop(1, None)
    return LineFaults(codes, uneven_breaks=returns not in (0, breaks), ends_open=ends_open)


def write_repaired(path: Path, target: Path, faults: LineFaults) -> None:
    """Copy a file with its broken lines emptied and all line breaks equal; line numbers stay."""
    with path.open("rb") as lines, target.open("wb") as copy:
        for number, line in enumerate(lines, start=1):
            copy.write(b"\n" if number in faults.codes else line.rstrip(b"\r\n") + b"\n")


def numbered_blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, each with the number of its first line, from 1."""
    first_line = 1
    for block in _blocks(path):
        yield first_line, block
        first_line += int(np.count_nonzero(_is_newline(block)))


def good_lines(first_line: int, block: bytes, broken: Collection[int]) -> NDArray[np.intp]:
    """Numbers of the lines of a block that are rows: not the header, not blank, not broken."""
    newlines = np.flatnonzero(_is_newline(block))
    lines = np.arange(first_line, first_line + len(newlines) + (not block.endswith(b"\n")))
    is_good = lines > 1
    if broken:
        is_good[np.isin(lines, list(broken))] = False
    if _may_have_blanks(block, newlines):
        is_good &= [bool(line.strip(b"\r")) for line in block.split(b"\n")[: len(lines)]]
    return lines[is_good]


def _is_newline(block: bytes) -> NDArray[np.bool_]:
    """Which bytes are line breaks; numpy looks at several bytes at once, where ``bytes.count`` stops at each break."""
    found: NDArray[np.bool_] = np.frombuffer(block, dtype=np.uint8) == NEWLINE
    return found


def _may_have_blanks(block: bytes, newlines: NDArray[np.intp]) -> bool:
    """Whether a line begins with what ends one; ``newlines`` are the places of the line breaks."""
    starts = np.frombuffer(block, dtype=np.uint8)[np.append(0, newlines[newlines < len(block) - 1] + 1)]
    return bool(np.isin(starts, (NEWLINE, CARRIAGE_RETURN)).any())


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines, about BLOCK_BYTES at a time; what stands behind the last line break comes last."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block if block.endswith(b"\n") else block + file.readline()


def _ends_open(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, SEEK_END)
        return file.read() != b"\n"


def _byte_faults(block: bytes, first_line: int) -> dict[int, str]:
    codes: dict[int, str] = {}
    for number, line in enumerate(block.split(b"\n"), start=first_line):
        if b"\0" in line:
            codes[number] = "encoding"
        elif b"\r" in line.removesuffix(b"\r"):
            codes[number] = "line_break"
    return codes


def _quote_faults(block: bytes, separator: str) -> NDArray[np.intp]:
    """Lines of a block (from 0) with a quote that neither opens, nor closes, nor is doubled."""
    characters = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    at = np.flatnonzero(characters == QUOTE)
    if at.size == 0:
        return at
    line = np.searchsorted(np.flatnonzero(characters[1:] == NEWLINE) + 1, at)
    is_first = np.concatenate(([True], line[1:] != line[:-1]))
    place = np.arange(at.size) - np.maximum.accumulate(np.where(is_first, np.arange(at.size), 0))
    opens = place % 2 == 0
    is_last = np.concatenate((is_first[1:], [True]))
    before, behind = characters[at - 1], characters[at + 1]
    legal_start = np.isin(before, [ord(separator), NEWLINE]) | ((before == QUOTE) & ~is_first)
    legal_end = np.isin(behind, [ord(separator), NEWLINE, CARRIAGE_RETURN]) | ((behind == QUOTE) & ~is_last)
    faulty = np.where(opens, ~legal_start | is_last, ~legal_end)
    return np.unique(line[faulty])
