"""Which model decodes a stream: one registered in the process, shipped, or in ``IDLAT_MODEL_PATH``.

A codec sees its configuration only, never the store, so whoever opens an archive registers the model that the
archive carries (:func:`register_model`) before the first chunk is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.errors import ModelError
from idlat.model.shipped_weights import shipped_files
from idlat.model.tile_analysis import Low, TileAnalysis
from idlat.plainfiles import check_plain
from idlat.tiling import Box, Triple

__all__ = ["LatentModel", "Latents", "find_model", "is_shipped", "register_model", "resolve_model"]

Latents: TypeAlias = NDArray[Any]
"""Latents (C, z, y, x) of the model's ``latent_dtype``."""


class LatentModel(Protocol):
    """What the archive asks of a model; :class:`idlat.model.Model` is one.

    Lengths in voxels unless said otherwise; a cell is ``cell`` voxels an axis, a chunk ``chunk_cells`` cells.
    Latents are of ``latent_dtype``, int32 or float32; ``latent_layout`` says in JSON values what a cell's
    channels are, where that is not plain. Equal ``gain_limits`` are those of a model of one quality.
    """

    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def preset(self) -> str: ...  # noqa: D102
    @property
    def importance_range(self) -> float: ...  # noqa: D102
    @property
    def gain_limits(self) -> tuple[float, float]: ...  # noqa: D102
    @property
    def cell(self) -> int: ...  # noqa: D102
    @property
    def chunk_cells(self) -> int: ...  # noqa: D102
    @property
    def channels(self) -> int: ...  # noqa: D102
    @property
    def latent_dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    @property
    def latent_layout(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def window_halo(self) -> Triple: ...  # noqa: D102
    @property
    def synthesis_halo(self) -> int | Triple: ...  # noqa: D102
    @property
    def coding_json(self) -> dict[str, Any] | None: ...  # noqa: D102

    def with_coding(self, values: Any) -> LatentModel:
        """Return the model for a variable that was coded with what `coding_json` said."""

    def with_error_weight(self, error_weight: float) -> LatentModel:
        """Return the model with an encoder that weighs errors by a factor beside bits."""

    def fitted(
        self,
        windows: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
        gain: float,
        scale: float = 1.0,
    ) -> LatentModel:
        """Return the model fitted to windows, values and importance, of a variable `scale` times as large."""

    def analyse_tile(
        self,
        x: NDArray[np.float32],
        importance: NDArray[np.float32],
        gain: float,
        core: Box | None = None,
        shape: Triple | None = None,
    ) -> TileAnalysis:
        """Return latents (C, Z/cell, Y/cell, X/cell) of a tile (Z, Y, X), halo included, and what is apart.

        `core` are the cells of the tile that are not halo, counted in the tile; the first begins a chunk.
        `shape` are the voxels that belong to the field, as far as the rest is only padding.
        """

    def synthesise(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Triple | None = None
    ) -> NDArray[np.float32]:
        """Return the voxels of latents (C, z, y, x), halo included."""

    def coarse(
        self, latents: Latents, gain: float, low: Low | None = None, shape: Triple | None = None
    ) -> NDArray[np.float32]:
        """Return the mean of each cell, without the synthesis."""

    def encode_low(self, low: Low, levels: Latents, shape: Triple) -> bytes:
        """Return the bytes of what is coded apart, of a tile of at most 64 cells an axis."""

    def decode_low(self, data: bytes, shape: Triple) -> dict[tuple[int, ...], NDArray[np.float64]]:
        """Return what `encode_low` coded, as `synthesise` takes it."""

    def low_integers(self, data: bytes, shape: Triple) -> NDArray[np.int32]:
        """Return the integers that `encode_low` coded."""

    def low_size(self, shape: Triple) -> int:
        """Return how many integers a tile of so many voxels has apart."""

    def representation(self, analysis: TileAnalysis) -> Latents:
        """Return latents with what is coded apart among them, rounded."""

    def features(self, latents: Latents, low: Low) -> Latents:
        """Return latents (C, z, y, x) with what is coded apart among them."""

    def encode_chunks(
        self, latents: Sequence[Latents], shapes: Sequence[Triple] | None = None
    ) -> list[bytes]:
        """Return one stream a chunk (C, z, y, x) of so many voxels."""

    def decode_chunks(self, streams: Sequence[bytes]) -> list[Latents]:
        """Return the chunks of their streams."""

    def cell_bits(self, latents: Sequence[Latents]) -> list[NDArray[np.float64]]:
        """Return the bits (z, y, x) that the cells of chunks (C, z, y, x) take of their streams, about."""

    def to_bytes(self) -> bytes:
        """Return the model file."""


_HASH = re.compile(r"[0-9a-f]{64}")
_lock = threading.Lock()
_registered: dict[str, LatentModel] = {}


def register_model(model: LatentModel) -> None:
    """Make `model` known to every reader in this process, under its hash."""
    with _lock:
        _registered[model.sha256] = model


def find_model(sha256: str) -> LatentModel:
    """Return the model with this hash.

    Parameters
    ----------
    sha256
        64 hexadecimal digits, of the model file's bytes.

    Raises
    ------
    ModelError
        No such model is registered, shipped or in ``IDLAT_MODEL_PATH``.
    """
    with _lock:
        if sha256 in _registered:
            return _registered[sha256]
    for path in [*shipped_files(), *_files_on_path()]:
        if _hash_of(path) == sha256:
            return resolve_model(path)
    raise ModelError(
        f"no model with SHA-256 {sha256} is registered, shipped with this release or in "
        "IDLAT_MODEL_PATH: pass the model file that the archive was written with"
    )


def is_shipped(sha256: str) -> bool:
    """Whether this release ships the model with this hash."""
    return any(_hash_of(path) == sha256 for path in shipped_files())


def resolve_model(model: LatentModel | str | os.PathLike[str] | None) -> LatentModel:
    """Return the model that `model` names: itself, a path, a hash; ``default`` or None is the default."""
    if model is not None and not isinstance(model, str | os.PathLike):
        register_model(model)
        return model
    if isinstance(model, str) and _HASH.fullmatch(model) and not Path(model).exists():
        return find_model(model)
    from idlat.model import load_model

    loaded = load_model(model)
    register_model(loaded)
    return loaded


def _files_on_path() -> Iterator[Path]:
    """Yield the model files that IDLAT_MODEL_PATH names: files, or folders of ``*.safetensors``."""
    for entry in os.environ.get("IDLAT_MODEL_PATH", "").split(os.pathsep):
        path = Path(entry)
        if entry and path.is_dir():
            yield from sorted(path.glob("*.safetensors"))
        elif entry:
            yield path


def _hash_of(path: Path) -> str | None:
    """Return the SHA-256 of a file's bytes, None where it cannot be read."""
    try:
        check_plain(path, ModelError, "a model")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ModelError):
        return None
