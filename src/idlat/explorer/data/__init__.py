"""What the explorer's views show: arrays and figures of an archive; neither VTK nor a page is known here.

::

    archive, field ─▶ Dataset ─▶ Volume                         physical space, original beside reconstruction
                        └─▶ Blocks ─▶ TreeEditor ─▶ labels      latent space and clusters
                        └─▶ Workbench ─▶ Estimate, Comparison   an importance expression tried on some chunks
"""

from __future__ import annotations

from idlat.explorer.data.background_jobs import CancelledError, Job, Jobs
from idlat.explorer.data.clusters.edit_history import History
from idlat.explorer.data.clusters.tree_editor import TreeEditor
from idlat.explorer.data.dataset import BLOCK, Dataset
from idlat.explorer.data.saving.explorer_state import ExplorerState
from idlat.explorer.data.saving.state_parts import BesideState, TrackedState, TrialState
from idlat.explorer.data.step_blocks import ATTRIBUTES, Attribute, Blocks
from idlat.explorer.data.step_volumes import Kind, Volume
from idlat.explorer.data.workbench.compare_maps import Comparison
from idlat.explorer.data.workbench.map_estimate import Estimate
from idlat.explorer.data.workbench.map_families import Family, Parameter
from idlat.explorer.data.workbench.map_workbench import MOST_CHUNKS, Workbench
from idlat.explorer.data.workbench.trial_volume import TRIED, Tried, tried_volume

__all__ = [
    "ATTRIBUTES",
    "BLOCK",
    "MOST_CHUNKS",
    "TRIED",
    "Attribute",
    "BesideState",
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
