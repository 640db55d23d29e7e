"""Features of blocks (paper, Sect. 5.4): latent vectors, scaled, reduced by PCA, empty blocks kept apart.

::

    latents (T, Z, Y, X, F) ─ drop empty blocks ─▶ (n, F) ─ scaling ─ drop constants ─ PCA ─▶ (n, ≤ 50)

Latents count in quantisation steps of their cell, and an importance map or a gain that spends less on a cell
makes its step larger: what does not matter is nearly zero, so distances between latents, as they are, weigh
what matters. Undoing the steps would give the field's own similarity back, map or no map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idlat.errors import IdlatError

__all__ = [
    "SCALINGS",
    "UNSTATED_SCALING",
    "USUAL_SCALING",
    "BlockFeatures",
    "FeatureMap",
    "Scaling",
    "block_features",
    "one_scaling",
]

Real = NDArray[np.float32]

Scaling = Literal["energy", "steps", "log", "standard"]
SCALINGS: tuple[Scaling, ...] = ("energy", "steps", "log", "standard")
USUAL_SCALING: Scaling = "energy"
"""Where nothing else is asked for: see ``docs/analysis.md`` for what it is chosen by."""
UNSTATED_SCALING: Scaling = "steps"
"""Of files of clusters that do not say theirs: it was the usual one when they were written."""

_BATCH = 4096  # blocks scaled at a time
_SAMPLE = 8192  # blocks that scales and axes are fitted to
_LOUD = 4.0  # steps: a channel whose root mean square is less hardly counts as energy
_SPREAD_FLOOR = 0.01  # of log1p: a feature that is nearly always zero must not be blown up


def one_scaling(name: str) -> Scaling:
    """Return a scaling by its name.

    Raises
    ------
    IdlatError
        There is none of that name.

    Examples
    --------
    >>> one_scaling("energy")
    'energy'
    """
    for known in SCALINGS:
        if known == name:
            return known
    raise IdlatError(f"scaling {name!r} is unknown: choose one of {', '.join(SCALINGS)}")


@dataclass(frozen=True)
class FeatureMap:
    """From latent vectors to features, as fitted to some blocks; new blocks get the same.

    Attributes
    ----------
    scaling : {"energy", "steps", "log", "standard"}
        ``energy``: ln(1 + m / 16), m the mean square over each channel's cells: how much was spent where, in
        whatever direction; a root mean square of less than 4 steps hardly counts. ``steps``: latents as they
        are. ``log``: sign·ln(1 + |latent|). ``standard``: ``log``, then each divided by its standard
        deviation.
    cells : tuple of int
        Latents of each channel in a vector, next to each other.
    length : int
        Of a latent vector.
    kept : int array (k,)
        Which scaled latents vary.
    mean, spread : float32 arrays (k,)
        Taken off, and divided by.
    axes : float32 array (k, d)
        Principal axes.
    """

    scaling: Scaling
    cells: tuple[int, ...]
    length: int
    kept: NDArray[np.intp]
    mean: Real
    spread: Real
    axes: Real

    def __call__(self, latents: ArrayLike) -> Real:
        """Map latent vectors (n, F) to features (n, d).

        Raises
        ------
        IdlatError
            Their length is another.
        """
        values = np.asarray(latents)
        if values.ndim != 2 or values.shape[1] != self.length:
            raise IdlatError(
                f"latent vectors of length {self.length} are expected, as those that were fitted, got an "
                f"array of shape {values.shape}: use the same model and block size"
            )
        parts = [
            self._scaled(values[start : start + _BATCH]) @ self.axes
            for start in range(0, len(values), _BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.axes.shape[1]), np.float32)

    def _scaled(self, values: NDArray[np.generic]) -> Real:
        scaled: Real = (_compressed(values, self.scaling, self.cells)[:, self.kept] - self.mean) / self.spread
        return scaled


@dataclass(frozen=True)
class BlockFeatures:
    """Features of the blocks that are not empty.

    Attributes
    ----------
    values : float32 array (n, d)
        One row a block.
    blocks : int array (n, 4)
        Each row's place: step, z, y, x, counted in blocks.
    shape : tuple of int
        (T, Z, Y, X) of the grid of blocks.
    map : FeatureMap
        What made them.
    """

    values: Real
    blocks: NDArray[np.intp]
    shape: tuple[int, int, int, int]
    map: FeatureMap

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Blocks (T, Z, Y, X) that have no features."""
        empty = np.ones(self.shape, bool)
        empty[tuple(self.blocks.T)] = False
        return empty

    def grid(self, rows: NDArray[np.generic], fill: float = -1) -> NDArray[np.generic]:
        """Put one value a row (n,) in its block's place (T, Z, Y, X); empty blocks get `fill`."""
        values = np.full(self.shape, fill, dtype=rows.dtype)
        values[tuple(self.blocks.T)] = rows
        return values


def block_features(
    latents: ArrayLike,
    empty: ArrayLike | None = None,
    *,
    components: int = 50,
    scaling: Scaling = USUAL_SCALING,
    cells: int | Sequence[int] = 1,
    seed: int = 0,
) -> BlockFeatures:
    """Scale latent vectors and reduce them to their principal components.

    Parameters
    ----------
    latents : array (Z, Y, X, F) or (T, Z, Y, X, F)
        Such as :meth:`idlat.Archive.latents` returns; those of several variables may be joined along F.
    empty : bool array, optional
        Blocks to leave out; those whose latents are all zero are left out in any case.
    components : int
        At most so many features.
    scaling : {"energy", "steps", "log", "standard"}
        See :class:`FeatureMap`.
    cells : int or sequence of int
        Latents of a channel in a vector, for ``energy``, or of each channel in turn: ``attrs["cells"]`` of
        what :meth:`idlat.Archive.latents` returns. A vector as long as several of these holds several
        variables, one after another.
    seed : int
        Of the randomised decomposition, and of the choice of 8192 blocks that it is fitted to.

    Returns
    -------
    BlockFeatures
        float32, deterministic under the seed.

    Raises
    ------
    IdlatError
        The array has another number of axes, is not finite, or every block is empty.

    Examples
    --------
    >>> latents = np.zeros((1, 2, 3, 8), np.int32)
    >>> latents[0, :, 1:] = np.arange(32).reshape(2, 2, 8) % 5
    >>> features = block_features(latents, components=2)
    >>> features.values.shape, features.blocks.tolist()
    ((4, 2), [[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 1, 1], [0, 0, 1, 2]])
    """
    values = np.asarray(latents)
    if values.ndim not in (4, 5) or values.dtype.kind not in "iuf":
        raise IdlatError(
            "latents of dims (z, y, x, feature), with time first or not, are expected, got an array of shape "
            f"{values.shape} and dtype {values.dtype}"
        )
    one_scaling(scaling)
    if components < 1:
        raise IdlatError(f"components must be 1 or more, got {components}")
    channels = _channels(cells, values.shape[-1])
    values = values.reshape((-1, *values.shape[-4:]))
    present = values.any(axis=-1)
    if empty is not None:
        present &= ~np.broadcast_to(np.asarray(empty, bool), present.shape)
    if not present.any():
        raise IdlatError("every block is empty: there is nothing to analyse")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise IdlatError("latents must be finite, some are NaN or infinite: the archive or array is damaged")
    vectors, rows = values.reshape(-1, values.shape[-1]), np.flatnonzero(present)
    feature_map = _fit(vectors[_sample(rows, seed)], components, scaling, channels, seed)
    parts = [feature_map(vectors[rows[start : start + _BATCH]]) for start in range(0, len(rows), _BATCH)]
    t, z, y, x = present.shape
    return BlockFeatures(np.concatenate(parts), np.argwhere(present), (t, z, y, x), feature_map)


def _sample(rows: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Return the rows, or a seeded choice of them where they are many."""
    if len(rows) <= _SAMPLE:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, _SAMPLE, replace=False))


def _channels(cells: int | Sequence[int], length: int) -> tuple[int, ...]:
    """Return the latents of each channel of a vector, repeated for each of the variables that are joined.

    Raises
    ------
    IdlatError
        No whole number of them makes the vector.
    """
    each = (cells,) if isinstance(cells, int) else tuple(int(size) for size in cells)
    if not each or min(each) < 1 or length % sum(each):
        shown = each[0] if len(each) == 1 else f"{len(each)} channels of {sum(each)}"
        raise IdlatError(f"cells must divide the length {length} of a latent vector, got {shown}")
    return each * (length // sum(each))


def _compressed(values: NDArray[np.generic], scaling: Scaling, cells: tuple[int, ...]) -> Real:
    """Return values (n, F), their signed logarithms, or the energy of each channel (n, channels)."""
    real = values.astype(np.float32)
    if scaling == "steps":
        return real
    if scaling == "energy":
        starts = np.cumsum((0, *cells[:-1]))
        energy = np.add.reduceat(real * real, starts, axis=1) / np.array(cells, np.float32)
        return np.log1p(energy / _LOUD**2).astype(np.float32)
    return np.copysign(np.log1p(np.abs(real)), real)


def _fit(
    rows: NDArray[np.generic], components: int, scaling: Scaling, cells: tuple[int, ...], seed: int
) -> FeatureMap:
    """Find which of the latents vary, how much, and their principal axes."""
    scaled = _compressed(rows, scaling, cells)
    kept = np.flatnonzero(scaled.max(axis=0) > scaled.min(axis=0))
    if kept.size == 0:  # all blocks alike: one feature, zero
        kept = np.zeros(1, np.intp)
    scaled = scaled[:, kept]
    mean = scaled.mean(axis=0, dtype=np.float64).astype(np.float32)
    scaled -= mean
    spread = np.ones(kept.size, np.float32)
    if scaling == "standard":
        spread = np.sqrt(np.einsum("ij,ij->j", scaled, scaled) / len(scaled)) + np.float32(_SPREAD_FLOOR)
        scaled /= spread
    axes = _principal_axes(scaled, components, seed)
    return FeatureMap(scaling, cells, rows.shape[1], kept, mean, spread, axes)


def _principal_axes(centred: Real, components: int, seed: int) -> Real:
    """Return principal axes (k, d) of rows of mean zero, each with its largest loading positive."""
    limit = min(centred.shape)
    if limit <= components:
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
    else:
        from sklearn.utils.extmath import randomized_svd

        _, _, axes = randomized_svd(centred, components, n_iter=4, random_state=seed, flip_sign=False)
    largest = np.abs(axes).argmax(axis=1)
    signs = np.where(axes[np.arange(len(axes)), largest] < 0, -1, 1)
    oriented: Real = (axes * signs[:, None]).T.astype(np.float32)
    return oriented
