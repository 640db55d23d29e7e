"""Trained models of the presets `paper` and `baseline`, arrays in and arrays out.

To an archive a block is one cell: 16 voxels an axis, its y and then its z along the axis of channels.

    x, I (Z, Y, X) ─ blocks of 24³ ─ network ─▶ y 16×3³, z 16×2³ a block ─▶ latents (560, Z/16, Y/16, X/16)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from idlat.coding.learned.block_stream import BlockCoder, BlockNetworks
from idlat.coding.learned.scale_tables import RAW_BITS, table_index
from idlat.errors import CorruptStreamError, ModelError
from idlat.model.container import Arrays
from idlat.model.learned.frozen_model import FrozenModel
from idlat.model.paper.block_config import CELLS, CORE, HALO, HYPER_CELLS, BlockConfig
from idlat.model.paper.network import BaselineNetwork, BlockNetwork, PaperNetwork
from idlat.model.paper.overlapping_blocks import cut_blocks, join_cores
from idlat.model.paper.weights import from_bytes, to_bytes
from idlat.model.tile_analysis import Cells, Low

_BATCH = 16  # blocks that the networks see at once
_LARGEST = 2.0**30

Latents = NDArray[Any]
"""int32 in `paper`, float32 in `baseline`."""


class BlockModel(FrozenModel[BlockNetwork]):
    """What both presets share; see :class:`idlat.model.LearnedModel` for what each method promises.

    Attributes
    ----------
    cell, chunk_cells : int
        Voxels of a block and blocks a chunk, along each axis.
    analysis_halo, synthesis_halo : int
        Voxels of real data around a tile, and cells of latents: none, for every block decodes alone.
    gain_limits : (float, float)
        Equal: a model of one quality.
    latent_dtype : dtype
        Of the latents.
    """

    cell = CORE
    chunk_cells = 4
    analysis_halo = HALO
    synthesis_halo = 0
    gain_limits = (0.0, 0.0)
    latent_dtype: ClassVar[np.dtype[Any]]

    network_class: ClassVar[type[PaperNetwork] | type[BaselineNetwork]]
    _written = staticmethod(to_bytes)

    @classmethod
    def _read(cls, data: bytes, name: str) -> tuple[BlockNetwork, Arrays]:
        return from_bytes(data, name, cls.network_class)

    @property
    def config(self) -> BlockConfig:
        """Of the network."""
        return self.network.config

    @property
    def channels(self) -> int:
        """Values a block: y, then z."""
        return self.config.values

    @property
    def channel_sizes(self) -> tuple[int, ...]:
        """27 values of each channel of y in a block, then 8 of each channel of z."""
        return (CELLS**3,) * self.config.channels + (HYPER_CELLS**3,) * self.config.channels

    @property
    def latent_layout(self) -> dict[str, Any]:
        """How a block's values are arranged, for the attributes of the array that holds them."""
        y, z = self.config.channels * CELLS**3, self.config.channels * HYPER_CELLS**3
        cells = {"cells_per_block": [CELLS] * 3, "hyper_cells_per_block": [HYPER_CELLS] * 3}
        return {"block_core": [CORE] * 3, "block_halo": [HALO] * 3, **cells, "values": {"y": y, "z": z}}

    @torch.inference_mode()
    def analyse(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Cells | None = None,
    ) -> Latents:
        """Latents (C, Z/16, Y/16, X/16) of a tile (Eq. 7), 0 outside `core`."""
        _check_gain(gain)
        whole = tuple(n // CORE for n in x.shape)
        cells = core or ((0, whole[0]), (0, whole[1]), (0, whole[2]))
        blocks, maps = (self._tensor(cut_blocks(values, cells))[:, None] for values in (x, importance))
        parts = [
            self._rows(*self.network.encode(blocks[at : at + _BATCH], maps[at : at + _BATCH]))
            for at in range(0, len(blocks), _BATCH)
        ]
        latents = np.zeros((self.channels, *whole), self.latent_dtype)
        inside = tuple(slice(*span) for span in cells)
        shape = [b - a for a, b in cells]
        latents[(slice(None), *inside)] = np.concatenate(parts).T.reshape(self.channels, *shape)
        return latents

    @torch.inference_mode()
    def synthesise(
        self,
        latents: Latents,
        gain: float,
        low: Low | None = None,
        shape: tuple[int, int, int] | None = None,
    ) -> NDArray[np.float32]:
        """Normalised values (16z, 16y, 16x) of latents (C, z, y, x) (Eq. 8)."""
        _check_gain(gain)
        y, z = (self._tensor(part.astype(np.float32)) for part in self._split(latents))
        parts = [
            self.network.decode(y[at : at + _BATCH], z[at : at + _BATCH])[:, 0].cpu().numpy()
            for at in range(0, len(y), _BATCH)
        ]
        depth, height, width = latents.shape[1:]
        return join_cores(np.concatenate(parts), (depth, height, width))

    def coarse(
        self,
        latents: Latents,
        gain: float,
        low: Low | None = None,
        shape: tuple[int, int, int] | None = None,
    ) -> NDArray[np.float32]:
        """Means of the blocks (z, y, x), normalised; there is no way but the synthesis."""
        values = self.synthesise(latents, gain)
        z, y, x = latents.shape[1:]
        means: NDArray[np.float32] = values.reshape(z, CORE, y, CORE, x, CORE).mean((1, 3, 5))
        return means

    @abstractmethod
    def encode_chunks(
        self,
        latents: Sequence[Latents],
        shapes: Sequence[tuple[int, int, int]] | None = None,
        before: Sequence[Latents | None] | None = None,
    ) -> list[bytes]:
        """Streams of chunks (C, z, y, x), each at most 4 blocks an axis."""

    @abstractmethod
    def decode_chunks(
        self, streams: Sequence[bytes], before: Sequence[Latents | None] | None = None
    ) -> list[Latents]:
        """Latents (C, z, y, x) of streams.

        Raises
        ------
        CorruptStreamError
            If a stream is damaged.
        """

    @abstractmethod
    def cell_bits(self, latents: Sequence[Latents]) -> list[NDArray[np.float64]]:
        """Bits (z, y, x) that each block of chunks (C, z, y, x) takes, side information left out."""

    def _rows(self, y: Tensor, z: Tensor) -> Latents:
        """y (B, c, 3, 3, 3) and z (B, c, 2, 2, 2) as rows (B, C)."""
        rows = torch.cat([y.flatten(1), z.flatten(1)], 1).clamp(-_LARGEST, _LARGEST)
        return rows.cpu().numpy().astype(self.latent_dtype)

    def _split(self, latents: Latents) -> tuple[Latents, Latents]:
        """Latents (C, z, y, x) as y (B, c, 3, 3, 3) and z (B, c, 2, 2, 2)."""
        rows = latents.reshape(self.channels, -1).T
        c, first = self.config.channels, self.config.channels * CELLS**3
        y = np.ascontiguousarray(rows[:, :first]).reshape(-1, c, CELLS, CELLS, CELLS)
        z = np.ascontiguousarray(rows[:, first:]).reshape(-1, c, HYPER_CELLS, HYPER_CELLS, HYPER_CELLS)
        return y, z


class PaperModel(BlockModel):
    """The paper's model: integers, entropy coded, one stream a chunk."""

    network_class = PaperNetwork
    latent_dtype = np.dtype(np.int32)

    @cached_property
    def coder(self) -> BlockCoder:
        """The exact integer coder."""
        return BlockCoder(BlockNetworks(self._arrays), *self._tables())

    def encode_chunks(
        self,
        latents: Sequence[Latents],
        shapes: Sequence[tuple[int, int, int]] | None = None,
        before: Sequence[Latents | None] | None = None,
    ) -> list[bytes]:
        """Streams of chunks (C, z, y, x), each at most 4 blocks an axis."""
        streams = []
        for chunk in latents:
            y, z = (part.astype(np.int64) for part in self._split(chunk))
            streams.append(self.coder.encode(y, z, (chunk.shape[1], chunk.shape[2], chunk.shape[3])))
        return streams

    def decode_chunks(
        self, streams: Sequence[bytes], before: Sequence[Latents | None] | None = None
    ) -> list[Latents]:
        """Latents (C, z, y, x) of streams."""
        chunks = []
        for stream in streams:
            decoded = self.coder.decode(bytes(stream))
            if decoded is None:
                chunks.append(np.zeros((self.channels, *(self.chunk_cells,) * 3), self.latent_dtype))
                continue
            y, z, extent = decoded
            rows = np.concatenate([part.reshape(len(part), -1) for part in (y, z)], 1)
            chunks.append(rows.T.reshape(self.channels, *extent).astype(self.latent_dtype))
        return chunks

    def cell_bits(self, latents: Sequence[Latents]) -> list[NDArray[np.float64]]:
        """Bits (z, y, x) of each block's ŷ."""
        found = []
        for chunk in latents:
            y, z = (part.astype(np.int64) for part in self._split(chunk))
            groups = self.coder.networks(z)
            table, base = table_index(groups.scale.ravel(), groups.mean.ravel())
            bits = self._costs.bits(table, y.ravel() - base) + RAW_BITS[table]
            found.append(bits.reshape(len(y), -1).sum(1).reshape(chunk.shape[1:]))
        return found


class BaselineModel(BlockModel):
    """The plain autoencoder: 560 floats a block, stored as they are.

    A stream is a chunk's float32 values, little-endian, and nothing else; where the field's edge cuts the
    chunk, one byte follows that says by how much: 1 + Σ (extent − 1)·4^axis, z first.
    """

    network_class = BaselineNetwork
    latent_dtype = np.dtype(np.float32)

    def encode_chunks(
        self,
        latents: Sequence[Latents],
        shapes: Sequence[tuple[int, int, int]] | None = None,
        before: Sequence[Latents | None] | None = None,
    ) -> list[bytes]:
        """Streams of chunks (C, z, y, x), each at most 4 blocks an axis."""
        return [chunk.astype("<f4").tobytes() + self._edge(chunk.shape[1:]) for chunk in latents]

    def decode_chunks(
        self, streams: Sequence[bytes], before: Sequence[Latents | None] | None = None
    ) -> list[Latents]:
        """Latents (C, z, y, x) of streams."""
        return [self._decode(bytes(stream)) for stream in streams]

    def cell_bits(self, latents: Sequence[Latents]) -> list[NDArray[np.float64]]:
        """Bits (z, y, x) of each block: as many in all."""
        return [np.full(chunk.shape[1:], 32.0 * self.channels) for chunk in latents]

    def _edge(self, shape: Sequence[int]) -> bytes:
        if min(shape) == self.chunk_cells:
            return b""
        return bytes([1 + sum((n - 1) * self.chunk_cells**axis for axis, n in enumerate(shape))])

    def _decode(self, stream: bytes) -> Latents:
        n, whole = self.chunk_cells, (self.chunk_cells,) * 3
        values, cut = stream[: len(stream) // 4 * 4], stream[len(stream) // 4 * 4 :]
        code = cut[0] - 1 if len(cut) == 1 else -1
        shape = tuple(code // n**axis % n + 1 for axis in range(3)) if 0 <= code < n**3 else whole
        wanted = 4 * self.channels * shape[0] * shape[1] * shape[2]
        if len(values) != wanted or (len(cut) == 0) != (shape == whole):
            raise CorruptStreamError("a coded chunk is damaged: it has another length than its blocks take")
        return np.frombuffer(values, "<f4").reshape(self.channels, *shape).astype(self.latent_dtype)


def _check_gain(gain: float) -> None:
    if gain != 0:
        raise ModelError(f"a model of the presets paper and baseline has no gain, got g = {gain:g}")
