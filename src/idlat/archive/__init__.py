"""Archives: compress fields, read them back a region at a time, and judge what came out (design section 5).

::

    field ──compress──▶ out.idlat (Zarr v3) ──open_archive──▶ Archive.decode, .latents, .coarse, .info
                                            ──evaluate, verify──▶ how good, how small, how whole
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlat.lazy_names import lazy_names

if TYPE_CHECKING:
    from idlat.archive.check.evaluate import Evaluation, evaluate
    from idlat.archive.check.isosurface_distance import IsosurfaceDistance, isosurface_distances
    from idlat.archive.check.match_original import match_field
    from idlat.archive.check.recompute_importance import recompute_importance
    from idlat.archive.check.score_frames import FrameScores, Scores
    from idlat.archive.check.verify import Verification, verify
    from idlat.archive.codecs.latent_codec import IdlatCodec
    from idlat.archive.codecs.model_lookup import find_model, is_shipped, register_model
    from idlat.archive.codecs.place_codec import PlaceCodec
    from idlat.archive.compress_field import compress
    from idlat.archive.format.settings import Target
    from idlat.archive.format.variable_record import Errors, VariableRecord
    from idlat.archive.mend.repair_archive import repair
    from idlat.archive.mend.result import LostObject, Repair
    from idlat.archive.original.field_reader import FieldReader, as_fields
    from idlat.archive.original.importance_maps import evaluate_importance, maps_of
    from idlat.archive.original.tile_reader import VariableInput
    from idlat.archive.read.archive import Archive
    from idlat.archive.read.archive_info import ArchiveInfo, BlockInfo, VariableInfo
    from idlat.archive.read.block_latents import channel_cells, join_cells
    from idlat.archive.read.blocks.block_archive import BlockArchive
    from idlat.archive.read.blocks.open_blocks import open_blocks
    from idlat.archive.read.chunk_readers import latent_key
    from idlat.archive.read.coarse_view import coarse_values
    from idlat.archive.read.open_archive import open_archive
    from idlat.archive.read.stored_variable import StoredVariable
    from idlat.archive.read.variable_decoder import VariableDecoder
    from idlat.archive.stream.latents_of_blocks import with_latents
    from idlat.archive.stream.stream_writer import StepReport, StreamWriter
    from idlat.archive.vtk.export_archive import export
    from idlat.archive.write.chunk_trial import ChunkTrial, CodedChunk, bounding_cells
    from idlat.archive.write.staged_output import Mode

__all__ = [
    "Archive",
    "ArchiveInfo",
    "BlockArchive",
    "BlockInfo",
    "ChunkTrial",
    "CodedChunk",
    "Errors",
    "Evaluation",
    "FieldReader",
    "FrameScores",
    "IdlatCodec",
    "IsosurfaceDistance",
    "LostObject",
    "Mode",
    "PlaceCodec",
    "Repair",
    "Scores",
    "StepReport",
    "StoredVariable",
    "StreamWriter",
    "Target",
    "VariableDecoder",
    "VariableInfo",
    "VariableInput",
    "VariableRecord",
    "Verification",
    "as_fields",
    "bounding_cells",
    "channel_cells",
    "coarse_values",
    "compress",
    "evaluate",
    "evaluate_importance",
    "export",
    "find_model",
    "is_shipped",
    "isosurface_distances",
    "join_cells",
    "latent_key",
    "maps_of",
    "match_field",
    "open_archive",
    "open_blocks",
    "recompute_importance",
    "register_model",
    "repair",
    "verify",
    "with_latents",
]

__getattr__ = lazy_names(
    __name__,
    {
        "check.evaluate": "Evaluation evaluate",
        "check.isosurface_distance": "IsosurfaceDistance isosurface_distances",
        "check.match_original": "match_field",
        "check.recompute_importance": "recompute_importance",
        "check.score_frames": "FrameScores Scores",
        "check.verify": "Verification verify",
        "compress_field": "compress",
        "codecs.place_codec": "PlaceCodec",
        "codecs.model_lookup": "find_model is_shipped register_model",
        "format.settings": "Target",
        "format.variable_record": "Errors VariableRecord",
        "codecs.latent_codec": "IdlatCodec",
        "original.field_reader": "FieldReader as_fields",
        "original.importance_maps": "evaluate_importance maps_of",
        "original.tile_reader": "VariableInput",
        "read.archive": "Archive",
        "read.archive_info": "ArchiveInfo BlockInfo VariableInfo",
        "read.block_latents": "channel_cells join_cells",
        "read.chunk_readers": "latent_key",
        "read.coarse_view": "coarse_values",
        "read.open_archive": "open_archive",
        "read.stored_variable": "StoredVariable",
        "read.variable_decoder": "VariableDecoder",
        "mend.repair_archive": "repair",
        "mend.result": "LostObject Repair",
        "read.blocks.block_archive": "BlockArchive",
        "read.blocks.open_blocks": "open_blocks",
        "stream.latents_of_blocks": "with_latents",
        "stream.stream_writer": "StepReport StreamWriter",
        "vtk.export_archive": "export",
        "write.chunk_trial": "ChunkTrial CodedChunk bounding_cells",
        "write.staged_output": "Mode",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
