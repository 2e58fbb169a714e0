"""prefect.yaml and serve.py give the same deployment: same flow, schedule, limit and environment."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import yaml

from deployments.nightly import CRON, DESCRIPTION, JOB_ENVIRONMENT, NAME, TAGS, TIME_ZONE, WORK_POOL
from flows.parameters import RetrainParameters
from flows.server import SERVER_ENVIRONMENT

ROOT = Path(__file__).parents[2]


def deployment() -> dict[str, Any]:
    """The one deployment of prefect.yaml."""
    (only,) = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    return dict(only)


def test_prefect_yaml_says_what_serving_does() -> None:
    asked = deployment()
    assert (asked["name"], asked["description"], asked["tags"]) == (NAME, DESCRIPTION, TAGS)
    (schedule,) = asked["schedules"]
    assert (schedule["cron"], schedule["timezone"]) == (CRON, TIME_ZONE)
    assert asked["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert asked["work_pool"] == {"name": WORK_POOL, "job_variables": {"env": JOB_ENVIRONMENT}}


def test_the_deployed_parameters_are_legal_and_those_of_a_run_without_flags() -> None:
    assert RetrainParameters(**deployment()["parameters"]["parameters"]) == RetrainParameters()


def test_prefect_commands_in_the_checkout_phone_nobody() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["prefect"]
    assert settings["server"]["analytics_enabled"] is json.loads(SERVER_ENVIRONMENT["PREFECT_SERVER_ANALYTICS_ENABLED"])
    assert settings["server"]["ui"]["show_promotional_content"] is False
    assert str(settings["flows"]["heartbeat_frequency"]) == JOB_ENVIRONMENT["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]
