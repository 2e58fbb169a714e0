"""`python -m warehouse` answers in tables or one JSON object, and fails in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.exports import build, export
from tests.warehouse.stores import files_of
from warehouse.__main__ import HELP, main
from warehouse.artifacts import artifact_path
from warehouse.commands import COMMANDS
from warehouse.ingest import IngestReport
from warehouse.layout import Layout
from warehouse.registry import Champion, Registry, VersionContent
from warehouse.store import claim

ROOT = Path(__file__).parents[2]


@pytest.fixture
def champion(
    layout: Layout,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
    conclude: Callable[..., Champion | None],
) -> Champion:
    """The champion of a store with two nights: the first, and one that kept it."""
    with Registry.open(layout) as registry:
        first = promote(registry, content(), reason="beats the requests")
        conclude(registry, run_id="run-2", reason="no new telemetry", expected_revision=1)
    return first


def _last_line(text: str) -> Any:
    return json.loads(text.splitlines()[-1])


def test_the_champion_is_shown_with_its_scores_and_where_to_load_it(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion
) -> None:
    status, shown, errors = ask("champion")
    assert (status, errors) == (0, "")
    for text in (champion.version, "79.5", "12,000 rows until 2026-01-04 23:00 UTC", "2026-01-05 02:00 UTC"):
        assert text in shown


def test_the_champion_as_json_has_the_fields_of_the_main_jobs_champion(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion
) -> None:
    status, shown, _ = ask("champion", "--json")
    answer = _last_line(shown)
    assert status == 0
    assert answer["store"] == str(layout.store)
    expected = {
        "version": champion.version,
        "family": "lightgbm_classification",
        "path": str(artifact_path(layout, champion.served_digest)),
        "score": 79.5,
        "live_score": 78.0,
        "under_pct": 3.0,
        "over_pct": 64.5,
        "revision": 1,
        "promoted_at": "2026-01-05T02:00:00+00:00",
    }
    assert {name: answer["champion"][name] for name in expected} == expected


SERVED = {"version": "", "rows": 1400, "score": 81.25, "low": None, "high": None}


def test_the_champion_is_shown_as_it_served(
    ask: Callable[..., tuple[int, str, str]],
    layout: Layout,
    champion: Champion,
    conclude: Callable[..., Champion | None],
) -> None:
    assert "none yet: no run has seen jobs that came after the champion's fit" in ask("champion")[1]
    served = {**SERVED, "version": champion.version}
    with Registry.open(layout) as registry:
        conclude(registry, expected_revision=1, numbers={"served": served})
        conclude(registry, expected_revision=1, numbers={"served": None})
    assert "81.2 on 1,400 jobs that came after its fit" in ask("champion")[1]
    assert _last_line(ask("champion", "--json")[1])["served"] == served
    assert "81.2" in ask("history")[1]
    with Registry.open(layout) as registry:
        conclude(registry, expected_revision=1, numbers={"served": {**served, "low": 79.0, "high": 84.0}})
    assert "81.2 (90 % interval: 79.0 to 84.0) on 1,400 jobs" in ask("champion")[1]


def test_a_champion_without_a_served_score_is_shown_with_that_of_the_version_before_which_is_named(
    ask: Callable[..., tuple[int, str, str]],
    layout: Layout,
    champion: Champion,
    content: Callable[..., VersionContent],
    promote: Callable[..., Champion],
) -> None:
    with Registry.open(layout) as registry:
        promote(registry, content("b"), 1, numbers={"served": {**SERVED, "version": champion.version}})
    _, shown, _ = ask("champion")
    assert f"81.2 on 1,400 jobs that came after the fit of {champion.version}, which served before" in shown


def test_history_has_promotions_and_kept_verdicts(ask: Callable[..., tuple[int, str, str]], champion: Champion) -> None:
    _, shown, _ = ask("history")
    assert "beats the requests" in shown
    assert "no new telemetry" in shown
    answer = _last_line(ask("history", "--json")[1])
    assert [entry["version"] for entry in answer["promotions"]] == [champion.version]
    assert [(one["kind"], one["applied"]) for one in answer["verdicts"]] == [("first", True), ("kept", False)]


def test_a_sound_store_verifies(ask: Callable[..., tuple[int, str, str]], champion: Champion) -> None:
    status, shown, _ = ask("verify")
    assert (status, shown.startswith("Sound")) == (0, True)
    assert _last_line(ask("verify", "--json")[1])["findings"] == []


def test_a_changed_byte_is_named_and_gives_status_1(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion
) -> None:
    (artifact_path(layout, champion.served_digest) / "model.txt").write_text("served b", encoding="utf-8")
    status, shown, _ = ask("verify")
    assert status == 1
    assert f"artifacts/{champion.served_digest}" in shown
    assert "model.txt: changed" in shown
    status, shown, _ = ask("verify", "--json")
    assert status == 1
    assert _last_line(shown)["findings"] == [
        {"what": f"artifacts/{champion.served_digest}", "problem": "model.txt: changed"}
    ]


def test_a_registry_that_is_none_is_found_by_verify_and_refused_by_the_others(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion
) -> None:
    for path in layout.store.glob("registry.sqlite*"):
        path.unlink()
    layout.registry_file.write_text("overwritten by something else " * 50, encoding="utf-8")
    status, shown, _ = ask("verify")
    assert status == 1
    assert "registry.sqlite" in shown
    status, shown, errors = ask("champion")
    assert (status, shown) == (2, "")
    assert "Restore it from a backup" in errors


def test_a_registry_with_a_broken_page_is_found_and_never_a_traceback(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion
) -> None:
    data = bytearray(layout.registry_file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    layout.registry_file.write_bytes(data)
    status, shown, _ = ask("verify")
    assert status == 1
    assert "registry.sqlite" in shown
    status, shown, errors = ask("champion")
    assert (status, shown, len(errors.splitlines())) == (1, "", 1)
    assert "`python -m warehouse verify` names what is damaged" in errors


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_store_is_answered_and_says_what_to_do(
    ask: Callable[..., tuple[int, str, str]], empty: Layout, command: str
) -> None:
    status, shown, errors = ask(command)
    assert (status, errors) == (0, "")
    assert shown.strip()
    assert _last_line(ask(command, "--json")[1])["store"] == str(empty.store)


def test_an_empty_store_has_no_champion(ask: Callable[..., tuple[int, str, str]], empty: Layout) -> None:
    assert _last_line(ask("champion", "--json")[1])["champion"] is None
    assert "python flows/train.py" in ask("champion")[1]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_that_is_no_store_is_one_line_with_status_2(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, command: str, exists: bool
) -> None:
    if exists:
        layout.store.mkdir()
    status, shown, errors = ask(command)
    assert (status, shown, len(errors.splitlines())) == (2, "", 1)
    for text in (str(layout.store), "python flows/train.py", "--store"):
        assert text in errors
    assert layout.store.exists() == exists


@pytest.fixture
def rejected(night: Callable[..., IngestReport], write: Callable[[str, bytes], Path]) -> Path:
    """An export of which one row is good, and two are rejected."""
    path = write("april.csv", export(build(1), build(2, max_rss=-5, branch="[red]:smile:\x1b[2J"), "too;short"))
    night(path)
    return path


def test_quarantine_names_file_line_and_rule_of_every_rejected_row(
    ask: Callable[..., tuple[int, str, str]], rejected: Path
) -> None:
    status, shown, _ = ask("quarantine")
    assert status == 0
    for text in (
        f"{rejected}:3: max_rss:negative: job-2;",
        "2 rows rejected",
        "zero or more",
        "line:field_count",
        "too;short",
    ):
        assert text in shown
    answer = _last_line(ask("quarantine", "--json")[1])
    assert (answer["quarantined"], answer["reasons"]) == (2, {"max_rss:negative": 1, "line:field_count": 1})
    assert [(Path(row["file"]), row["line"], row["reasons"]) for row in answer["rows"]] == [
        (rejected, 3, ["max_rss:negative"]),
        (rejected, 4, ["line:field_count"]),
    ]
    assert answer["rows"][0]["ingested_at"] == "2025-05-01T00:00:00+00:00"


def test_a_rejected_row_is_shown_as_it_is_and_cannot_paint_the_terminal(
    ask: Callable[..., tuple[int, str, str]], rejected: Path
) -> None:
    _, shown, _ = ask("quarantine")
    assert "[red]:smile:?[2J" in shown
    assert "\x1b" not in shown


def test_a_damaged_quarantine_is_one_line_and_found_by_verify(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, rejected: Path
) -> None:
    (part,) = (layout.parts / "quarantine").iterdir()
    part.write_bytes(b"no Parquet")
    status, shown, errors = ask("quarantine")
    assert (status, shown, len(errors.splitlines())) == (2, "", 1)
    assert "`python -m warehouse verify` names what is damaged" in errors
    status, shown, _ = ask("verify")
    assert status == 1
    assert part.name in shown


def test_a_changed_part_is_named_by_verify(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, rejected: Path
) -> None:
    assert ask("verify")[0] == 0
    (part,) = layout.parts.glob("month=*/*.parquet")
    part.write_bytes(part.read_bytes() + b"x")
    status, shown, _ = ask("verify", "--json")
    (finding,) = _last_line(shown)["findings"]
    assert status == 1
    assert finding["what"] == "published telemetry"
    assert part.name in finding["problem"]


@pytest.mark.parametrize("text", ["{}", "3", "[]", "{", ""])
def test_a_damaged_pointer_to_the_published_rows_is_named_by_verify(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, rejected: Path, text: str
) -> None:
    layout.current.write_text(text, encoding="utf-8")
    status, shown, _ = ask("verify")
    assert status == 1
    assert "CURRENT.json" in shown


def test_a_demo_store_is_called_synthetic_and_another_is_not(
    ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion
) -> None:
    assert _last_line(ask("champion", "--json")[1])["synthetic"] is False
    claim(layout, {"kind": "demo", "rows": 12000, "days": 28})
    assert _last_line(ask("champion", "--json")[1])["synthetic"] is True
    assert ask("champion")[1].startswith("Synthetic")


def test_looking_changes_nothing(ask: Callable[..., tuple[int, str, str]], layout: Layout, champion: Champion) -> None:
    layout.champion.unlink()
    before = files_of(layout)
    for command in COMMANDS:
        ask(command)
    assert files_of(layout) == before
    assert not layout.champion.is_symlink()


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(HELP) == [*COMMANDS, "rollback"]
    for name, (_, example) in HELP.items():
        with pytest.raises(SystemExit, match="0"):
            main([name, "--help"])
        assert example in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["champion", "--no-such-flag"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: python -m warehouse" in capsys.readouterr().err


def test_as_a_process_the_environment_names_the_store(layout: Layout, champion: Champion) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "warehouse", "champion", "--json"],
        cwd=ROOT,
        env={**os.environ, "RESOURCE_PREDICTION_STORE": str(layout.store)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert _last_line(ended.stdout)["champion"]["version"] == champion.version


def test_help_needs_nothing_that_is_slow_to_import() -> None:
    code = (
        "import sys\nfrom warehouse.__main__ import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    print(sorted({'pandas', 'duckdb', 'pydantic'} & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stderr.strip() == "[]"
    assert "python -m warehouse champion" in ended.stdout
