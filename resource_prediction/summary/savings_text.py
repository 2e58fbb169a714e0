"""What a fit saves, in sentences: GiB, and money where hours and a price are known. Not here: the arithmetic."""

from __future__ import annotations

from resource_prediction.summary.aside import Price, Saved
from resource_prediction.summary.figures import usd, whole


def savings_text(family: str, saved: Saved, price: Price) -> str:
    """Say what a family's allocations save on the hold-out, and which hours the money rests on."""
    if saved.gib is None:
        return "What is saved cannot be told: no job of the hold-out has a request (memreq)."
    amount = f"{whole(abs(saved.gib))} GiB {'less' if saved.gib >= 0 else 'more'} than people asked for"
    text = f"On the hold-out {family} takes {amount}, with each job that got too little run again at its request."
    return " ".join(filter(None, [text, _over_time(saved, price)]))


def _over_time(saved: Saved, price: Price) -> str:
    money = saved.money
    if money.gib_hours is None:
        told = price.usd_per_gib_hour is not None
        return "No money is told: the telemetry has no end times, and there is no --job-hours." if told else ""
    amount = f"{whole(abs(money.gib_hours))} GiB-hours {'saved' if money.gib_hours >= 0 else 'lost'}"
    if money.usd is not None:
        amount += f", {usd(abs(money.usd))} USD at {price.usd_per_gib_hour:g} USD a GiB-hour"
    return f"That is {amount}. {_hours(saved, price)}"


def _hours(saved: Saved, price: Price) -> str:
    jobs = f"{whole(saved.money.hours_rows)} jobs"
    usual = f"{price.job_hours:g} hours (--job-hours)" if price.job_hours is not None else ""
    if saved.money.hours_from == "end times":
        return f"The hours are those of the {jobs} that have an end time."
    if saved.money.hours_from == "job hours":
        return f"The hours are assumed: each of the {jobs} counts with {usual}."
    return f"The hours of the {jobs} are from end times, and {usual} are assumed where there is none."
