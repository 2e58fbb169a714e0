"""The parameters of a replay, checked and bounded. Not here: argv (replay_arguments.py), the main job's own."""

from __future__ import annotations

from pydantic import model_validator

from flows.parameters import RetrainParameters
from resource_prediction.durations import parse_duration_us
from resource_prediction.errors import ResourcePredictionError
from resource_prediction.replay.periods import HOUR_US

EVERY = "24h"


class ReplayParameters(RetrainParameters):
    """What a replay does: the main job's parameters, with days that are replayed and not a range that is ingested.

    A replay fits the families with their defaults and promotes nothing, so mode, trials, hold-out and promotion of the
    main job have no meaning here; the command line does not offer them.
    """

    every: str = EVERY
    """Length of a period: for each the families are fitted on what was known at its beginning."""

    @model_validator(mode="after")
    def _check_every(self) -> ReplayParameters:
        try:
            length_us = parse_duration_us(self.every)
        except ResourcePredictionError as error:
            raise ValueError(str(error)) from error
        if length_us < HOUR_US:
            raise ValueError(f"every: got {self.every}; expected 1h or more, such as 24h. Each period costs a fit.")
        return self

    @property
    def every_us(self) -> int:
        """Length of a period, microseconds."""
        return parse_duration_us(self.every)
