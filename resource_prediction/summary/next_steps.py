"""Commands that a run's reader can paste next. Not here: running them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


def next_commands(result: Mapping[str, Any]) -> list[str]:
    """Commands for the run's store: the champion where there is one, history, and what was quarantined."""
    store = shlex.quote(result["store"])
    commands = []
    if result["champion"]:
        path = result["champion"]["path"]
        commands.append(
            f"python -c \"from resource_prediction.models import DeployableModel as M; print(M.load('{path}')"
            '.get_model_info())"'
        )
        commands.append(f"python -m warehouse champion --store {store}")
    commands.append(f"python -m warehouse history --store {store}")
    if result["ingest"]["quarantined"]:
        commands.append(f"python -m warehouse quarantine --store {store}")
    return commands
