"""Model families and the model that users load: public names. Not here: features, scoring, where models are kept."""

from resource_prediction.models.base import BasePredictor
from resource_prediction.models.unified_wrapper import DeployableModel

__all__ = ["BasePredictor", "DeployableModel"]
