"""The paper's streams: the blocks of a chunk, each with a mean and a scale for every symbol from its own ẑ.

    one byte 0                            an empty chunk: every latent 0
    header (1 byte): 1, escapes?, extent − 1 (3 × 2 bits)
    [number of words, only with escapes]  LEB128
    words                                 one ANS coder: ẑ of all blocks, then ŷ of all blocks
    [escaped symbols]                     zigzag LEB128, in decoding order

The released code writes two streams a block. One for all of a chunk's blocks costs the same bits and spares
the coder's words and the lengths of each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from idlat.coding.escapes import Escapes, read_varint, varint
from idlat.coding.learned.constriction_ans import TableSet, new_coder, pop, pop_raw, push, push_raw
from idlat.coding.learned.integer_networks import LARGEST, Array, Groups, IntegerLayer
from idlat.coding.learned.scale_tables import RAW_BITS, SCALE_COUNT, table_index
from idlat.errors import CorruptStreamError, IdlatError, ModelError

EMPTY = b"\0"
_LIMIT = 2**31

Extent = tuple[int, int, int]


class BlockNetworks:
    """The hyper-synthesis in exact integers; see :class:`idlat.model.paper.prior.BlockPrior`.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        ``<layer>.weight``, ``.bias``, ``.shift`` of ``synthesis_up`` and ``synthesis_out``.

    Raises
    ------
    ModelError
        If arrays are missing, or sums would not be exact.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        def integers(name: str) -> Array:
            if name not in arrays:
                raise ModelError(f"the model lacks {name}: the file is damaged")
            return arrays[name].astype(np.int64)

        self.up, self.out = (
            IntegerLayer.build(
                name, ramp, *(integers(f"{name}.{part}") for part in ("weight", "bias", "shift"))
            )
            for name, ramp in (("synthesis_up", True), ("synthesis_out", False))
        )
        self.channels = len(self.out.weight) // 2

    @torch.inference_mode()
    def __call__(self, z: Array) -> Groups:
        """ẑ (B, C, 2, 2, 2) → scale indices and mean eighths, each (B, C, 3, 3, 3)."""
        seen = np.clip(8 * z, -LARGEST, LARGEST).astype(np.float32)
        out = self.out(self.up(torch.from_numpy(seen))).numpy().astype(np.int64)
        return Groups(np.clip(out[:, : self.channels], 0, SCALE_COUNT - 1), out[:, self.channels :])


class BlockCoder:
    """Codes the blocks of a chunk with frozen networks and tables.

    Parameters
    ----------
    networks : BlockNetworks
    symbols : TableSet
        Tables of :func:`idlat.coding.learned.scale_tables.symbol_tables`.
    hyper : TableSet
        One table a channel of ẑ.
    """

    def __init__(self, networks: BlockNetworks, symbols: TableSet, hyper: TableSet) -> None:
        self.networks, self.symbols, self.hyper = networks, symbols, hyper

    def encode(self, y: Array, z: Array, extent: Extent) -> bytes:
        """Return the stream of ŷ (B, C, 3, 3, 3) and ẑ (B, C, 2, 2, 2) of the blocks of a box.

        Raises
        ------
        IdlatError
            If a latent does not fit 32 bits.
        """
        if max(np.abs(y).max(), np.abs(z).max()) >= _LIMIT:
            raise IdlatError("latents are out of range: the field's values are too far from its mean")
        if not y.any() and not z.any():
            return EMPTY
        coder, escapes = new_coder(), Escapes()
        index = self._hyper_index(z.shape)
        offsets = z.ravel() - self.hyper.lowest[index]
        hyper = escapes.replace(offsets, self.hyper.escape[index])
        table, base, raw = self._tables(z)
        offsets = y.ravel() - base
        symbols = escapes.replace((offsets >> raw) - self.symbols.lowest[table], self.symbols.escape[table])
        push_raw(coder, raw, offsets)
        push(coder, self.symbols, table, symbols)
        push(coder, self.hyper, index, hyper)
        words = np.asarray(coder.get_compressed()).astype("<u4")
        header = _header(extent, bool(escapes.values))
        if not escapes.values:
            return header + words.tobytes()
        return header + varint(len(words)) + words.tobytes() + escapes.to_bytes()

    def decode(self, stream: bytes) -> tuple[Array, Array, Extent] | None:
        """Return ŷ (B, C, 3, 3, 3) and ẑ (B, C, 2, 2, 2) of a box's blocks, and the box; None if all are 0.

        Raises
        ------
        CorruptStreamError
            If the stream is damaged.
        """
        if stream == EMPTY:
            return None
        extent, escaped = _read_header(stream)
        position, count = 1, (len(stream) - 1) // 4
        if escaped:
            count, position = read_varint(stream, position)
        end = position + 4 * count
        if end > len(stream) or (not escaped and end != len(stream)):
            raise CorruptStreamError("a coded chunk is damaged: it is too short")
        coder = new_coder(np.frombuffer(stream[position:end], "<u4").astype(np.uint32))
        escapes = Escapes.from_bytes(stream[end:])
        blocks, c = extent[0] * extent[1] * extent[2], self.networks.channels
        index = self._hyper_index((blocks, c, 2, 2, 2))
        symbols = escapes.restore(pop(coder, self.hyper, index), self.hyper.escape[index])
        z = np.clip((symbols + self.hyper.lowest[index]).reshape(blocks, c, 2, 2, 2), 1 - _LIMIT, _LIMIT - 1)
        table, base, raw = self._tables(z)
        symbols = escapes.restore(pop(coder, self.symbols, table), self.symbols.escape[table])
        y = ((symbols + self.symbols.lowest[table]) << raw) + pop_raw(coder, raw) + base
        if not coder.is_empty() or not escapes.exhausted:
            raise CorruptStreamError("a coded chunk is damaged: symbols are left over")
        return np.clip(y.reshape(blocks, c, 3, 3, 3), 1 - _LIMIT, _LIMIT - 1), z, extent

    def _tables(self, z: Array) -> tuple[Array, Array, Array]:
        """Each symbol's table, the integer that is taken off it, and its raw bits."""
        group = self.networks(z)
        table, base = table_index(group.scale.ravel(), group.mean.ravel())
        return table, base, RAW_BITS[table]

    def _hyper_index(self, shape: tuple[int, ...]) -> Array:
        channel = np.arange(shape[1]).reshape(1, -1, 1, 1, 1)
        return np.broadcast_to(channel, shape).reshape(-1)


def _header(extent: Extent, escaped: bool) -> bytes:
    bits = 1 | escaped << 1
    for axis, size in enumerate(extent):
        bits |= (size - 1) << (2 + 2 * axis)
    return bits.to_bytes(1, "little")


def _read_header(stream: bytes) -> tuple[Extent, bool]:
    if not stream or not stream[0] & 1:
        raise CorruptStreamError("a coded chunk is damaged: its header is not one")
    z, y, x = (((stream[0] >> (2 + 2 * axis)) & 3) + 1 for axis in range(3))
    return (z, y, x), bool(stream[0] & 2)
