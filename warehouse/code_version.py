"""The digest of the code that decides what a fit is, so that finished fits of other code are not taken over."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

LEARNERS = ("numpy", "scikit-learn", "xgboost", "lightgbm", "treelite")


@cache
def code_version() -> str:
    """First 16 hexadecimal digits of a SHA-256 over the library's sources and the versions of the learners."""
    digest = hashlib.sha256()
    for path, text in sorted(_sources(files("resource_prediction"), "")):
        digest.update(f"{path}\0{len(text)}\0".encode() + text)
    for name in LEARNERS:
        digest.update(f"{name}=={version(name)}\0".encode())
    return digest.hexdigest()[:16]


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
