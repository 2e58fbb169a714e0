"""The metrics by name, and samples of them as OpenMetrics text. Not here: what their values are (metrics.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

PREFIX = "resource_prediction_"
UNITS = ("seconds", "ratio")

METRICS: dict[str, str] = {
    "store_rows": "Accepted rows in the store, twins among them.",
    "store_quarantined_rows": "Rejected rows in the store.",
    "last_run_state": "1 for the way in which the last run ended, 0 for the others.",
    "last_run_start_timestamp_seconds": "When the last run began.",
    "last_run_end_timestamp_seconds": "When the last run ended.",
    "last_success_timestamp_seconds": "When the last run that was done ended.",
    "run_duration_seconds": "Wall clock of the last run that was done.",
    "run_stage_duration_seconds": "Wall clock of each stage of the last run that was done.",
    "run_families": "Families of the last run that was done, by what became of them.",
    "ingest_rows": "Rows that the last run that was done read, by what became of them.",
    "ingest_quarantined_ratio": "Share of quarantined rows among the new ones of the last run that was done.",
    "holdout_jobs": "Jobs in the hold-out of the last run that was done.",
    "holdout_score": "Business score on that hold-out, lower is better.",
    "holdout_live_score": "Business score on that hold-out with history moving on through it.",
    "holdout_under_ratio": "Share of the jobs in that hold-out that would have got less than their peak.",
    "holdout_over_ratio": "Memory beyond the peaks of that hold-out, as a share of the peaks.",
    "champion_info": "1 for the version that serves.",
    "champion_promotion_timestamp_seconds": "When the champion was promoted.",
    "champion_trained_until_timestamp_seconds": "Newest instant of the telemetry that the champion was fitted on.",
    "champion_age_seconds": "Age of the champion when this file was written; it does not grow between runs.",
    "last_verdict": "1 for the newest verdict, 0 for the others.",
    "last_verdict_applied": "1 where the newest verdict changed who serves.",
    "last_verdict_timestamp_seconds": "When the newest verdict was given.",
    "served_jobs": "Jobs that came after the fit of who served when the newest verdict was asked for.",
    "served_score": "Business score of who served then on the jobs that came after its fit, lower is better.",
    "served_score_low": "Lower end of the 90 % interval of the served score.",
    "served_score_high": "Upper end of the 90 % interval of the served score.",
    "served_under_ratio": "Share of the jobs after that fit that would have got less than their peak.",
    "served_promised_ratio": "Mean risk that who served then showed for those jobs; compare with served_under_ratio.",
    "served_over_ratio": "Memory beyond the peaks of the jobs after that fit, as a share of the peaks.",
}
"""Of each metric, without the prefix: what it tells. All are gauges.

The textfile collector of Prometheus' node exporter reads the older text format: it takes OpenMetrics' units and end
mark for comments, but refuses a file with the types ``info`` or ``stateset``, and help with a quotation mark in it.
"""


@dataclass(frozen=True)
class Sample:
    """One value of a metric.

    Attributes:
        name: The metric, without the prefix.
        value: Its value; None for one that does not exist, which is left out of the text.
        labels: What tells the samples of a metric apart.
    """

    name: str
    value: float | None
    labels: Mapping[str, str] = field(default_factory=dict)


def openmetrics_text(samples: Iterable[Sample], labels: Mapping[str, str]) -> bytes:
    """Write samples as OpenMetrics text, in the order of the table; a metric without a value is left out.

    Args:
        samples: Of the metrics in the table.
        labels: What every sample carries.
    """
    registry = CollectorRegistry()
    registry.register(_Families(list(samples), labels))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return text


class _Families(Collector):
    """The samples by metric, as the exposition takes them."""

    def __init__(self, samples: list[Sample], labels: Mapping[str, str]) -> None:
        self._samples = samples
        self._labels = labels

    def collect(self) -> Iterator[Metric]:
        for name, tells in METRICS.items():
            unit = next((unit for unit in UNITS if name.endswith(f"_{unit}")), "")
            family = Metric(f"{PREFIX}{name}", tells, "gauge", unit)
            for sample in self._samples:
                if sample.name == name and sample.value is not None:
                    family.add_sample(family.name, {**self._labels, **sample.labels}, float(sample.value))
            if family.samples:
                yield family
