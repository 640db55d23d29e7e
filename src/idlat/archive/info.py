"""What an archive says of itself, and how many bytes it takes (design sections 2 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idlat.archive.format import ArchiveRecord, importance_text
from idlat.archive.models import LatentModel
from idlat.archive.stores import ArchiveStore
from idlat.archive.variable import Errors, VariableRecord

__all__ = ["ArchiveInfo", "VariableInfo", "bytes_original", "bytes_streams", "describe"]


@dataclass(frozen=True)
class VariableInfo:
    """What ``idlat info`` says of one variable; `chunks` is a chunk's shape in voxels."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...]
    importance: str
    errors: Errors | None


@dataclass(frozen=True)
class ArchiveInfo:
    """What ``idlat info`` says of an archive; sizes in bytes."""

    format_version: int
    preset: str
    model_sha256: str
    gain: float
    variables: tuple[VariableInfo, ...]
    bytes_streams: int
    bytes_archive: int


def describe(store: ArchiveStore, record: ArchiveRecord, model: LatentModel) -> ArchiveInfo:
    """Return what the record of a complete archive says, and the archive's sizes."""
    assert record.gain is not None
    side = model.chunk_cells * model.cell
    importance = importance_text(record.importance)
    variables = tuple(
        VariableInfo(v.name, v.shape, v.dtype, (1,) * (len(v.shape) - 3) + (side,) * 3, importance, v.errors)
        for v in record.variables
    )
    return ArchiveInfo(
        format_version=record.format_version,
        preset=record.preset,
        model_sha256=record.model_sha256,
        gain=record.gain,
        variables=variables,
        bytes_streams=bytes_streams(store, record.variables),
        bytes_archive=store.size_on_disk(),
    )


def bytes_streams(store: ArchiveStore, variables: Sequence[VariableRecord]) -> int:
    """Return the bytes of every stored object of latents and masks, checksums included."""
    parts = [f"{variable.path}/latents/c" for variable in variables]
    parts += [f"{variable.path}/mask/c" for variable in variables if variable.mask != "none"]
    return sum(store.size(part) for part in parts)


def bytes_original(variables: Sequence[VariableRecord]) -> int:
    """Return the bytes of all voxels of all variables at the input's item size."""
    return sum(variable.bytes_original for variable in variables)
