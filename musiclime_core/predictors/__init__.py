"""What a classifier must offer to be explained."""

from musiclime_core.predictors.protocols import FieldOfView, Predictor, TwoTower

__all__ = ["FieldOfView", "Predictor", "TwoTower"]
