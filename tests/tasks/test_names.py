"""Names of task runs, as the Prefect UI lists them."""

from __future__ import annotations

import importlib
import pkgutil

from prefect import Task

import tasks


def all_tasks() -> dict[str, Task[..., object]]:
    modules = [importlib.import_module(f"tasks.{module.name}") for module in pkgutil.iter_modules(tasks.__path__)]
    return {found.name: found for module in modules for found in vars(module).values() if isinstance(found, Task)}


def test_every_task_run_has_a_name_of_its_own_in_place_of_a_random_one() -> None:
    found = all_tasks()
    assert len(found) >= 15
    assert [name for name, each in found.items() if not each.task_run_name] == []
