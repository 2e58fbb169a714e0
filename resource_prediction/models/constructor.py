"""Which arguments a class was constructed with. Not here: what becomes of them (base.py)."""

from __future__ import annotations

import inspect
from typing import Any

from resource_prediction.errors import ParameterError


def constructor_arguments(cls: type, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, Any]:
    """The constructor's arguments by name, defaults included and keyword arguments in one row with the others.

    Raises:
        ParameterError: The constructor takes arguments without names.
    """
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]
    bound = signature.bind(None, *args, **kwargs)
    bound.apply_defaults()
    named: dict[str, Any] = {}
    for name, value in list(bound.arguments.items())[1:]:
        match signature.parameters[name].kind:
            case inspect.Parameter.VAR_KEYWORD:
                named |= value
            case inspect.Parameter.VAR_POSITIONAL:
                raise ParameterError(
                    f"parameters of {cls.__name__}",
                    got=f"*{name}",
                    expected="parameters with names",
                    next_step="Give each parameter of __init__ a name: it is saved under it.",
                )
            case _:
                named[name] = value
    return named
