"""What an archive says of itself, and how many bytes it takes (design sections 2 and 6)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from idlat.archive.format.archive_record import ArchiveRecord, importance_text
from idlat.archive.format.error_bound import ErrorBound
from idlat.archive.format.losses import NO_LOSSES, Losses, read_losses
from idlat.archive.format.mask_places import mask_arrays
from idlat.archive.format.root_document import read_record
from idlat.archive.format.variable_record import Errors, VariableRecord
from idlat.archive.format.zarr_documents import parse_document, read_document
from idlat.archive.storage.archive_store import ArchiveStore, one_line, open_store
from idlat.errors import ArchiveError
from idlat.tiling import Triple

__all__ = [
    "ArchiveInfo",
    "BlockInfo",
    "VariableInfo",
    "bytes_from_step",
    "bytes_original",
    "bytes_streams",
    "describe",
    "read_info",
]


_STREAMS = ("latents", "second", "residual", "step")


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
    """What ``idlat info`` says of an archive; sizes in bytes, and the objects that it has lost."""

    format_version: int
    preset: str
    model_sha256: str
    gain: float
    importance_range: float
    bound: ErrorBound | None
    variables: tuple[VariableInfo, ...]
    bytes_streams: int
    bytes_archive: int
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BlockInfo(ArchiveInfo):
    """What the blocks of a run hold together; what else is said is the first block's.

    Attributes
    ----------
    grid, blocks, halo
        Voxels of the whole grid, the number of blocks, and how far each reaches into its neighbours.
    steps, further
        Steps that all blocks have, and steps that only some have yet.
    bytes_original
        Of the values of the finished steps.
    bytes_streams
        Of the objects that decoding the finished steps needs.
    bytes_archive
        Of everything on disk, with steps that only some blocks have.
    """

    grid: Triple
    blocks: int
    halo: int
    steps: int
    further: int
    bytes_original: int


def read_info(path: str | os.PathLike[str]) -> ArchiveInfo:
    """Return what an archive says of itself; its model is neither needed nor loaded.

    Raises
    ------
    MissingFileError
        There is nothing at `path`.
    ArchiveError
        It is no archive, damaged, of another format version or incomplete.
    """
    with closing(open_store(path)) as store:
        record = read_record(store)
        record.check_complete(store.name)
        return describe(store, record, read_losses(store, record.id))


def describe(store: ArchiveStore, record: ArchiveRecord, losses: Losses = NO_LOSSES) -> ArchiveInfo:
    """Return what the record of a complete archive says, and the archive's sizes."""
    assert record.gain is not None
    importance = importance_text(record.importance)
    variables = tuple(
        VariableInfo(v.name, v.shape, v.dtype, _chunks(store, record, v, losses), importance, v.errors)
        for v in record.variables
    )
    return ArchiveInfo(
        format_version=record.format_version,
        preset=record.preset,
        model_sha256=record.model_sha256,
        gain=record.gain,
        importance_range=record.importance_range,
        bound=record.settings.max_error,
        variables=variables,
        bytes_streams=bytes_streams(store, record.variables, losses),
        bytes_archive=store.size_on_disk(),
        lost=losses.objects,
    )


def _chunks(
    store: ArchiveStore, record: ArchiveRecord, variable: VariableRecord, losses: Losses
) -> tuple[int, ...]:
    """Return the voxels of a chunk, as the array of latents tells them; the whole volume if it is lost."""
    path = f"{variable.path}/latents"
    if losses.of(variable).everything:
        return (*[1] * (len(variable.shape) - 3), *variable.volume)
    document = read_document(store, path, record.id)
    try:
        cells = document["chunk_grid"]["configuration"]["chunk_shape"][-3:]
        sides = [int(n) * int(cell) for n, cell in zip(cells, document["attributes"]["cell"], strict=True)]
    except (LookupError, TypeError, ValueError) as error:
        raise ArchiveError(
            f"{store.name}: {path}/zarr.json is damaged: {one_line(error)}: restore it from a copy"
        ) from None
    return (*[1] * (len(variable.shape) - 3), *sides)


def bytes_streams(
    store: ArchiveStore, variables: Sequence[VariableRecord], losses: Losses = NO_LOSSES
) -> int:
    """Return the bytes of every stored object that decoding needs, checksums and tables included."""
    known = [variable for variable in variables if not losses.of(variable).everything]
    parts = [f"{variable.path}/{kind}/c" for variable in variables for kind in _STREAMS]
    parts += [f"{path}/c" for path in mask_arrays(variables)]
    return sum(store.size(part) for part in parts) + sum(_coding_bytes(store, each) for each in known)


def bytes_from_step(store: ArchiveStore, variables: Sequence[VariableRecord], step: int) -> int:
    """Return the bytes of the objects of a step and of all later ones, without masks, which steps share."""
    found = 0
    for variable in variables:
        frames = range(step * variable.components, variable.frames)
        found += sum(
            store.size(f"{variable.path}/{kind}/c/{at}/")
            for kind in _STREAMS
            for at in (range(step, variable.steps) if kind == "step" else frames)
        )
    return found


def _coding_bytes(store: ArchiveStore, variable: VariableRecord) -> int:
    """Return the bytes of what a model was fitted to, as the document of the latents says it.

    Its tables, and two bytes for each subband that is transformed again.
    """
    document = parse_document(store.get(f"{variable.path}/latents/zarr.json") or b"{}", store.name)
    codings = [codec.get("configuration", {}).get("coding") for codec in document.get("codecs", [])]
    return sum(
        3 * len(coding["tables"]) // 4 + 2 * len(coding["second"]) + _series_bytes(coding.get("series"))
        for coding in codings
        if coding is not None
    )


def _series_bytes(series: dict[str, Any] | None) -> int:
    """Return the bytes of how time steps are coded under one another: two bits a share."""
    return 0 if series is None else 2 + -(-len(series["shares"]) // 4) + 3 * len(series["shifts"]) // 4


def bytes_original(variables: Sequence[VariableRecord]) -> int:
    """Return the bytes of all voxels of all variables at the input's item size."""
    return sum(variable.bytes_original for variable in variables)
