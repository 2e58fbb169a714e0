"""Every error this project raises: one root, and subclasses that carry fields. Not here: handling them (flows, app)."""

from resource_prediction.errors.arithmetic import AllocationError, DistributionError, GateError, LeakError, ScoringError
from resource_prediction.errors.artifacts import (
    ArtifactError,
    ArtifactFormatError,
    ChangedArtifactError,
    FeatureVersionError,
    LibraryVersionError,
)
from resource_prediction.errors.asked import DurationError, HoldoutError, ParameterError, UnknownFamilyError
from resource_prediction.errors.fits import (
    EveryFamilyFailedError,
    FeatureMismatchError,
    FitError,
    NotFittedError,
    TooFewRowsError,
)
from resource_prediction.errors.root import ResourcePredictionError
from resource_prediction.errors.store import (
    MissingFeaturesError,
    NominationConflictError,
    PromotionConflictError,
    RegistryFormatError,
    StoreBusyError,
    StoreError,
    StoreKindError,
    StoreLockedError,
    UnknownVersionError,
    UnusableStoreError,
)
from resource_prediction.errors.telemetry import (
    DemoFarmError,
    MissingColumnError,
    NoUsableRowError,
    SourceError,
    TelemetryError,
    UnsettledFileError,
)

__all__ = [
    "AllocationError",
    "ArtifactError",
    "ArtifactFormatError",
    "ChangedArtifactError",
    "DemoFarmError",
    "DistributionError",
    "DurationError",
    "EveryFamilyFailedError",
    "FeatureMismatchError",
    "FeatureVersionError",
    "FitError",
    "GateError",
    "HoldoutError",
    "LeakError",
    "LibraryVersionError",
    "MissingColumnError",
    "MissingFeaturesError",
    "NoUsableRowError",
    "NominationConflictError",
    "NotFittedError",
    "ParameterError",
    "PromotionConflictError",
    "RegistryFormatError",
    "ResourcePredictionError",
    "ScoringError",
    "SourceError",
    "StoreBusyError",
    "StoreError",
    "StoreKindError",
    "StoreLockedError",
    "TelemetryError",
    "TooFewRowsError",
    "UnknownFamilyError",
    "UnknownVersionError",
    "UnsettledFileError",
    "UnusableStoreError",
]
