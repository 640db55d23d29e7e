"""The default model: arrays in, arrays out (design section 3a)."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.context_tables import read_tables
from idlat.coding.rans import TOTAL
from idlat.model.subband.cell_comparison import CellComparison
from idlat.model.subband.cell_map import PER_CELL_COEFFICIENTS, cells_along
from idlat.model.subband.chunk_coder import ChunkCoder
from idlat.model.subband.chunk_header import CHUNK_CELLS, LevelTables, needs_before
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.field_window import FieldWindow, cells_of, chunks_within
from idlat.model.subband.fitting.fit_effort import DEFAULT_EFFORT, EFFORTS
from idlat.model.subband.fitting.variable_fit import VariableFit
from idlat.model.subband.latent_views import LatentViews, whole_chunk
from idlat.model.subband.low_tiles import LowTiles
from idlat.model.subband.model_file import read_model
from idlat.model.subband.second_tiles import SecondCoder
from idlat.model.subband.synthesis import Synthesis
from idlat.model.tile_analysis import TileAnalysis
from idlat.transform.cells import band_of, reach, to_cells
from idlat.transform.subbands import CELL, Shape

__all__ = ["SubbandModel"]

Latents = NDArray[np.int32]
Tile = tuple[NDArray[np.float32], NDArray[np.float32]]
Cells = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

#: Δ₀ = _STEP·exp(−(a + g)/2): an error of one squared step is worth 6/ln 2 bits.
_STEP = math.sqrt(6 / math.log(2))
_LARGEST = 2.0**30 - 1


class SubbandModel(VariableFit, Synthesis, LowTiles, LatentViews, CellComparison):
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
            self._error_weight,
        )  # fmt: skip

    def step(self, gain: float) -> float:
        """Δ₀: the finest quantisation step, in normalised units."""
        return _STEP * math.exp(-(self.importance_range + gain) / 2)

    def analyse(
        self, x: NDArray[np.float32], importance: NDArray[np.float32], gain: float, core: Cells | None = None
    ) -> Latents:
        """Latents (C, z, y, x) of a tile (Eq. 7); see :meth:`analyse_tile`."""
        return np.asarray(self.analyse_tile(x, importance, gain, core).latents)

    def analyse_tile(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Cells | None = None,
        shape: Shape | None = None,
        before: Latents | None = None,
    ) -> TileAnalysis:
        """Latents of a tile (Eq. 7), quantised, and its low subbands.

        Parameters
        ----------
        x, importance : ndarray of float32
            (Z, Y, X), beginning with a cell; x normalised, importance in [0, 1].
        gain : float
            g.
        core : three pairs of int, optional
            First cell and end, along each axis, of what is to be coded; its first cell begins a chunk. All
            unless given.
        shape : Shape, optional
            Voxels that belong to the field; what lies beyond is not looked at. All unless given.
        before : ndarray of int32, optional
            Latents (C, z, y, x) of the core's cells in the step before, where it is to be used.
        """
        kinds = self.coding.kinds
        if shape is not None:
            inside = tuple(slice(n) for n in shape)
            x, importance = x[inside], importance[inside]
        window = FieldWindow(x * np.float32(1 / self.step(gain)), importance, self.importance_range)
        c = to_cells(window.x, kinds)
        cells = cells_along(window.shape)
        levels = np.zeros(cells, np.int32)
        exponent = importance * np.float32(self.importance_range)
        coded: Cells = core or ((0, cells[0]), (0, cells[1]), (0, cells[2]))
        chunks = []
        for place in chunks_within(coded, window.shape):
            chunk = self.coder.quantise(
                cells_of(c, place.cells), window.wanted[place.cells], exponent[place.voxels], place.shape,
                None if before is None else _part(before, place.cells, coded),
            )  # fmt: skip
            levels[place.cells] = -chunk.levels
            chunks.append((place, chunk))

        def latents() -> Latents:
            whole = np.zeros((self.channels, *cells), np.int32)
            for place, chunk in chunks:
                own = self.coder.latents(chunk, self.coder.map_of(place.shape))
                whole[(slice(None), *place.cells)] = own
            return whole

        def streams() -> list[bytes]:
            return [self.coder.encode(chunk, place.shape) for place, chunk in chunks]

        low = {key: np.array(band_of(c, key, kinds)) for key in self.coding.modes}
        return TileAnalysis(levels, latents, low, streams if before is None else None)

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


def _part(latents: Latents, cells: tuple[slice, ...], core: Cells) -> Latents:
    """The latents of some cells, given those of a core that holds them."""
    z, y, x = (slice(s.start - a, s.stop - a) for s, (a, _) in zip(cells, core, strict=True))
    return np.ascontiguousarray(latents[:, z, y, x])
