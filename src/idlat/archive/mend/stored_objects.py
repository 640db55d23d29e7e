"""Every object of an archive that carries a tag: what it holds, where it belongs, how it is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from idlat.archive.codecs.sealed_objects import open_object
from idlat.archive.format.array_paths import MASK
from idlat.archive.format.create_arrays import IMPORTANCE_BLOCK
from idlat.archive.format.mask_array import MaskObjects
from idlat.archive.read.block_importance import ImportanceReader
from idlat.archive.read.chunk_readers import latent_key
from idlat.archive.read.residual_reader import chunk_box, residual_key, step_key
from idlat.archive.read.second_reader import second_key, second_tiles
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.archive.storage.archive_store import ArchiveStore, chunk_key
from idlat.errors import CorruptStreamError, IdlatError
from idlat.tiling import Box

__all__ = ["StoredObject", "mask_objects", "reason_of", "stored_objects"]


@dataclass(frozen=True)
class StoredObject:
    """An object of latents, the second transform, corrections, their levels, importance, or a mask.

    Attributes
    ----------
    key, kind
        Where it is in the archive, and the name of its array.
    variable
        The variable's name; None of masks, which variables share.
    frame, step
        The component of a time step, or the time step, as far as it has one alone.
    region
        Its voxels.
    tag
        What it begins with.
    read
        Decodes it; raises where it cannot be.
    needs
        The key of an object without which it means nothing.
    """

    key: str
    kind: str
    variable: str | None
    frame: int | None
    step: int | None
    region: Box
    tag: bytes
    read: Callable[[], object]
    needs: str | None = None

    def fault(self, store: ArchiveStore) -> str | None:
        """Return what keeps the object of a store from being used, in a few words; None where it is whole."""
        try:
            stored = store.get(self.key)
            if stored is None:
                return "missing"
            open_object(stored, self.tag)
        except (IdlatError, OSError) as error:
            return f"damaged, {reason_of(error)}"
        return None

    def undecodable(self) -> str | None:
        """Return why the archive's own object cannot be decoded; None where it can."""
        try:
            self.read()
        except (IdlatError, OSError) as error:
            return f"damaged, {reason_of(error)}"
        return None


def reason_of(error: BaseException) -> str:
    """Return what an error says, without the archive's name and the advice after it.

    Examples
    --------
    >>> reason_of(ValueError("a.idlat: chunk p/c/0 is damaged, it is cut short: restore it from a copy"))
    'it is cut short'
    """
    if isinstance(error, CorruptStreamError):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    said = str(error).removesuffix(": restore it from a copy")
    return said.split(" is damaged, ")[-1]


def stored_objects(decoder: VariableDecoder, *, importance: bool) -> Iterator[StoredObject]:
    """Yield the objects of one variable.

    Parameters
    ----------
    decoder
        Of the variable; it knows of no losses.
    importance
        Whether the archive keeps the importance of blocks.
    """
    variable, grid = decoder.variable, decoder.grid
    side = decoder.model.chunk_cells

    def one(
        kind: str,
        key: str,
        index: Sequence[int],
        region: Box,
        read: Callable[[], object],
        needs: str | None = None,
    ) -> StoredObject:
        by_step = kind in ("step", "importance")
        frame, step = (None, index[0]) if by_step else (index[0], variable.step_of(index[0]))
        tag = decoder.binding.tag(kind, index)
        return StoredObject(key, kind, variable.name, frame, step, region, tag, read, needs)

    for index in decoder.latents.indices():
        z, y, x = ((i * side, min((i + 1) * side, n)) for i, n in zip(index[1:], grid.cells, strict=True))
        key, region = latent_key(variable, index[0], index[1:]), grid.voxels_of((z, y, x))
        yield one("latents", key, index, region, partial(decoder.latents.decode, [index]))
    if decoder.second is not None:
        boxes = dict(second_tiles(grid))
        for frame, place in decoder.second.indices():
            key, region = second_key(variable, frame, place), grid.voxels_of(boxes[place])
            yield one("second", key, (frame, *place), region, partial(decoder.second.tile, frame, place))
    if (residual := decoder.residual) is not None:
        steps = {index: step_key(variable, index) for index in residual.step_indices()}
        for index, key in steps.items():
            region = chunk_box(variable, index[1:])
            yield one("step", key, index, region, partial(residual.levels, index[0], index[1:]))
        for index in residual.indices():
            key, region = residual_key(variable, index), chunk_box(variable, index[1:])
            needs = steps.get((variable.step_of(index[0]), *index[1:]))
            yield one("residual", key, index, region, partial(residual.chunk, index), needs)
    if importance:
        reader, path = ImportanceReader(decoder.store, decoder.binding), f"{variable.path}/importance"
        for each in reader.indices():
            region = _cut(each[1:], [n * IMPORTANCE_BLOCK for n in reader.chunks], variable.volume)
            yield one("importance", chunk_key(path, each), each, region, partial(reader.chunk, each))


def mask_objects(decoder: VariableDecoder) -> Iterator[StoredObject]:
    """Yield the objects of the masks of a grid, given a variable on it."""
    masks = MaskObjects(decoder.store, decoder.binding, decoder.grid)
    for index in masks.indices:
        region, tag = _cut(index[1:], masks.chunk, decoder.grid.shape), decoder.binding.mask_tag(index)
        yield StoredObject(masks.key(index), MASK, None, None, None, region, tag, partial(masks.read, index))


def _cut(position: Sequence[int], sides: Sequence[int], shape: Sequence[int]) -> Box:
    z, y, x = ((i * side, min((i + 1) * side, n)) for i, side, n in zip(position, sides, shape, strict=True))
    return z, y, x
