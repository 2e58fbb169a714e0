"""The way to Kubernetes, as far as files can be held against each other; no cluster is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from deployments.nightly import CRON, DESCRIPTION, JOB_ENVIRONMENT, NAME, TAGS, TIME_ZONE
from flows.parameters import RetrainParameters
from flows.server import RUN_ENVIRONMENT

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PACKAGES = ("resource_prediction", "warehouse", "tasks", "flows", "deployments")


def template() -> dict[str, Any]:
    return dict(json.loads((ROOT / "deployments" / "kubernetes-job.json").read_text(encoding="utf-8")))


def deployment() -> dict[str, Any]:
    (only,) = yaml.safe_load((ROOT / "deployments" / "kubernetes.yaml").read_text(encoding="utf-8"))["deployments"]
    return dict(only)


def test_it_is_the_same_deployment_in_another_pool() -> None:
    asked = deployment()
    assert (asked["name"], asked["description"], asked["tags"]) == (NAME, DESCRIPTION, TAGS)
    (schedule,) = asked["schedules"]
    assert (schedule["cron"], schedule["timezone"]) == (CRON, TIME_ZONE)
    assert asked["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert asked["work_pool"]["job_variables"]["env"] == JOB_ENVIRONMENT
    assert asked["entrypoint"] == "flows/retrain.py:retrain"


def test_its_parameters_are_legal_and_its_places_are_mounted() -> None:
    parameters = RetrainParameters(**deployment()["parameters"]["parameters"])
    container = template()["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"][0]
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert {parameters.store, *parameters.source} == mounted == {"/store", "/telemetry"}
    assert str(parameters.workers) == deployment()["work_pool"]["job_variables"]["cpu_limit"]


def test_every_value_of_the_job_is_a_variable_and_every_variable_is_used() -> None:
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415 - fast tests do without Prefect

    values = template()
    WorkPoolCreate(name="farm", type="kubernetes", base_job_template=values)
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(values["job_configuration"])))
    assert used == set(values["variables"]["properties"])
    assert set(deployment()["work_pool"]["job_variables"]) <= used


def test_the_container_has_the_name_without_which_the_worker_refuses_the_job() -> None:
    (container,) = template()["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"]
    assert container["name"] == "prefect-job"


def test_the_image_runs_as_the_user_of_the_job_and_holds_every_package() -> None:
    context = template()["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["securityContext"]
    assert context["runAsNonRoot"] is True
    assert f"--uid {context['runAsUser']} farm" in DOCKERFILE
    assert re.findall("^USER (.*)$", DOCKERFILE, re.MULTILINE) == [str(context["runAsUser"])]
    assert "--require-hashes" in DOCKERFILE
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for package in PACKAGES:
        assert f"COPY {package} {package}" in DOCKERFILE
        assert f"!{package}" in allowed
    for name, value in RUN_ENVIRONMENT.items():
        assert re.search(rf"^\s+{name}={value}\b", DOCKERFILE, re.MULTILINE), name
