"""Tasks on workers: what they are sent is small and enough, and what they hand in is filed as if they had run here."""

from __future__ import annotations

import os
import pickle
import platform
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.study import StudyDirection

from resource_prediction.errors import ExchangeError, UnseenStoreError
from resource_prediction.models import DeployableModel
from resource_prediction.replay.periods import DAY_US, Period
from resource_prediction.search import FoldScore
from resource_prediction.search import study as study_module
from tasks.elsewhere import Origin, at_hand, send_inputs, take_in
from tasks.fit import Fitted, fit_judged, is_fitted
from tasks.replay import PeriodOrder, cut_period, fit_period
from tasks.search import Searched, SearchOrder, search_family
from tests.tasks.conftest import FAMILY, Prepared
from warehouse import studies
from warehouse.artifacts import artifact_path, verify_artifacts
from warehouse.layout import Layout
from warehouse.registry import Registry
from warehouse.replays import find_offers

SMALL: dict[str, Any] = {"max_iter": 5, "n_bins": 12}


@pytest.fixture
def sent(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Origin:
    """Of orders for a worker on another machine, with a cache of its own."""
    monkeypatch.setenv("RESOURCE_PREDICTION_CACHE", str(tmp_path / "cache"))
    parcel = send_inputs.fn(prepared.store, prepared.features, prepared.cut, str(tmp_path / "place"))
    return Origin("elsewhere", parcel)


@pytest.fixture
def hidden(prepared: Prepared) -> str:
    """A path at which a worker finds no store."""
    return f"{prepared.store}-of-another-machine"


def test_a_fit_elsewhere_is_filed_as_one_that_was_made_here(prepared: Prepared, sent: Origin, hidden: str) -> None:
    order = prepared.order(**SMALL)
    elsewhere = fit_judged.fn(replace(order, store=hidden, origin=sent))
    assert isinstance(elsewhere, Fitted)
    assert not Path(hidden).exists()
    assert not is_fitted(order)
    take_in(prepared.store, elsewhere.parcel)
    assert is_fitted(order)
    layout = Layout(Path(prepared.store))
    with Registry.read(layout) as registry:
        ledger = registry.evidence.read()
    again = fit_judged.fn(order)
    assert isinstance(again, Fitted)
    assert (again.digest, again.metrics, again.taken_from) == (elsewhere.digest, elsewhere.metrics, "run-1")
    assert DeployableModel.load(layout.models / "logistic_regression_classification").digest == again.digest
    assert verify_artifacts(layout, [again.digest]) == []
    assert not list((layout.staging / "received").iterdir())
    # The same fit, made in the store itself, gives the same evidence.
    with Registry.open(layout) as registry:
        registry._connection.execute("DELETE FROM evidence")
        registry._connection.execute("DELETE FROM fits")
    here = fit_judged.fn(order)
    assert isinstance(here, Fitted)
    assert here.digest == elsewhere.digest
    with Registry.read(layout) as registry:
        assert registry.evidence.read().equals(ledger)
    assert len(ledger) > 0


def test_a_changed_artifact_is_not_filed(prepared: Prepared, sent: Origin, hidden: str, tmp_path: Path) -> None:
    order = prepared.order(**SMALL)
    elsewhere = fit_judged.fn(replace(order, store=hidden, origin=sent))
    assert isinstance(elsewhere, Fitted)
    made = next((tmp_path / "cache").glob(f"*/artifacts/{elsewhere.digest}"))
    for path in (tmp_path / "place").iterdir():
        if path.read_bytes() == (made / "encoder.json").read_bytes():
            path.write_text("{}", encoding="utf-8")
    with pytest.raises(ExchangeError, match="expected files named by their digest"):
        take_in(prepared.store, elsewhere.parcel)
    assert not is_fitted(order)
    assert not artifact_path(Layout(Path(prepared.store)), elsewhere.digest).exists()


def test_half_written_features_are_not_sent(prepared: Prepared, tmp_path: Path) -> None:
    features = Layout(Path(prepared.store)).features / prepared.features.name
    places = tmp_path / "whole", tmp_path / "beside a half"
    send_inputs.fn(prepared.store, prepared.features, prepared.cut, str(places[0]))
    (features / ".0123.npy").write_bytes(b"half")
    send_inputs.fn(prepared.store, prepared.features, prepared.cut, str(places[1]))
    assert len(list(places[0].iterdir())) == len(list(places[1].iterdir())) > 0


def test_what_crosses_is_small_whatever_the_rows_weigh(prepared: Prepared, sent: Origin, hidden: str) -> None:
    order = replace(prepared.order(**SMALL), store=hidden, origin=sent)
    assert len(pickle.dumps(order)) < 4_000
    fitted = fit_judged.fn(order)
    assert len(pickle.dumps(fitted)) < 4_000
    matrix = Path(prepared.store) / "training" / prepared.cut.name / "matrix.npy"
    assert matrix.stat().st_size > 100_000


def test_a_searchs_study_comes_back_and_goes_on(prepared: Prepared, sent: Origin, hidden: str, tmp_path: Path) -> None:
    recipe = prepared.order(**SMALL).recipe
    order = SearchOrder(hidden, "run-1", recipe, prepared.cut, trials=1, seed=1, origin=sent)
    first = search_family.fn(order)
    assert isinstance(first, Searched)
    take_in(prepared.store, first.parcel)
    parcel = send_inputs.fn(prepared.store, prepared.features, prepared.cut, str(tmp_path / "place"))
    second = search_family.fn(replace(order, trials=2, origin=Origin("elsewhere", parcel)))
    assert isinstance(second, Searched)
    assert second.trials == {"done": 2, "new": 1}
    assert not Path(hidden).exists()


def test_the_flows_store_keeps_no_more_studies_than_a_search_of_its_own_would(
    prepared: Prepared, sent: Origin, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "KEPT", 1)
    order = SearchOrder(hidden, "run-1", prepared.order(**SMALL).recipe, prepared.cut, trials=1, seed=1, origin=sent)
    folder = Layout(Path(prepared.store)).family_studies(FAMILY)
    studies.open_study(Layout(Path(prepared.store)), FAMILY, "earlier").create_new_study([StudyDirection.MINIMIZE])
    searched = search_family.fn(order)
    assert isinstance(searched, Searched)
    take_in(prepared.store, searched.parcel)
    assert [path.stem for path in folder.glob("*.journal")] == [order.study]


def test_a_search_that_sees_no_other_one_leaves_them_the_other_cores(
    prepared: Prepared, sent: Origin, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def score(*_: Any, n_jobs: int, **__: Any) -> Iterator[FoldScore]:
        threads.append(n_jobs)
        yield from [FoldScore(fold, 1.0, (1.0,) * 4 * (fold + 1)) for fold in range(3)]

    monkeypatch.setattr(study_module, "score_folds", score)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    order = SearchOrder(hidden, "run-1", prepared.order(**SMALL).recipe, prepared.cut, trials=1, seed=1, origin=sent)
    search_family.fn(order)
    search_family.fn(replace(order, store=prepared.store, origin=None))
    assert threads == [1, 8]


def test_a_replays_allocations_come_back(prepared: Prepared, hidden: str, sent: Origin, tmp_path: Path) -> None:
    until_us = prepared.cut.until_us
    period = Period(until_us, until_us + DAY_US)
    cut = cut_period.fn(prepared.store, prepared.features, period)
    parcel = send_inputs.fn(prepared.store, prepared.features, cut, str(tmp_path / "place"), of_replay=True)
    order = PeriodOrder(prepared.store, prepared.features, prepared.order(**SMALL).recipe, period, seed=1)
    handed_in = fit_period.fn(replace(order, store=hidden, origin=Origin("elsewhere", parcel)), cut)
    assert find_offers(order.replay, order.key, order.under_costs) is None
    take_in(prepared.store, handed_in)  # type: ignore[arg-type]
    assert find_offers(order.replay, order.key, order.under_costs) is not None


def test_a_worker_on_another_machine_without_an_exchange_is_told_so(prepared: Prepared) -> None:
    with (
        pytest.raises(UnseenStoreError, match=r"got a worker on .*, and no exchange; expected workers on elsewhere"),
        at_hand(prepared.store, Origin("elsewhere")),
    ):
        pass


def test_a_worker_on_the_flows_machine_works_in_the_store_itself(prepared: Prepared) -> None:
    with at_hand(prepared.store, Origin(platform.node())) as store:
        assert store == prepared.store
    fitted = fit_judged.fn(replace(prepared.order(**SMALL), origin=Origin(platform.node())))
    assert isinstance(fitted, Fitted)
    assert fitted.parcel is None
