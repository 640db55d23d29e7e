"""Archives: compress fields, read them back a region at a time, and judge what came out (design section 5).

::

    field ──compress──▶ out.idlat (Zarr v3) ──open_archive──▶ Archive.decode, .latents, .coarse, .info
                                            ──evaluate, verify──▶ how good, how small, how whole
"""

from __future__ import annotations

from idlat.archive.codec import IdlatCodec
from idlat.archive.evaluate import Evaluation, evaluate
from idlat.archive.info import ArchiveInfo, VariableInfo
from idlat.archive.models import find_model, register_model
from idlat.archive.opening import open_archive
from idlat.archive.reader import Archive
from idlat.archive.recompute import recompute_importance
from idlat.archive.surfaces import IsosurfaceDistance, isosurface_distances
from idlat.archive.variable import Errors
from idlat.archive.verify import Verification, verify
from idlat.archive.writer import compress

__all__ = [
    "Archive",
    "ArchiveInfo",
    "Errors",
    "Evaluation",
    "IdlatCodec",
    "IsosurfaceDistance",
    "VariableInfo",
    "Verification",
    "compress",
    "evaluate",
    "find_model",
    "isosurface_distances",
    "open_archive",
    "recompute_importance",
    "register_model",
    "verify",
]
