"""However a run ends, the store says how."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from prefect.client.schemas.objects import State

from flows import retrain as flow
from flows.interrupt import RUNNING
from flows.parameters import RetrainParameters
from resource_prediction.errors import PromotionConflictError
from tasks.run import begin_run, end_run
from warehouse.layout import Layout
from warehouse.registry import Registry, Run


@pytest.fixture
def run_until(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], State]:
    """Runs the flow's own code until a step raises."""

    def run(error: BaseException) -> State:
        def step(_: object) -> None:
            raise error

        monkeypatch.setattr(flow, "train_night", step)
        return flow.retrain.fn(RetrainParameters(store=str(tmp_path / "own")))

    return run


def _only_run(tmp_path: Path) -> Run:
    with Registry.read(Layout(tmp_path / "own")) as registry:
        (run,) = registry.runs.history()
    return run


def test_a_run_that_was_overtaken_has_failed_with_one_line(
    run_until: Callable[[BaseException], State], tmp_path: Path
) -> None:
    state = run_until(PromotionConflictError(expected_revision=1, revision=2))
    assert state.is_failed()
    assert state.name == "Failed"  # and not "Bad input": there is nothing that a user should mend
    assert state.message is not None
    assert state.message.startswith("promotion: got a champion at revision 2; expected revision 1")
    assert "\n" not in state.message
    assert _only_run(tmp_path).state == "failed"


@pytest.mark.parametrize(("error", "ended"), [(ValueError("a defect"), "failed"), (SystemExit("a signal"), "stopped")])
def test_a_run_that_ends_with_a_defect_or_a_signal_is_not_left_running(
    run_until: Callable[[BaseException], State], tmp_path: Path, error: BaseException, ended: str
) -> None:
    with pytest.raises(type(error), match=str(error)):
        run_until(error)
    run = _only_run(tmp_path)
    assert (run.state, run.result) == (ended, None)
    assert run.finished_at is not None
    assert RUNNING == []
    store = str(tmp_path / "own")
    end_run(store, begin_run(store, {}), "done", None)


def test_a_run_beside_a_living_one_is_cancelled_with_the_reason_and_leaves_no_trace(
    run_until: Callable[[BaseException], State], tmp_path: Path
) -> None:
    store = str(tmp_path / "own")
    living = begin_run(store, {})
    state = run_until(ValueError("never reached"))
    assert state.is_cancelled()
    assert state.message is not None
    assert f"got a second run beside run {living} of process {os.getpid()}" in state.message
    assert "\n" not in state.message
    assert _only_run(tmp_path).run_id == living
    end_run(store, living, "done", None)


def test_a_withheld_verdict_is_not_told_as_if_it_had_been_carried_out() -> None:
    withheld = {"verdict": "promoted", "applied": False, "reason": "X is better.", "families": []}
    assert "Nothing was changed" in flow._message(withheld)
    assert "Nothing was changed" not in flow._message(withheld | {"applied": True})
