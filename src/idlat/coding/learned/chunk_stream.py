"""A chunk's bytes.

    one byte 0                                an empty chunk: every latent 0
    header (3 bytes): 1, escapes?, extent − 1 (3 × 3 bits), channels in use (9 bits), activity (4 bits)
    [number of words, only with escapes]      LEB128
    words                                     one ANS coder: ẑ, levels and means, first half, second half
    [escaped symbols]                         zigzag LEB128, in decoding order

Latents are (C, 8, 8, 8) integers: the level, the mean, then the other coefficients. The extent is the box of
cells that are not zero; only its cells are coded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from idlat.coding.escapes import Escapes, read_varint, varint
from idlat.coding.interpolation import SIDE, residual, restore
from idlat.coding.learned.activity_class import CLASSES, activity
from idlat.coding.learned.chunk_frames import Extent, corner, frame_of
from idlat.coding.learned.constriction_ans import TableSet, new_coder, pop, pop_raw, push, push_raw
from idlat.coding.learned.integer_networks import Array, Groups, IntegerNetworks
from idlat.coding.learned.network_chunk_header import Header
from idlat.coding.learned.scale_tables import RAW_BITS, table_index
from idlat.errors import CorruptStreamError, IdlatError

EMPTY = b"\0"
_LIMIT = 2**31
# A mean less its prediction, where the cells that predict it have steps up to 2¹² times as large.
_RESIDUAL_LIMIT = 2**46


@dataclass(frozen=True)
class _Layout:
    """Masks of a chunk's cells and hyper-cells that are coded."""

    cells: NDArray[np.bool_]
    hyper: NDArray[np.bool_]

    @classmethod
    def of(cls, extent: tuple[int, int, int]) -> _Layout:
        cells = np.zeros((SIDE,) * 3, dtype=bool)
        cells[: extent[0], : extent[1], : extent[2]] = True
        return cls(cells, cells[::2, ::2, ::2].copy())


@dataclass(frozen=True)
class _Seen:
    """Chunks as the networks see them: ẑ, classes, residuals of level and mean, and the three groups."""

    z: Array
    classes: Array
    pair: Array
    means: Groups
    first: Groups
    second: Groups


class NetworkChunkCoder:
    """Codes chunks with frozen networks and tables.

    Parameters
    ----------
    networks : IntegerNetworks
    symbols : TableSet
        Tables of :func:`idlat.coding.learned.scale_tables.symbol_tables`.
    hyper : TableSet
        One table a class of activity and channel of ẑ.
    """

    def __init__(self, networks: IntegerNetworks, symbols: TableSet, hyper: TableSet) -> None:
        self.networks, self.symbols, self.hyper = networks, symbols, hyper

    def encode(self, latents: Array, z: Array) -> list[bytes]:
        """Return a stream a chunk.

        Parameters
        ----------
        latents : ndarray of int64
            (B, C, d, h, w): chunks of 8³ cells, or frames of such (:mod:`idlat.coding.learned.chunk_frames`).
        z : ndarray of int64
            (B, hyper, 4, 4, 4): ẑ of the same chunks.

        Raises
        ------
        IdlatError
            If a latent does not fit 32 bits or a level is out of range.
        """
        if latents.size and (
            np.abs(latents).max() >= _LIMIT or latents[:, 0].max() > 0 or latents[:, 0].min() < -12
        ):
            raise IdlatError(
                "latents are out of range: the field's values are too far from its mean for this quality"
            )
        extents = [_extent(chunk) for chunk in latents]
        seen = self._seen(latents, z, extents)
        return [
            self._encode(
                Header(extent, 0, False, int(seen.classes[i])),
                seen.z[i],
                seen.pair[i],
                latents[i, 2:],
                [_at(group, i) for group in (seen.means, seen.first, seen.second)],
            )
            if extent
            else EMPTY
            for i, extent in enumerate(extents)
        ]

    def expected(self, latents: Array, z: Array) -> Groups:
        """What the networks say of coefficients, (B, C − 2, d, h, w) each; arguments as in `encode`."""
        seen = self._seen(latents, z, [_extent(chunk) for chunk in latents])
        anchors = self.networks.anchors[corner(latents.shape[2:])]
        scale, mean = (
            np.where(anchors, getattr(seen.first, part), getattr(seen.second, part))
            for part in ("scale", "mean")
        )
        return Groups(scale, mean)

    def expected_means(self, latents: Array, z: Array) -> Groups:
        """What the networks say of levels and means, less their prediction, (B, 2, d, h, w) each."""
        classes = np.array([activity(chunk[2:]) for chunk in latents])
        return self.networks.means(self.networks.hyper(z, classes, latents.shape[2:]))

    def _seen(self, latents: Array, z: Array, extents: list[tuple[int, int, int] | None]) -> _Seen:
        z = np.stack(
            [zz * _Layout.of(extent or (1, 1, 1)).hyper for zz, extent in zip(z, extents, strict=True)]
        )
        level, mean = latents[:, 0], latents[:, 1]
        own, common = np.zeros_like(mean), np.zeros_like(level)
        for i, extent in enumerate(extents):
            if extent:
                cells = _Layout.of(extent).cells[corner(mean[i].shape)]
                own[i][cells], common[i][cells] = residual(mean[i][cells], level[i][cells], extent)
        classes = np.array([activity(chunk[2:]) for chunk in latents])
        h = self.networks.hyper(z, classes, latents.shape[2:])
        first, hidden, linear = self.networks.first(h, level, mean, own)
        second = self.networks.second(hidden, linear, latents[:, 2:])
        return _Seen(z, classes, np.stack([common, own], 1), self.networks.means(h), first, second)

    def _encode(self, start: Header, z: Array, pair: Array, rest: Array, groups: list[Groups]) -> bytes:
        layout = _Layout.of(start.extent)
        used = np.flatnonzero(rest.any(axis=(1, 2, 3)))
        channels = int(used[-1]) + 1 if len(used) else 0
        coder, escapes = new_coder(), Escapes()
        here = corner(rest.shape[1:])
        cells, anchors = layout.cells[here], self.networks.anchors[here]
        anchors, others = cells & anchors, cells & ~anchors
        sections = [
            (pair, groups[0], cells),
            (rest[:channels], groups[1], anchors),
            (rest[:channels], groups[2], others),
        ]
        hyper, coded = self._hyper_symbols(z[:, layout.hyper], start.activity, escapes), []
        for values, group, mask in sections:
            table, base = table_index(
                group.scale[: len(values), mask].ravel(), group.mean[: len(values), mask].ravel()
            )
            offsets = values[:, mask].ravel() - base
            raw = RAW_BITS[table]
            symbols = (offsets >> raw) - self.symbols.lowest[table]
            coded.append((table, escapes.replace(symbols, self.symbols.escape[table]), raw, offsets))
        for table, symbols, raw, offsets in reversed(coded):
            push_raw(coder, raw, offsets)
            push(coder, self.symbols, table, symbols)
        push(coder, self.hyper, *hyper)
        words = np.asarray(coder.get_compressed()).astype("<u4")
        header = replace(start, channels=channels, escapes=bool(escapes.values)).to_bytes()
        if not escapes.values:
            return header + words.tobytes()
        return header + varint(len(words)) + words.tobytes() + escapes.to_bytes()

    def _hyper_symbols(self, z: Array, activity: int, escapes: Escapes) -> tuple[Array, Array]:
        table = np.repeat(activity * len(z) + np.arange(len(z)), z.shape[1])
        symbols = z.ravel() - self.hyper.lowest[table]
        return table, escapes.replace(symbols, self.hyper.escape[table])

    def decode(self, streams: list[bytes]) -> Array:
        """Return latents (B, C, 8, 8, 8).

        Raises
        ------
        CorruptStreamError
            If a stream is damaged.
        """
        count = self.networks.coefficients + 2
        latents = np.zeros((len(streams), count, SIDE, SIDE, SIDE), dtype=np.int64)
        kept = [i for i, stream in enumerate(streams) if stream != EMPTY]
        if kept:
            readers = [_Reader(streams[i], self) for i in kept]
            frame = frame_of(reader.header.extent for reader in readers)
            z, y, x = corner(frame)
            latents[kept, :, z, y, x] = self._decode(readers, frame)
        return latents

    def _decode(self, readers: list[_Reader], frame: Extent) -> Array:
        """Return what chunks hold in a frame: (B, C, d, h, w)."""
        networks, here = self.networks, corner(frame)
        z = np.stack([reader.hyper() for reader in readers])
        h = networks.hyper(z, np.array([reader.header.activity for reader in readers]), frame)
        means = networks.means(h)
        level, mean, first = (np.zeros((len(readers), *frame), dtype=np.int64) for _ in range(3))
        for i, reader in enumerate(readers):
            cells = reader.layout.cells[here]
            common, own = reader.section(_at(means, i), cells, 2, _RESIDUAL_LIMIT)
            first[i][cells] = own
            mean[i][cells], level[i][cells] = restore(own, common, reader.header.extent)
        mean = np.clip(mean, 1 - _LIMIT, _LIMIT - 1)
        groups, hidden, linear = networks.first(h, level, mean, first)
        rest = np.zeros((len(readers), networks.coefficients, *frame), dtype=np.int64)
        for i, reader in enumerate(readers):
            mask = (reader.layout.cells & networks.anchors)[here]
            rest[i, : reader.header.channels, mask] = reader.section(
                _at(groups, i), mask, reader.header.channels
            ).T
        second = networks.second(hidden, linear, rest)
        for i, reader in enumerate(readers):
            mask = (reader.layout.cells & ~networks.anchors)[here]
            rest[i, : reader.header.channels, mask] = reader.section(
                _at(second, i), mask, reader.header.channels
            ).T
            reader.finish()
        return np.concatenate([level[:, None], mean[:, None], rest], 1)


class _Reader:
    """Reads one stream's sections in order."""

    def __init__(self, data: bytes, coder: NetworkChunkCoder) -> None:
        self.tables, self.hyper_tables = coder.symbols, coder.hyper
        self.hyper_channels = len(coder.hyper.models) // CLASSES
        self.header = Header.from_bytes(data)
        if self.header.channels > coder.networks.coefficients:
            raise CorruptStreamError("a coded chunk is damaged: it has more channels than the model")
        self.layout = _Layout.of(self.header.extent)
        position, count = 3, (len(data) - 3) // 4
        if self.header.escapes:
            count, position = read_varint(data, position)
        end = position + 4 * count
        if end > len(data) or (not self.header.escapes and end != len(data)):
            raise CorruptStreamError("a coded chunk is damaged: it is too short")
        self.coder = new_coder(np.frombuffer(data[position:end], "<u4").astype(np.uint32))
        self.escapes = Escapes.from_bytes(data[end:])

    def hyper(self) -> Array:
        """ẑ (hyper, 4, 4, 4)."""
        z = np.zeros((self.hyper_channels, 4, 4, 4), dtype=np.int64)
        first = self.header.activity * self.hyper_channels
        table = np.repeat(first + np.arange(self.hyper_channels), int(self.layout.hyper.sum()))
        symbols = self._symbols(self.hyper_tables, table)
        z[:, self.layout.hyper] = (symbols + self.hyper_tables.lowest[table]).reshape(self.hyper_channels, -1)
        return z

    def section(self, group: Groups, mask: NDArray[np.bool_], channels: int, limit: int = _LIMIT) -> Array:
        """Values (channels, cells in the mask) of one section."""
        table, base = table_index(group.scale[:channels, mask].ravel(), group.mean[:channels, mask].ravel())
        raw = RAW_BITS[table]
        symbols = self._symbols(self.tables, table)
        values = ((symbols + self.tables.lowest[table]) << raw) + pop_raw(self.coder, raw) + base
        cells = int(np.count_nonzero(mask))
        return np.asarray(np.clip(values, 1 - limit, limit - 1).reshape(channels, cells))

    def _symbols(self, tables: TableSet, table: Array) -> Array:
        symbols = pop(self.coder, tables, table) if len(table) else np.zeros(0, dtype=np.int64)
        return self.escapes.restore(symbols, tables.escape[table])

    def finish(self) -> None:
        """Check that nothing is left."""
        if not self.coder.is_empty() or not self.escapes.exhausted:
            raise CorruptStreamError("a coded chunk is damaged: symbols are left over")


def _extent(chunk: Array) -> tuple[int, int, int] | None:
    used: NDArray[np.bool_] = np.any(chunk, axis=0)
    if not used.any():
        return None
    z, y, x = (int(indices.max()) + 1 for indices in np.nonzero(used))
    return z, y, x


def _at(groups: Groups, index: int) -> Groups:
    return Groups(groups.scale[index], groups.mean[index])
