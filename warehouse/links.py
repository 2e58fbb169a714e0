"""Symbolic links of a store that readers follow: swapped in one step. Not here: which artifact they should name."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from resource_prediction.errors import StoreError
from warehouse.durable import flush_file


def link_names(link: Path, target: Path) -> bool:
    """Whether a link is there and names the target."""
    return link.is_symlink() and link.readlink() == _relative(link, target)


def point_link(link: Path, target: Path) -> bool:
    """Let a link name a target, so that a reader sees the old or the new one and never none.

    The link is relative: a store can be moved or copied as a whole.

    Returns:
        Whether the link had to be changed.

    Raises:
        StoreError: A file or folder, and not a link, is in its place.
    """
    if link_names(link, target):
        return False
    if link.exists() and not link.is_symlink():
        raise StoreError(
            f"link {link}",
            got="a file or folder of that name",
            expected="a symbolic link, or nothing",
            next_step="Move it away: the link is made again when the store is opened.",
        )
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".{link.name}.{uuid4().hex}")
    fresh.symlink_to(_relative(link, target))
    fresh.replace(link)
    flush_file(link.parent)
    return True


def _relative(link: Path, target: Path) -> Path:
    return Path(os.path.relpath(target, link.parent))
