"""What the documents promise of the code: tables, rooms, commands, links. Not here: whether their figures are right."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.arguments import build_parser
from resource_prediction.config import CLASSIFICATION_HYPERPARAMETERS, HYPERPARAMETER_CONFIGS, MODEL_FAMILIES
from resource_prediction.models import BasePredictor
from resource_prediction.quarantine_reasons import REASONS
from resource_prediction.telemetry import COLUMNS
from resource_prediction.testing import sample

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PACKAGES = ("resource_prediction", "warehouse", "tasks", "flows", "deployments", "benchmarks", "app")
UNITS = {"mib": "MiB"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _tables(text: str) -> list[list[list[str]]]:
    """The tables of a document: rows of cells, the header first."""
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [
        [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines() if not line.startswith("|---")]
        for table in tables
    ]


def _table(text: str, first: str) -> list[list[str]]:
    """The rows of the one table whose first header begins so."""
    (found,) = [rows for rows in _tables(text) if rows[0][0].startswith(first)]
    return found[1:]


def _code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def _modules(rows: list[list[str]]) -> set[str]:
    """Modules in a table of rooms: names in the first cell, and in the second those of a folder in the first."""
    folder = "/".join(name.strip("/") for name in _code(rows[0][0])) if rows[0][0].count("`") == 2 else ""
    found = set()
    for names, content in rows[1:]:
        for name in _code(names):
            inside = [f"{name}{each}" for each in _code(content) if each.endswith(".py")]
            listed = [name] if name.endswith(".py") else inside
            found |= {f"{folder}/{each}".lstrip("/") for each in listed}
    return found


def _is_own_source(name: str) -> bool:
    """Whether a file is a source that somebody put beside ours: one file, and no change elsewhere."""
    return name.startswith("warehouse/sources/") and re.search(r"^SCHEME = ", _text(name), re.MULTILINE) is not None


def test_the_list_of_rooms_is_the_tree() -> None:
    rooms = [rows for rows in _tables(_text("docs/architecture.md")) if rows[0][0].startswith("in `")]
    listed = set().union(*map(_modules, rooms))
    tree = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    unlisted = [name for name in tree - listed if not _is_own_source(name)]
    assert sorted(unlisted) == [], "add these to the rooms in docs/architecture.md"
    assert sorted(listed - tree) == [], "these rooms of docs/architecture.md are gone"


def test_the_columns_in_the_document_are_the_contract() -> None:
    written = [
        (_code(name)[0], kind, needed.startswith("to train"), known == "yes", twin == "same")
        for name, kind, needed, known, twin, _ in _table(_text("docs/telemetry.md"), "column")
    ]
    assert written == [
        (c.name, UNITS.get(c.type, c.type), c.needed_to_train, c.at_submission, c.in_twin) for c in COLUMNS
    ]


def test_the_reasons_of_quarantine_in_the_document_are_those_of_the_code() -> None:
    written = [(_code(code)[0], looks_at, rule) for code, looks_at, rule in _table(_text("docs/telemetry.md"), "code")]
    assert written == [(reason.code, reason.applies_to, reason.rule) for reason in REASONS]


def _range(entry: Any) -> str:
    if "choices" in entry:
        return ", ".join(map(_number, entry["choices"]))
    return f"{_number(entry['min'])} to {_number(entry['max'])}{', log' if entry.get('log') else ''}"


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)


def test_the_parameters_in_the_document_are_the_search_space() -> None:
    families = {f"`{family}`": entry for family, entry in HYPERPARAMETER_CONFIGS.items()}
    families["every classification family"] = CLASSIFICATION_HYPERPARAMETERS
    written = [tuple(row) for row in _tables(_text("docs/models.md"))[-1][1:]]
    assert written == [
        (family, f"`{name}`", _number(entry["default"]), _range(entry))
        for family, entries in families.items()
        for name, entry in entries.items()
    ]


def test_every_family_is_described() -> None:
    rows = [row for table in _tables(_text("docs/models.md")) for row in table if len(row) == 2]
    described = [_code(row[0])[0] for row in rows if row[0].startswith("`")]
    assert described == list(MODEL_FAMILIES)


def test_the_example_of_a_family_fits_and_survives_save_and_load(tmp_path: Path) -> None:
    blocks = re.findall(r" {3}```python\n(.*?) {3}```", _text("docs/models.md"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(textwrap.dedent(blocks[0]), names)  # noqa: S102 - our own document
    family: type[BasePredictor] = names["RidgeModel"]
    X, peak = sample()
    model = family().fit_distribution(X, peak)
    model.save(tmp_path)
    assert np.array_equal(family.load(tmp_path).predict(X), model.predict(X))
    assert np.median(model.predict(X)[peak > 15]) > 3 * np.median(model.predict(X)[peak < 3])


def _commands(path: Path, program: str) -> list[str]:
    """Lines of a document's code blocks that run a program, without what a shell makes of them."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0].split(" | ")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(program)]


def test_every_command_of_the_readme_parses() -> None:
    commands = _commands(ROOT / "README.md", "python flows/train.py")
    assert len(commands) >= 3
    for command in commands:
        build_parser().parse_args(shlex.split(command)[2:])


def test_every_make_target_in_the_readme_exists() -> None:
    targets = {command.split()[1] for command in _commands(ROOT / "README.md", "make ")}
    assert targets >= {"train", "test"}
    assert targets <= set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert broken == []
