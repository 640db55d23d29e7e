"""What a model does that is not fitted to variables and has every subband among its latents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.errors import CorruptStreamError, ModelError
from idlat.model.tile_analysis import Cells, FitWindow, Low, TileAnalysis
from idlat.transform.cuts import Cuts

__all__ = ["UnfittedModel"]

Size: TypeAlias = tuple[int, int, int]
Integers: TypeAlias = NDArray[np.int32]


class UnfittedModel(ABC):
    """The part of :class:`idlat.model.latent_model.LatentModel` that most models do alike."""

    cell: ClassVar[int]
    analysis_halo: ClassVar[int]

    @abstractmethod
    def analyse(
        self, x: NDArray[np.float32], importance: NDArray[np.float32], gain: float, core: Cells | None = None
    ) -> NDArray[Any]:
        """Latents (C, z, y, x) of a tile (Eq. 7)."""

    @property
    @abstractmethod
    def preset(self) -> str:
        """Name of the configuration."""

    @property
    def window_halo(self) -> tuple[int, int, int]:
        """Cells around a tile, along each axis, that the analysis wants."""
        cells = -(-self.analysis_halo // self.cell)
        return cells, cells, cells

    @property
    @abstractmethod
    def channels(self) -> int:
        """Latents of a cell."""

    @property
    def coarse_latents(self) -> int:
        """How many latents of a cell its mean depends on: all."""
        return self.channels

    @property
    def coding_json(self) -> dict[str, Any] | None:
        """What was fitted to a variable: nothing."""
        return None

    def with_coding(self, values: Any) -> Self:
        """Return the model itself, which is not fitted to variables.

        Raises
        ------
        CorruptStreamError
            If something was fitted.
        """
        if values is not None:
            raise CorruptStreamError(f"a model of preset {self.preset} is not fitted to variables")
        return self

    @property
    @abstractmethod
    def importance_range(self) -> float:
        """a of w = exp(a·I + g)."""

    def with_importance_range(self, importance_range: float) -> Self:
        """Return the model itself, which was trained for one range.

        Raises
        ------
        ModelError
            If it is another.
        """
        if importance_range != self.importance_range:
            raise ModelError(
                f"a model of preset {self.preset} was trained for the importance range "
                f"{self.importance_range:g}: leave out --importance-range {importance_range:g}"
            )
        return self

    def with_error_weight(self, error_weight: float) -> Self:
        """Return the model itself: its encoder weighs errors and bits as it was trained to."""
        return self

    def with_effort(self, effort: int) -> Self:
        """Return the model itself: its encoder tries nothing."""
        return self

    def on_device(self, device: str) -> Self:
        """Return the model itself: it has no network."""
        return self

    def with_cuts(self, cuts: Cuts) -> Self:
        """Return the model itself: its functions are the same everywhere."""
        return self

    def placed(self, origin: Sequence[int]) -> Self:
        """Return the model itself, which is the same everywhere."""
        return self

    @property
    def fit_voxels(self) -> int:
        """None: the model is not fitted to variables."""
        return 0

    def fitted(
        self,
        windows: Sequence[FitWindow],
        gain: float,
        scale: float = 1.0,
        *,
        linear: bool = False,
    ) -> Self:
        """Return the model itself, which is not fitted to variables."""
        return self

    @property
    def codes_series(self) -> bool:
        """Each time step is coded alone."""
        return False

    @property
    def key_every(self) -> int:
        """Each time step is coded alone."""
        return 1

    def fitted_to_series(self, pairs: Sequence[Any], gain: float, key_every: int, scale: float = 1.0) -> Self:
        """Return the model itself, which codes each time step alone."""
        return self

    def needs_before(self, stream: bytes) -> bool:
        """Each time step is coded alone."""
        return False

    def low_needs_before(self, data: bytes) -> bool:
        """Each time step is coded alone."""
        return False

    def analyse_tile(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Cells | None = None,
        shape: Size | None = None,
        before: NDArray[Any] | None = None,
    ) -> TileAnalysis:
        """Latents of a tile, nothing apart from them; see `analyse`."""
        return TileAnalysis.of(self.analyse(x, importance, gain, core))

    def encode_low(
        self, low: Low, levels: NDArray[Any], shape: Size, before: Integers | None = None
    ) -> bytes:
        """Nothing: every subband is among the latents."""
        return b""

    def decode_low(self, data: bytes, shape: Size, before: Integers | None = None) -> dict[Any, Any]:
        """Nothing: every subband is among the latents."""
        return {}

    def low_integers(self, data: bytes, shape: Size, before: Integers | None = None) -> Integers:
        """Nothing: every subband is among the latents."""
        return np.zeros(0, np.int32)

    def low_size(self, shape: Size) -> int:
        """Nothing: every subband is among the latents."""
        return 0

    def representation(self, analysis: TileAnalysis) -> NDArray[Any]:
        """Latents of a tile: all that there is."""
        return analysis.latents

    def features(self, latents: NDArray[Any], low: Low, shape: Size | None = None) -> NDArray[Any]:
        """Latents as features: as they are."""
        return latents
