"""Every read of a numpy file is under the lock: two threads that parse headers at once may fail in CPython 3.11."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("resource_prediction", "warehouse", "tasks", "flows", "app")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
READERS = [path for path in FILES if "np.load(" in path.read_text(encoding="utf-8")]


def reads(tree: ast.AST) -> set[int]:
    """Lines that call ``np.load``."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {call.lineno for call in calls if ast.unparse(call.func) == "np.load"}


def locked(tree: ast.AST) -> set[int]:
    """Lines inside a ``with`` that takes the lock."""
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.With))
    held = (block for block in blocks if any(ast.unparse(item.context_expr) == "ONE_READER" for item in block.items))
    return {line for block in held for line in range(block.lineno, (block.end_lineno or block.lineno) + 1)}


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.stem)
def test_a_numpy_file_is_read_by_one_thread_at_a_time(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert reads(tree)
    assert reads(tree) <= locked(tree)
