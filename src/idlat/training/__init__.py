"""Training: blocks, random importance maps, the loop with its checkpoints, a model file at the end."""

from idlat.extras import require

require("training", "torch", "lightning_fabric", "constriction")

from idlat.training.run import Trained, train
from idlat.training.schedule import Schedule, TrainingProgress
from idlat.training.training_recipe import TrainingRecipe

__all__ = ["Schedule", "Trained", "TrainingProgress", "TrainingRecipe", "train"]
