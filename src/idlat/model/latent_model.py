"""What a model is to everything that compresses, decodes or explores with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.model.tile_analysis import Cells, FitWindow, Low, TileAnalysis
from idlat.transform.cuts import Cuts

__all__ = ["ExactModel", "LatentModel", "Latents", "exact_model"]

Size: TypeAlias = tuple[int, int, int]
Latents: TypeAlias = NDArray[Any]
"""Latents (C, z, y, x) of the model's ``latent_dtype``."""


class LatentModel(Protocol):
    """What idlat asks of a model, whatever its preset.

    Lengths in voxels unless said otherwise. `before` are the latents, or the integers of a tile, of the same
    place in the time step before, where a step is coded under it; a model that codes each step alone is never
    given any.
    """

    @property
    def sha256(self) -> str:
        """SHA-256 of the model file, by which archives name it."""

    @property
    def preset(self) -> str:
        """Name of its preset."""

    @property
    def importance_range(self) -> float:
        """a of w = e^(aI + g)."""

    @property
    def gain_limits(self) -> tuple[float, float]:
        """Least and most g; equal where it has one quality alone."""

    @property
    def cell(self) -> int:
        """Voxels of a cell along an axis."""

    @property
    def chunk_cells(self) -> int:
        """Cells of a chunk along an axis."""

    @property
    def channels(self) -> int:
        """Latents of a cell."""

    @property
    def channel_sizes(self) -> tuple[int, ...]:
        """How many of a cell's latents each of its channels has, in their order; together `channels`."""

    @property
    def latent_dtype(self) -> np.dtype[Any]:
        """Of latents: int32, or float32 where there is no quantiser."""

    @property
    def latent_layout(self) -> dict[str, Any]:
        """What a cell's channels are, in JSON values, where that is not plain."""

    @property
    def window_halo(self) -> Size:
        """Cells around a tile, along each axis, on which its latents depend."""

    @property
    def synthesis_halo(self) -> int | Size:
        """Cells around a tile, on all axes or along each, on which its values depend."""

    @property
    def coding_json(self) -> dict[str, Any] | None:
        """What it was fitted to for a variable, in JSON values; None where it is not fitted."""

    def with_coding(self, values: Any) -> LatentModel:
        """Return the model for a variable that was coded with what `coding_json` said."""

    def with_importance_range(self, importance_range: float) -> LatentModel:
        """Return the model for weights of another range a.

        Raises
        ------
        ModelError
            It knows no other than its own.
        """

    def with_error_weight(self, error_weight: float) -> LatentModel:
        """Return the model with an encoder that weighs errors by a factor beside bits."""

    def with_effort(self, effort: int) -> LatentModel:
        """Return the model with an encoder that tries more or less, 0 to 9."""

    def on_device(self, device: str) -> LatentModel:
        """Return the model with its networks, if it has some, on one of :data:`idlat.devices.DEVICES`."""

    def with_cuts(self, cuts: Cuts) -> LatentModel:
        """Return the model, yet to be fitted, with planes of the variable that its functions do not cross.

        One that has no such functions comes back as it is.
        """

    def placed(self, origin: Sequence[int]) -> LatentModel:
        """Return the model for a window that begins at a voxel (z, y, x) of the variable."""

    @property
    def fit_voxels(self) -> int:
        """The most voxels of a variable that :meth:`fitted` is to be given; 0: it need not be called."""

    def fitted(
        self, windows: Sequence[FitWindow], gain: float, scale: float = 1.0, *, linear: bool = False
    ) -> LatentModel:
        """Return the model fitted to windows of a variable, which is `scale` times as large as they are.

        `linear`: values are not to be companded.
        """

    @property
    def codes_series(self) -> bool:
        """Whether it can code a time step under the one before (design section 3a)."""

    @property
    def key_every(self) -> int:
        """Each so many time steps, one is coded alone; 1 where all are."""

    def fitted_to_series(
        self, pairs: Sequence[tuple[FitWindow, FitWindow]], gain: float, key_every: int, scale: float = 1.0
    ) -> LatentModel:
        """Return the fitted model with steps coded under the one before, where pairs of steps say it pays."""

    def analyse_tile(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Cells | None = None,
        shape: Size | None = None,
        before: Latents | None = None,
    ) -> TileAnalysis:
        """Return latents (C, Z/cell, Y/cell, X/cell) of a tile (Z, Y, X), halo included, and what is apart.

        `core` are the cells of the tile that are not halo, counted in the tile; the first begins a chunk.
        `shape` are the voxels that belong to the field, as far as the rest is only padding. `before` are
        those of the core.
        """

    def synthesise(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Size | None = None
    ) -> NDArray[np.float32]:
        """Return the voxels of latents (C, z, y, x), halo included."""

    @property
    def coarse_latents(self) -> int:
        """How many of the first latents :meth:`coarse` looks at."""

    def coarse(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Size | None = None
    ) -> NDArray[np.float32]:
        """Return the mean of each cell, without the synthesis."""

    def encode_low(
        self, low: Low, levels: Latents, shape: Size, before: NDArray[np.int32] | None = None
    ) -> bytes:
        """Return the bytes of what is coded apart, of a tile of at most 64 cells an axis."""

    def low_needs_before(self, data: bytes) -> bool:
        """Whether what `encode_low` coded was coded under the step before."""

    def decode_low(
        self, data: bytes, shape: Size, before: NDArray[np.int32] | None = None
    ) -> dict[tuple[int, ...], NDArray[np.float64]]:
        """Return what `encode_low` coded, as `synthesise` takes it."""

    def low_integers(
        self, data: bytes, shape: Size, before: NDArray[np.int32] | None = None
    ) -> NDArray[np.int32]:
        """Return the integers that `encode_low` coded."""

    def low_size(self, shape: Size) -> int:
        """Return how many integers a tile of so many voxels has apart."""

    def representation(self, analysis: TileAnalysis) -> Latents:
        """Return latents as `synthesise` takes them, with what is coded apart among them, rounded."""

    def features(self, latents: Latents, low: Low, shape: Size | None = None) -> Latents:
        """Return latents (C, z, y, x) of so many voxels with what is coded apart among them."""

    def encode_chunks(
        self,
        latents: Sequence[Latents],
        shapes: Sequence[Size] | None = None,
        before: Sequence[Latents | None] | None = None,
    ) -> list[bytes]:
        """Return one stream a chunk (C, z, y, x) of so many voxels."""

    def needs_before(self, stream: bytes) -> bool:
        """Whether a chunk was coded under the step before."""

    def decode_chunks(
        self, streams: Sequence[bytes], before: Sequence[Latents | None] | None = None
    ) -> list[Latents]:
        """Return the chunks of their streams."""

    def cell_bits(self, latents: Sequence[Latents]) -> list[NDArray[np.float64]]:
        """Return the bits (z, y, x) that the cells of chunks (C, z, y, x) take of their streams, about."""

    def to_bytes(self) -> bytes:
        """Return the model file."""


@runtime_checkable
class ExactModel(Protocol):
    """A model whose values can be had as the same bits on every machine."""

    def synthesise_exactly(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Size | None = None
    ) -> NDArray[np.float64]:
        """Return what ``synthesise`` gives, whatever the machine and the tiles."""


def exact_model(model: LatentModel) -> ExactModel:
    """Return a model that an error bound can be built on.

    Raises
    ------
    IdlatError
        It is none.
    """
    if not isinstance(model, ExactModel):
        raise IdlatError(
            f"--max-error works with the preset default, this model is of preset {model.preset}: leave out "
            "--model"
        )
    return model
