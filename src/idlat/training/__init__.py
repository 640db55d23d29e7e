"""Training: blocks, random importance maps, the loop with its checkpoints, a model file at the end."""

from idlat.training.run import Trained, train
from idlat.training.trainer import Progress, Schedule

__all__ = ["Progress", "Schedule", "Trained", "train"]
