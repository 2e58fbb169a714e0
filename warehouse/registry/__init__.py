"""The registry: versions, champion, promotions, verdicts, runs, fits, evidence, nominations. Not here: artifacts."""

from __future__ import annotations

from warehouse.registry.conclusion import Conclusion
from warehouse.registry.fits import Fit, Fits, Role
from warehouse.registry.nominations import RecordedNomination
from warehouse.registry.promotions import Champion, Promotion, PromotionKind, Scores, VersionContent
from warehouse.registry.registry import Registry
from warehouse.registry.runs import Run
from warehouse.registry.verdicts import RecordedVerdict, newest_served

__all__ = [
    "Champion",
    "Conclusion",
    "Fit",
    "Fits",
    "Promotion",
    "PromotionKind",
    "RecordedNomination",
    "RecordedVerdict",
    "Registry",
    "Role",
    "Run",
    "Scores",
    "VersionContent",
    "newest_served",
]
