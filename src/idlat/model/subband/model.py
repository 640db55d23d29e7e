"""The default model: arrays in, arrays out (design section 3a)."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import read_tables
from idlat.coding.rans import TOTAL
from idlat.model.subband.analysis import Analysis
from idlat.model.subband.cell_comparison import CellComparison
from idlat.model.subband.cell_map import PER_CELL_COEFFICIENTS
from idlat.model.subband.chunk_coder import ChunkCoder
from idlat.model.subband.chunk_header import CHUNK_CELLS, LevelTables, needs_before
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.fitting.fit_effort import DEFAULT_EFFORT, EFFORTS
from idlat.model.subband.fitting.variable_fit import VariableFit
from idlat.model.subband.latent_views import LatentViews, whole_chunk
from idlat.model.subband.low_tiles import LowTiles
from idlat.model.subband.model_file import read_model
from idlat.model.subband.second_tiles import SecondCoder
from idlat.model.subband.synthesis import Synthesis
from idlat.transform.cells import reach
from idlat.transform.cuts import NO_CUTS, Cuts, moved_cuts
from idlat.transform.subbands import CELL, Shape

__all__ = ["SubbandModel"]

Latents = NDArray[np.int32]

#: Δ₀ = _STEP·exp(−(a + g)/2): an error of one squared step is worth 6/ln 2 bits.
_STEP = math.sqrt(6 / math.log(2))


class SubbandModel(VariableFit, Analysis, Synthesis, LowTiles, LatentViews, CellComparison):
    """Turns normalised values and importance into latents, streams, and back.

    Parameters
    ----------
    data : bytes
        A model file.
    name : str
        What errors call it.

    Attributes
    ----------
    sha256 : str
        Hash of the model file.
    coding : CodingSettings
        What is fitted to a variable.
    cell, chunk_cells : int
        Voxels a latent cell and cells a chunk, along each axis.
    """

    cell = CELL
    chunk_cells = CHUNK_CELLS
    channels = 1 + PER_CELL_COEFFICIENTS
    latent_dtype = np.dtype(np.int32)

    def __init__(self, data: bytes, name: str = "the model") -> None:
        self._bytes = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.config, self._priors = read_model(data, name)
        self._range = self.config.importance_range
        levels = self._priors.levels
        cumulative = np.pad(np.cumsum(levels, axis=1), ((0, 0), (1, 0)))
        self._levels = LevelTables(cumulative, -np.log2(levels / TOTAL))
        self.coding = CodingSettings()
        self._error_weight = 1.0
        self._effort = EFFORTS[DEFAULT_EFFORT]

    def to_bytes(self) -> bytes:
        """The model file's content."""
        return self._bytes

    @property
    def preset(self) -> str:
        """Name of the configuration."""
        return self.config.preset

    @property
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""
        return self._range

    @property
    def gain_limits(self) -> tuple[float, float]:
        """Smallest and largest g; under a larger range lower ones, so that a + g has the same limits."""
        wider = self.importance_range - self.config.importance_range
        return self.config.gain_min - wider, self.config.gain_max - wider

    def with_importance_range(self, importance_range: float) -> Self:
        """Return the model for weights exp(a·I + g) of another a, 0 to 16."""
        other = self._with(self.coding)
        other._range = importance_range
        return other

    @property
    def channel_sizes(self) -> tuple[int, ...]:
        """One latent of each channel in a cell."""
        return (1,) * self.channels

    @property
    def latent_layout(self) -> dict[str, Any]:
        """Nothing to say: the channels of a cell are the level and its coefficients."""
        return {}

    @property
    def window_halo(self) -> Shape:
        """Cells around a tile, along each axis, on which its coefficients depend."""
        return reach(self.coding.kinds)

    @property
    def synthesis_halo(self) -> Shape:
        """Cells around a tile, along each axis, on which its values depend."""
        return reach(self.coding.kinds)

    @property
    def coding_json(self) -> dict[str, Any] | None:
        """What was fitted to a variable, as JSON values."""
        return self.coding.to_json()

    def with_coding(self, values: Any) -> Self:
        """Return the model for a variable that was coded with :attr:`coding_json`.

        Raises
        ------
        CorruptStreamError
            If it is none.
        """
        return self._with(CodingSettings.from_json(values))

    def with_cuts(self, cuts: Cuts) -> Self:
        """Return the model, not yet fitted, with planes that no function of lapped cells reaches over."""
        return self._with(replace(self.coding, cuts=cuts))

    def placed(self, origin: Sequence[int]) -> Self:
        """Return the model for a window of the variable that begins at a voxel (z, y, x)."""
        if self.coding.cuts == NO_CUTS:
            return self
        other = copy.copy(self)
        other.__dict__.pop("second", None)
        other.coding = replace(self.coding, cuts=moved_cuts(self.coding.cuts, origin))
        return other

    def with_error_weight(self, error_weight: float) -> Self:
        """Return the model with an encoder that weighs errors by a factor beside bits; less gives fewer."""
        other = self._with(self.coding)
        other._error_weight = error_weight
        return other

    def with_effort(self, effort: int) -> Self:
        """Return the model with an encoder that tries more or less, 0 to 9."""
        other = self._with(self.coding)
        other._effort = EFFORTS[effort]
        return other

    def on_device(self, device: str) -> Self:
        """Return the model itself: it has no network, and computes on the processor."""
        return self

    def _with(self, settings: CodingSettings) -> Self:
        other = copy.copy(self)
        for name in ("contexts", "coder", "second"):
            other.__dict__.pop(name, None)
        other.coding = settings
        other.contexts  # noqa: B018  # damaged tables are to be told of here
        return other

    @cached_property
    def contexts(self) -> ContextModel:
        """Weights and tables of this variable."""
        plain = self._priors.contexts
        return ContextModel(plain.weights, read_tables(self.coding.tables, plain.tables))

    @cached_property
    def coder(self) -> ChunkCoder:
        """Codes chunks."""
        without = frozenset(self.coding.modes)
        return ChunkCoder(
            self.coding.kinds, without, self.contexts, self._levels, self._error_weight, self.coding.series,
            self._effort.shapes_noise,
        )  # fmt: skip

    @property
    def codes_series(self) -> bool:
        """A time step may be coded under the one before."""
        return True

    @property
    def key_every(self) -> int:
        """Each so many time steps, one is coded alone; 1 where all are."""
        return 1 if self.coding.series is None else self.coding.series.key_every

    @cached_property
    def second(self) -> SecondCoder:
        """Codes tiles of the second transform."""
        return SecondCoder(
            self.coding.kinds, self.coding.modes, self._priors.mixing, self._priors.contexts,
            self._error_weight, self.coding.cuts,
        )  # fmt: skip

    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""
        return _STEP * math.exp(-(self.importance_range + gain) / 2)

    def encode_chunks(
        self,
        latents: Sequence[Latents],
        shapes: Sequence[Shape] | None = None,
        before: Sequence[Latents | None] | None = None,
    ) -> list[bytes]:
        """Streams of chunks (C, z, y, x), each at most 8 cells an axis; `shapes` are their voxels.

        `before` are the same chunks in the step before, where they are to be used.
        """
        sizes = [whole_chunk(chunk) for chunk in latents] if shapes is None else shapes
        earlier = before or [None] * len(latents)
        return [
            self.coder.encode(self.coder.quantised(chunk, shape, one), shape)
            for chunk, shape, one in zip(latents, sizes, earlier, strict=True)
        ]

    def needs_before(self, stream: bytes) -> bool:
        """Whether a chunk was coded under the step before."""
        return needs_before(stream)

    def decode_chunks(
        self, streams: Sequence[bytes], before: Sequence[Latents | None] | None = None
    ) -> list[Latents]:
        """Latents (C, z, y, x) of streams; `before` are the same chunks in the step before.

        Raises
        ------
        CorruptStreamError
            If a stream is damaged, or needs a step before that is not given.
        """
        earlier = before or [None] * len(streams)
        return [self.coder.decode(bytes(data), one) for data, one in zip(streams, earlier, strict=True)]
