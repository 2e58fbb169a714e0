"""A replay in plain words: what it would have saved, at which risk, what to do first. Not here: tables, layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resource_prediction.evaluation import MEMREQ
from resource_prediction.replay.results import NIGHTLY
from resource_prediction.summary.figures import decimal, minute, usd, whole

Result = Mapping[str, Any]

SAFE_PCT = 2.0
"""Under-allocated jobs of a group, percent, up to which it is named as the place to begin."""
SAFER = "Tiny Under-allocation"
"""The preset whose price is told where many jobs are at risk."""
HEADROOM_STEP_PCT = 10.0
"""The headroom whose price is told."""
TOLD_POINTS = 5.0
"""Points from which on it is told that the first champion was not the best family."""
FEW_JOBS = 20
"""Groups of fewer jobs prove nothing, and are not named as the place to begin."""


def headline(result: Result) -> list[str]:
    """What the deployment would have saved and risked; one sentence each."""
    nightly = result["policies"][NIGHTLY]
    if nightly is None:
        return ["What the nightly champion would have done cannot be told: some job has neither fit nor request."]
    return [_savings(result, nightly), _risk(result, nightly), *_money(result), _against_requests(result, nightly)]


def warnings(result: Result) -> list[str]:
    """What a reader must know before believing a figure."""
    said = []
    if result["synthetic"]:
        said.append("Synthetic: the demo farm, not a real one.")
    if result["in_hindsight"]:
        names = ", ".join(result["in_hindsight"])
        said.append(
            f"In hindsight: a search or verdict that had seen jobs of these days chose the parameters of {names}."
        )
    said += [f"{family} failed and has no figures: {error}" for family, error in result["failed"].items()]
    if len(result["periods"]) < 5:
        said.append(
            f"Only {len(result['periods'])} periods: differences of a few points between policies are chance on so few."
        )
    return said + _first_champion(result)


def _first_champion(result: Result) -> list[str]:
    """How the deployment came to its first family, where another one turned out better."""
    nightly = result["policies"][NIGHTLY]
    others = {name: each for name, each in result["policies"].items() if each is not None and name != NIGHTLY}
    chosen = next((night for night in result["nights"] if night["verdict"] == "first"), None)
    if nightly is None or chosen is None or not others:
        return []
    best = min(others, key=lambda name: float(others[name]["score"]))
    lost = nightly["score"] - others[best]["score"]
    if lost < TOLD_POINTS:
        return []
    return [
        (
            f"Nightly is {decimal(lost)} points behind {best}: a deployment that began with these days would have "
            f"chosen its first family, {chosen['serving']}, on the one period before {minute(chosen['at'])}, as it had "
            "no other evidence, and may replace it only after nights of it. Which is best is known only afterwards."
        )
    ]


def first_steps(result: Result) -> list[str]:
    """What to do first, in order."""
    nightly, steps = result["policies"][NIGHTLY], []
    if nightly is None or not nightly["gib_saved"] or nightly["gib_saved"] < 0:
        return ["Keep the requests: on these days the allocations would have saved nothing."]
    groups = [
        {**group, "name": f"{column} {group['name']}"}
        for column, groups in result["savings_by"].items()
        for group in groups
        if group["gib_saved"] > 0 and group["rows"] >= FEW_JOBS
    ]
    # Where much is at risk everywhere, half as much is the best that there is to begin with.
    safe = [each for each in groups if _under_pct(each) <= max(SAFE_PCT, nightly["under_pct"] / 2)]
    if safe:
        best = max(safe, key=lambda each: float(each["gib_saved"]))
        steps.append(
            f"Begin with {best['name']}: {whole(best['gib_saved'])} GiB, {decimal(best['share_pct'])} % of what is "
            f"saved, with {_jobs(best['under_rows'])} of its {whole(best['rows'])} below their peak."
        )
    risky = max(groups, key=_under_pct, default=None)
    if risky is not None and risky not in safe:
        steps.append(
            f"Leave {risky['name']} at its requests for now: {_jobs(risky['under_rows'])} of its "
            f"{whole(risky['rows'])} would have got too little."
        )
    return [*steps, *_safer(result, nightly), *_headroom(result, nightly)]


def _safer(result: Result, nightly: Mapping[str, Any]) -> list[str]:
    """A safer penalty, priced, where many jobs are below their peak."""
    preset = result["presets"][SAFER]
    other = preset["policies"][NIGHTLY]
    if other is None or nightly["under_pct"] <= SAFE_PCT or other["under_pct"] >= nightly["under_pct"]:
        return []
    return [
        (
            f"Consider --under-cost {preset['under_cost']:g} ({SAFER}) where an allocation is a limit: of the same "
            f"fits it leaves {decimal(other['under_pct'])} % of the jobs below their peak instead of "
            f"{decimal(nightly['under_pct'])} %, and saves {whole(other['gib_saved'])} GiB instead of "
            f"{whole(nightly['gib_saved'])}."
        )
    ]


def _headroom(result: Result, nightly: Mapping[str, Any]) -> list[str]:
    """The price of headroom, where none was asked for."""
    other = next((each["policies"][NIGHTLY] for each in result["headroom"] if each["pct"] == HEADROOM_STEP_PCT), None)
    if other is None or result["headroom_pct"]:
        return []
    points = other["score"] - nightly["score"]
    return [
        (
            f"Consider --headroom-pct {HEADROOM_STEP_PCT:g} where a limit counts page cache, which the peaks do not "
            f"contain: it {'costs' if points >= 0 else 'gains'} {decimal(abs(points))} points of the score, and "
            f"{whole(other['gib_saved'])} GiB are saved instead of {whole(nightly['gib_saved'])}."
        )
    ]


def _savings(result: Result, nightly: Mapping[str, Any]) -> str:
    days = f"from {result['from'][:10]} until {result['until'][:10]}"
    if nightly["gib_saved"] is None:
        return f"On {whole(nightly['rows'])} jobs {days} savings cannot be told: no job has a request (memreq)."
    share = f" ({decimal(100 * nightly['gib_saved'] / result['requests_gib'])} %)" if result["requests_gib"] else ""
    less = "less" if nightly["gib_saved"] >= 0 else "more"
    return (
        f"On {whole(nightly['rows'])} jobs {days} the champion of each night would have taken "
        f"{whole(abs(nightly['gib_saved']))} GiB{share} {less} than people asked for, with each job that got too "
        "little run again at its request."
    )


def _risk(result: Result, nightly: Mapping[str, Any]) -> str:
    rows = result["jobs_at_risk"]["rows"]
    return f"At risk: {_jobs(rows)}, {decimal(nightly['under_pct'])} % of all, would have got less than their peak."


def _money(result: Result) -> list[str]:
    money = result["money"]
    if money is None or money["gib_hours"] is None:
        return []
    amount = f"{whole(money['gib_hours'])} GiB-hours"
    if money["usd"] is not None:
        amount += f", {usd(money['usd'])} USD at {money['usd_per_gib_hour']:g} USD a GiB-hour"
    hours = {
        "end times": "the hours are those of the jobs that have an end time",
        "job hours": f"the hours are assumed: {money['job_hours']:g} a job (--job-hours)",
        "end times and job hours": f"hours from end times, and {money['job_hours'] or 0:g} assumed where there is none",
    }[money["hours_from"]]
    return [f"That is {amount}; {hours}."]


def _against_requests(result: Result, nightly: Mapping[str, Any]) -> str:
    score = f"Its business score is {decimal(nightly['score'])} (lower is better)"
    requests = result["policies"][MEMREQ]
    return f"{score}." if requests is None else f"{score}; the requests as they are score {decimal(requests['score'])}."


def _under_pct(group: Mapping[str, Any]) -> float:
    return 100.0 * float(group["under_rows"]) / float(group["rows"])


def _jobs(count: int) -> str:
    return "no job" if count == 0 else "1 job" if count == 1 else f"{whole(count)} jobs"
