"""What the explorer's views show: arrays and figures of an archive; neither VTK nor a page is known here.

::

    archive, field ─▶ Dataset ─▶ Volume                         physical space, original beside reconstruction
                        └─▶ Blocks ─▶ TreeEditor ─▶ labels      latent space and clusters
                        └─▶ Workbench ─▶ Estimate, Comparison   an importance expression tried on some chunks
"""

from __future__ import annotations

from idlat.explorer.data.blocks import ATTRIBUTES, Attribute, Blocks
from idlat.explorer.data.compare import Comparison
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.explorer.data.estimate import Estimate
from idlat.explorer.data.families import Family, Parameter
from idlat.explorer.data.history import History
from idlat.explorer.data.jobs import CancelledError, Job, Jobs
from idlat.explorer.data.state import ExplorerState, TrackedState, TrialState
from idlat.explorer.data.tree import TreeEditor
from idlat.explorer.data.tried import TRIED, Tried, tried_volume
from idlat.explorer.data.volumes import Kind, Volume
from idlat.explorer.data.workbench import MOST_CHUNKS, Workbench

__all__ = [
    "ATTRIBUTES",
    "BLOCK",
    "MOST_CHUNKS",
    "TRIED",
    "Attribute",
    "Blocks",
    "CancelledError",
    "Comparison",
    "Dataset",
    "Estimate",
    "ExplorerState",
    "Family",
    "History",
    "Job",
    "Jobs",
    "Kind",
    "Parameter",
    "TrackedState",
    "TreeEditor",
    "TrialState",
    "Tried",
    "Volume",
    "Workbench",
    "tried_volume",
]
