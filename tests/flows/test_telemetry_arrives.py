"""Telemetry as it comes, night after night: nothing new, nothing there, half-written, late, locked away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.parameters import RetrainParameters
from flows.retrain import retrain
from resource_prediction.demo_farm import render_csv
from tasks import ingest as ingest_task
from tests.flows.conftest import LOGISTIC, Outcome, Train
from tests.warehouse.sources.packages import documented_source, install, write_jobs
from warehouse.engine import open_engine
from warehouse.layout import Layout
from warehouse.registry import Registry
from warehouse.sources.files import FilesSource

pytestmark = pytest.mark.slow

Night = Callable[..., Outcome]


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """The export of a small farm: a header, 900 jobs of 6 days and the farm's own faulty row."""
    return render_csv(900, 6, 7).splitlines(keepends=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "exports").mkdir()
    return tmp_path / "exports"


@pytest.fixture
def night(train: Train, folder: Path) -> Night:
    """One run of the command line on a folder, or on the places given."""

    def run(*places: Path | str, more: tuple[str, ...] = ()) -> Outcome:
        return train("--source", *map(str, places or (folder,)), *more, families=(LOGISTIC,))

    return run


def test_a_folder_is_watched_through_a_week_of_odd_nights(night: Night, folder: Path, lines: list[bytes]) -> None:
    header, rows = lines[0], lines[1:]
    late = rows[500:510]
    (folder / "monday.csv").write_bytes(b"".join([header, *rows[:500], *rows[510:810]]))
    first = night()
    assert (first.status, first.json["verdict"]) == (0, "first")

    (folder / "copy.csv").write_bytes((folder / "monday.csv").read_bytes())
    (folder / "rows-again.csv").write_bytes(b"".join([header, *rows[:7]]))
    (folder / "growing.csv").write_bytes(b"".join([header, *rows[810:]])[:-20])
    (folder / "growing.parquet").write_bytes(b"PAR1 and no footer yet")
    replayed = night()
    assert (replayed.status, replayed.json["verdict"]) == (0, "kept")
    ingest = replayed.json["ingest"]
    assert (ingest["accepted"], ingest["updated"], ingest["quarantined"]) == (0, 0, 0)
    assert ingest["read"] == ingest["known"] + ingest["twins"]
    left = [line for line in replayed.log if line.startswith("file not read: ")]
    assert ["growing.csv" in left[0], "growing.parquet" in left[1], len(left)] == [True, True, 2]

    (folder / "growing.parquet").unlink()
    (folder / "growing.csv").write_bytes(b"".join([header, *late, *rows[810:]]))
    grown = night()
    ingest = grown.json["ingest"]
    assert ingest["read"] == 800 + 800 + 7 + 101  # the copy and what was read before are known as files
    assert ingest["accepted"] + ingest["updated"] + ingest["twins"] + ingest["quarantined"] == 101
    assert not [line for line in grown.log if line.startswith("file not read: ")]

    for path in folder.iterdir():
        path.unlink()
    emptied = night()
    assert (emptied.status, emptied.json["verdict"]) == (0, "kept")
    assert emptied.json["ingest"] == dict.fromkeys(ingest, 0)
    assert emptied.json["champion"]["version"] == grown.json["champion"]["version"]
    assert night(folder / "*.csv").json["verdict"] == "kept"

    gone = night(folder / "gone")
    assert gone.status == 2
    assert "gone: got a path that does not exist" in gone.err
    assert gone.err.count("\n") == 1


@pytest.mark.parametrize(
    ("place", "got"), [("", "a folder without such a file"), ("*.csv", "a pattern that matches no such file")]
)
def test_nothing_there_is_bad_input_for_a_store_that_has_no_rows(
    night: Night, folder: Path, tmp_path: Path, place: str, got: str
) -> None:
    run = night(folder / place)
    assert run.status == 2
    assert run.err.count("\n") == 1
    assert f"got {got}" in run.err
    assert not (tmp_path / "store").exists()
    with open_engine(Layout(tmp_path / "store")):
        pass  # an engine without a row, as a run that was killed at once would leave it
    in_the_run = night(folder / place)
    assert in_the_run.status == 2
    assert f"got {got}" in in_the_run.err.splitlines()[-1]


def test_a_backfill_says_its_days_and_leaves_the_rest_for_later(night: Night, folder: Path, lines: list[bytes]) -> None:
    (folder / "a.csv").write_bytes(b"".join(lines))
    days = sorted({line.split(b";")[1][:10].decode() for line in lines[1:]})
    part = night(more=("--from", days[0], "--until", days[-2]))
    assert part.status == 0
    inside = sum(days[0] <= line.split(b";")[1][:10].decode() < days[-2] for line in lines[1:])
    assert part.json["ingest"]["read"] == inside
    assert any(line.startswith(f"ingested only rows from {days[0]} until {days[-2]}: ") for line in part.log)
    whole = night()
    assert whole.json["ingest"]["read"] == len(lines) - 1
    assert whole.json["ingest"]["accepted"] > 0


def run_with(folder: Path, store: Path, retries: int) -> str:
    asked = RetrainParameters(
        source=(str(folder),),
        store=str(store),
        model_families=(LOGISTIC,),
        ingest_retries=retries,
        ingest_retry_seconds=0,
    )
    state = retrain(asked, return_state=True)
    return f"{state.name}: {state.message}"


def test_a_store_that_stays_locked_ends_the_run_with_one_line_after_the_retries(
    night: Night, folder: Path, tmp_path: Path, lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_bytes(b"".join(lines))
    attempts: list[str] = []
    monkeypatch.setattr(ingest_task.logger, "warning", lambda message, error: attempts.append(message % error))
    with open_engine(Layout(tmp_path / "store")):
        said = run_with(folder, tmp_path / "store", retries=2)
    assert said.startswith(f"Failed: store {tmp_path / 'store'}: got a lock held by process ")
    assert "\n" not in said
    assert len(attempts) == 2
    assert all(line.startswith("ingest will be tried again: store ") for line in attempts)
    with Registry.read(Layout(tmp_path / "store")) as registry:
        assert [run.state for run in registry.runs.history()] == ["failed"]


def test_a_source_that_answers_at_the_second_attempt_is_read(
    night: Night, folder: Path, tmp_path: Path, lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_bytes(b"".join(lines))
    opened, answers = [], ingest_task.open_source

    def answer(*arguments: object) -> object:
        opened.append(arguments)
        source = answers(*arguments)  # type: ignore[arg-type]
        if len(opened) == 1:
            monkeypatch.setattr(source, "files", refuse)
        return source

    def refuse() -> None:
        raise TimeoutError(110, "Connection timed out")

    monkeypatch.setattr(ingest_task, "open_source", answer)
    assert run_with(folder, tmp_path / "store", retries=1).startswith("First: ")
    assert len(opened) == 2


def test_a_source_that_never_answers_is_a_failure_and_no_bad_input(
    night: Night, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise TimeoutError(110, "Connection timed out")

    monkeypatch.setattr(FilesSource, "files", refuse)
    said = run_with(folder, tmp_path / "store", retries=1)
    assert said.startswith(f"Failed: source {folder}: got Connection timed out; expected a source that answers.")


def test_bad_input_is_not_tried_again(
    night: Night, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_bytes(b"name;age\nAda;36\n")
    opened, answers = [], ingest_task.open_source
    monkeypatch.setattr(ingest_task, "open_source", lambda *arguments: opened.append(1) or answers(*arguments))
    assert "Bad input: column 'time' in " in run_with(folder, tmp_path / "store", retries=3)
    assert len(opened) == 1


def test_a_source_of_another_package_is_learned_from_and_kept_up_with(
    night: Night, tmp_path: Path, lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(
        install(tmp_path / "site", "sqlite", "farm_sqlite:open_source", farm_sqlite=documented_source())
    )
    names = lines[0].decode().strip().split(";")
    jobs = [dict(zip(names, line.decode().strip().split(";"), strict=False)) for line in lines[1:]]
    columns = ("atom_id", "time", "buildProfile", "max_rss", "memreq")
    write_jobs(tmp_path / "jobs.db", [tuple(job.get(name) for name in columns) for job in jobs])
    place = f"sqlite://{tmp_path}/jobs.db"
    first = night(place)
    assert (first.status, first.json["verdict"]) == (0, "first")
    assert first.json["ingest"]["read"] == len(jobs)
    again = night(place)
    assert (again.json["verdict"], again.json["ingest"]["known"]) == ("kept", len(jobs))
    wrong = night("sqlit://jobs.db")
    assert wrong.status == 2
    assert "a known scheme: file://, sqlite://. Check --source" in wrong.err
