"""The SQL of the warehouse, one statement group a file, and how it is rendered. Not here: Python that decides."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template


def render(name: str, **fragments: str) -> str:
    """Read ``<name>.sql`` and put SQL fragments in for its ``$placeholders``.

    Fragments are ours (rendered from the telemetry contract); values go in as parameters of the statement.

    Raises:
        KeyError: On a placeholder without a fragment.
    """
    return _template(name).substitute(fragments)


@cache
def _template(name: str) -> Template:
    return Template(files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
