"""What docs/runbook.md promises: every error has a section, and every command can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from deployments.automations import UnknownBlockError
from deployments.watches import NAMES
from flows.arguments import build_parser as build_train_parser
from flows.server import NoServerError, UnreachableServerError
from resource_prediction import errors
from warehouse.__main__ import build_parser as build_warehouse_parser

PAGE = (Path(__file__).parents[1] / "docs" / "runbook.md").read_text(encoding="utf-8")

OTHERS = [error.__name__ for error in (UnreachableServerError, NoServerError, UnknownBlockError)]
"""Errors of Prefect's server, beside those of the library."""


def test_every_error_has_one_section_and_every_section_its_error() -> None:
    sections = re.findall(r"^### (\w+Error)$", PAGE, re.MULTILINE)
    assert sorted(sections) == sorted([*errors.__all__, *OTHERS])


def test_every_error_says_what_to_do_first_or_whose_it_is() -> None:
    sections = re.findall(r"^### (\w+Error)\n\n(.*?)(?=\n#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    silent = {name for name, text in sections if "**First:**" not in text}
    # Errors of a caller's own program, defects, and the root.
    assert silent == {"NotFittedError", "DistributionError", "LeakError", "ResourcePredictionError"}


@pytest.mark.parametrize(
    "section",
    [
        "A night failed",
        "A night did not start",
        "A run went silent",
        "The champion is old",
        "Telemetry was quarantined",
    ],
)
def test_whatever_calls_somebody_has_a_section_with_the_first_command(section: str) -> None:
    (text,) = re.findall(rf"^### {section}\n(.*?)(?=^#)", PAGE, re.MULTILINE | re.DOTALL)
    for part in ("**Means:**", "**First:**", "**Then:**", "**Take back?**"):
        assert part in text
    assert "`" in text.split("**First:**")[1].splitlines()[0]


def test_every_automation_is_named_where_its_section_is() -> None:
    assert re.findall(r"^\*\*Automation:\*\* `([^`]+)`", PAGE, re.MULTILINE) == list(NAMES)


def commands(program: str) -> list[list[str]]:
    """Arguments of every command of a program on the page, in a block or in a sentence."""
    found = re.findall(rf"(?:^|`)({re.escape(program)}[^`\n#]*)", PAGE, re.MULTILINE)
    return [shlex.split(command)[len(program.split()) :] for command in found]


def test_every_command_can_be_typed() -> None:
    trains, answers = commands("python flows/train.py"), commands("python -m warehouse")
    assert len(trains) >= 5
    assert len(answers) >= 10
    for arguments in answers:
        build_warehouse_parser().parse_args(arguments)
    for arguments in trains:
        if arguments != ["--help"]:
            build_train_parser().parse_args(arguments)
