"""What is told of a run beside its result, whose keys are fixed: money, files not read. Not here: words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from resource_prediction.savings import Money, SavedByEnd


@dataclass(frozen=True)
class Price:
    """What a user says of hours and money.

    Attributes:
        job_hours: Hours of a job whose end is not known; None where nobody said.
        usd_per_gib_hour: Price of one GiB for one hour, US dollars; None where nobody said.
    """

    job_hours: float | None = None
    usd_per_gib_hour: float | None = None


@dataclass(frozen=True)
class Saved:
    """What one fit saves on the hold-out against the requests.

    Attributes:
        gib: Jobs that got too little ran again at their request; None where nobody asked for anything.
        money: The same over the jobs' hours.
    """

    gib: float | None
    money: Money

    @classmethod
    def of(cls, metrics: Mapping[str, Any], price: Price) -> Saved | None:
        """Savings out of a judged fit's metrics; None where it was not scored."""
        by_end = metrics.get("saved_by_end")
        if by_end is None:
            return None
        return cls(metrics["gib_saved"], SavedByEnd(**by_end).money(price.job_hours, price.usd_per_gib_hour))


@dataclass(frozen=True)
class Aside:
    """What a run's record holds beside its result.

    Attributes:
        is_demo: The telemetry is synthetic.
        price: Hours and money as asked.
        family: Of the fit that ``saved`` is about: the champion's, else the best one's; None where there is none.
        saved: What that fit saves on the hold-out.
        by_family: What each scored family saves.
        files_not_read: Files that were refused or left for the next run, with the reason.
    """

    is_demo: bool = False
    price: Price = Price()
    family: str | None = None
    saved: Saved | None = None
    by_family: Mapping[str, Saved] = field(default_factory=dict)
    files_not_read: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Aside:
        """The inverse of `values`."""
        read = dict(values)
        return cls(
            is_demo=read["is_demo"],
            price=Price(**read["price"]),
            family=read["family"],
            saved=_saved(read["saved"]),
            by_family={family: saved for family, each in read["by_family"].items() if (saved := _saved(each))},
            files_not_read=tuple(read["files_not_read"]),
        )


def _saved(values: Mapping[str, Any] | None) -> Saved | None:
    return None if values is None else Saved(values["gib"], Money(**values["money"]))
