"""A trained model, arrays in and arrays out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from idlat.coding.interpolation import SIDE
from idlat.coding.learned.cell_bits import cell_bits
from idlat.coding.learned.chunk_frames import frame_of
from idlat.coding.learned.chunk_stream import NetworkChunkCoder
from idlat.coding.learned.integer_networks import IntegerNetworks
from idlat.model.container import Arrays
from idlat.model.learned.analysis_synthesis import base_step
from idlat.model.learned.frozen_model import FrozenModel
from idlat.model.learned.lapped_transform import to_cells
from idlat.model.learned.latent_choice import Chooser, Wanted, padded
from idlat.model.learned.learned_config import LearnedConfig
from idlat.model.learned.learned_file import from_bytes, to_bytes
from idlat.model.learned.learned_network import LearnedNetwork
from idlat.model.learned.quantisation_levels import chunks_of, wanted_levels
from idlat.model.learned.rounding_error_shaping import Shaper
from idlat.model.tile_analysis import Cells, Low
from idlat.transform.lapped import CELL

_BATCH = 16  # whole chunks coded at once; several times as many of thin ones
_LARGEST = 2.0**30


class LearnedModel(FrozenModel[LearnedNetwork]):
    """What turns normalised values and importance into latents, streams, and back.

    Attributes
    ----------
    cell, chunk_cells : int
        Voxels a latent cell and cells a chunk, along each axis.
    analysis_halo : int
        Voxels of real data that the analysis wants around a tile.
    synthesis_halo : int
        Cells of latents that the synthesis needs around a tile.
    latent_dtype : dtype
        Of the latents.
    """

    cell = CELL
    chunk_cells = 8
    analysis_halo = 8
    synthesis_halo = 3
    latent_dtype = np.dtype(np.int32)

    network_class = LearnedNetwork
    _written = staticmethod(to_bytes)

    @classmethod
    def _read(cls, data: bytes, name: str) -> tuple[LearnedNetwork, Arrays]:
        return from_bytes(data, name)

    @property
    def config(self) -> LearnedConfig:
        """Of the network."""
        return self.network.config

    @property
    def channels(self) -> int:
        """Latent channels: the level, then the coefficients."""
        return self.config.coefficients + 1

    @property
    def channel_sizes(self) -> tuple[int, ...]:
        """One latent of each channel in a cell."""
        return (1,) * self.channels

    @property
    def latent_layout(self) -> dict[str, Any]:
        """Nothing to say: the channels of a cell are the level and its coefficients."""
        return {}

    @property
    def gain_limits(self) -> tuple[float, float]:
        """Smallest and largest g."""
        return self.config.gain_min, self.config.gain_max

    @cached_property
    def coder(self) -> NetworkChunkCoder:
        """The exact integer coder."""
        return NetworkChunkCoder(IntegerNetworks(self._arrays), *self._tables())

    @cached_property
    def _chooser(self) -> Chooser:
        scale = self.network.log_scale.detach().exp()
        shaper = Shaper((self.network.lapped.inverse_matrix.detach() * scale).T.cpu())
        return Chooser(self.coder, self._hyper, self._costs, shaper)

    @torch.inference_mode()
    def analyse(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Cells | None = None,
    ) -> NDArray[np.int32]:
        """Latents of a tile (Eq. 7), rounded.

        Parameters
        ----------
        x, importance : ndarray of float32
            (Z, Y, X), multiples of 8; x normalised, importance in [0, 1].
        gain : float
            g.
        core : three pairs of int, optional
            First cell and end, along each axis, of what is to be coded; its first cell begins a chunk. All
            unless given.

        Returns
        -------
        ndarray of int32
            (C, Z/8, Y/8, X/8).
        """
        scaled = self._tensor(x)[None, None] / base_step(self.config, gain)
        wanted = torch.from_numpy(np.ascontiguousarray(importance))
        found = self.network.analyse(scaled, wanted.to(self.device)[None, None], core)
        y = found.y[0].clamp(-_LARGEST, _LARGEST).cpu().numpy()
        level = found.level[0].cpu().numpy()
        latents = np.concatenate([level, np.rint(y)]).astype(np.int32)
        weight = np.exp2(2 * (found.wanted[0].cpu().numpy() - level))
        exponent = to_cells(wanted[None] * self.importance_range, CELL)[0]
        chunks = chunks_of(core or tuple((0, n) for n in latents.shape[1:]))
        self._chooser.choose(latents, Wanted(y, weight, exponent), chunks)
        return latents

    @torch.inference_mode()
    def represent(
        self, x: NDArray[np.float32], importance: NDArray[np.float32], gain: float
    ) -> NDArray[np.int32]:
        """Latents of a tile under several maps, to compare these: nearest integers, not what coding chooses.

        Parameters
        ----------
        x : ndarray of float32
            (Z, Y, X), as for :meth:`analyse`.
        importance : ndarray of float32
            (B, Z, Y, X): the maps.
        gain : float
            g.

        Returns
        -------
        ndarray of int32
            (B, C, Z/8, Y/8, X/8).
        """
        scaled = self._tensor(x) / base_step(self.config, gain)
        maps = self._tensor(importance)[:, None]
        found = self.network.analyse(scaled.expand(len(maps), 1, *x.shape), maps)
        y = found.y.clamp(-_LARGEST, _LARGEST).round()
        return torch.cat([found.level, y], 1).to(torch.int32).cpu().numpy()

    @torch.inference_mode()
    def coefficients(self, x: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
        """Transform a tile (Z, Y, X): coefficients (K, Z/8, Y/8, X/8) that no map has refined, at level 0.

        A level of −1 halves them.
        """
        scaled = self._tensor(x)[None, None] / base_step(self.config, gain)
        return self.network.analysis.coefficients(scaled, self.network.log_scale)[0].cpu().numpy()

    @torch.inference_mode()
    def levels(self, shares: NDArray[np.float32]) -> NDArray[np.int32]:
        """Levels (B, Z/8, Y/8, X/8) that maps of ones and zeros ask for, rounded.

        Parameters
        ----------
        shares : ndarray of float32
            (B, Z/4, Y/4, X/4): the share of ones in each patch of 4³ voxels.
        """
        ones = torch.from_numpy(np.ascontiguousarray(shares))[:, None]
        weight = ones + (1 - ones) * math.exp(-self.importance_range)
        return wanted_levels(weight)[:, 0].round().to(torch.int32).numpy()

    @torch.inference_mode()
    def synthesise(
        self,
        latents: NDArray[np.int32],
        gain: float,
        low: Low | None = None,
        shape: tuple[int, int, int] | None = None,
    ) -> NDArray[np.float32]:
        """Normalised values (8z, 8y, 8x) of latents (C, z, y, x) (Eq. 8), exact 3 cells inside the tile."""
        y, level = self._split(latents)
        values = self.network.synthesise(y, level)[0, 0] * base_step(self.config, gain)
        return values.cpu().numpy()

    @torch.inference_mode()
    def coarse(
        self,
        latents: NDArray[np.int32],
        gain: float,
        low: Low | None = None,
        shape: tuple[int, int, int] | None = None,
    ) -> NDArray[np.float32]:
        """Cell means (z, y, x), normalised, without the synthesis."""
        y, level = self._split(latents)
        return (self.network.coarse(y, level)[0, 0] * base_step(self.config, gain)).cpu().numpy()

    def encode_chunks(
        self,
        latents: Sequence[NDArray[np.int32]],
        shapes: Sequence[tuple[int, int, int]] | None = None,
        before: Sequence[NDArray[Any] | None] | None = None,
    ) -> list[bytes]:
        """Streams of chunks (C, z, y, x), each at most 8 cells an axis.

        Raises
        ------
        IdlatError
            If a chunk has another number of channels or latents are out of range.
        """
        streams: list[bytes] = []
        frame = frame_of(chunk.shape[1:] for chunk in latents) if latents else (SIDE,) * 3
        batch = _BATCH * SIDE**3 // math.prod(frame)
        for start in range(0, len(latents), batch):
            whole = self._padded(latents[start : start + batch])
            streams += self.coder.encode(whole, self._hyper(whole))
        return streams

    def decode_chunks(
        self, streams: Sequence[bytes], before: Sequence[NDArray[Any] | None] | None = None
    ) -> list[NDArray[np.int32]]:
        """Latents (C, 8, 8, 8) of streams, zero outside the coded extent.

        Raises
        ------
        CorruptStreamError
            If a stream is damaged.
        """
        chunks: list[NDArray[np.int32]] = []
        for start in range(0, len(streams), _BATCH):
            decoded = self.coder.decode([bytes(stream) for stream in streams[start : start + _BATCH]])
            chunks += list(decoded.astype(np.int32))
        return chunks

    def cell_bits(self, latents: Sequence[NDArray[np.int32]]) -> list[NDArray[np.float64]]:
        """Bits (z, y, x) that each cell of chunks (C, z, y, x) takes, side information left out."""
        found: list[NDArray[np.float64]] = []
        for start in range(0, len(latents), _BATCH):
            part = latents[start : start + _BATCH]
            whole = self._padded(part)
            bits = cell_bits(self.coder, whole, self._hyper(whole), self._costs)
            found += [own[tuple(map(slice, chunk.shape[1:]))] for own, chunk in zip(bits, part, strict=True)]
        return found

    @torch.inference_mode()
    def _hyper(self, whole: NDArray[np.int64]) -> NDArray[np.int64]:
        y = self._tensor(whole[:, 1:].astype(np.float32))
        prior = self.network.prior
        return prior.hyper_analysis(y, prior.activity(y)).round().cpu().numpy().astype(np.int64)

    @staticmethod
    def _padded(chunks: Sequence[NDArray[np.int32]]) -> NDArray[np.int64]:
        frame = frame_of(chunk.shape[1:] for chunk in chunks)
        return np.stack([padded(chunk, frame) for chunk in chunks]).astype(np.int64)

    def _split(self, latents: NDArray[np.int32]) -> tuple[Tensor, Tensor]:
        whole = self._tensor(latents).to(torch.float32)[None]
        return whole[:, 1:], whole[:, :1]
