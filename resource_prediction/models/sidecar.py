"""The JSON file beside a learner: class, task, parameters, features. Not here: the artifact around it (artifact.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resource_prediction.errors import ArtifactError

FORMAT = 1
SIDECAR = "predictor.json"


def write_sidecar(folder: Path, class_name: str, content: dict[str, Any]) -> None:
    """Write what `read_sidecar` gives back, under the class that it is of; equal content gives equal bytes."""
    sidecar = content | {"format": FORMAT, "class": class_name}
    (folder / SIDECAR).write_text(json.dumps(sidecar, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_sidecar(folder: Path, class_name: str) -> dict[str, Any]:
    """Read a sidecar of the given class.

    Raises:
        ArtifactError: There is none, or it is of another class or format.
    """
    path = folder / SIDECAR
    if not path.is_file():
        raise ArtifactError(
            f"model folder {folder}", got=f"no {SIDECAR}", expected="a folder that save wrote", next_step="Fit again."
        )
    sidecar: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = (sidecar.get("format"), sidecar.get("class"))
    if found != (FORMAT, class_name):
        raise ArtifactError(
            f"model folder {folder}",
            got=f"format {found[0]} of class {found[1]}",
            expected=f"format {FORMAT} of class {class_name}",
            next_step="Load it with the class that wrote it, or run a night to fit it again.",
        )
    return sidecar
