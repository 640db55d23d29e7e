"""Projection of features to the plane (paper, Sect. 5.4): t-SNE by openTSNE, or UMAP.

::

    features (n, d ≤ 50) ─▶ Projection: points (n, 2) ─ embed(features of other blocks) ─▶ points (m, 2)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from idlat.errors import IdlatError
from idlat.progress import Progress, tell

__all__ = ["METHODS", "PERPLEXITIES", "USUAL_PERPLEXITY", "Method", "Projection", "project"]

Real = NDArray[np.float32]
Method = Literal["tsne", "umap"]
METHODS: tuple[Method, ...] = ("tsne", "umap")

USUAL_PERPLEXITY = 30.0
PERPLEXITIES = (2.0, 1000.0)
"""The least and the greatest perplexity that arranges anything in a time that one waits for."""

_EARLY, _LATE = 250, 500  # iterations of much exaggeration and of little
_EXAGGERATION = 2.0
"""Of attraction in the late iterations: groups draw together and leave gaps, which 1 fills evenly (Linderman
and Steinerberger, 2019, doi:10.1137/18M1216134); 4 draws some hundred blocks into a line."""
_FEWEST = 5  # points; with fewer there is nothing to arrange


@dataclass(frozen=True)
class Projection:
    """Points in the plane, and what places others among them.

    Attributes
    ----------
    points : float array (n, 2)
        One a block, in no unit.
    method : {"tsne", "umap"}
        How they were found.
    fitted : object or None
        The library's result; None where there were too few points to fit.
    length : int
        Of a feature vector.
    """

    points: NDArray[np.float64]
    method: Method
    fitted: Any
    length: int

    def embed(self, values: Real) -> NDArray[np.float64]:
        """Place other blocks (m, d) among the points, which stay: new steps, or another importance map.

        Raises
        ------
        IdlatError
            The features have another length, or there were too few points.
        """
        if values.ndim != 2 or values.shape[1] != self.length:
            raise IdlatError(
                f"features of length {self.length} are expected, got {values.shape}: map the new blocks "
                "with the map of the projected ones (BlockFeatures.map)"
            )
        if self.fitted is None:
            raise IdlatError(
                f"a projection of {len(self.points)} blocks places no others: {_FEWEST} are needed"
            )
        if not len(values):
            return np.empty((0, 2))
        if self.method == "umap":
            return np.asarray(self.fitted.transform(values), np.float64)
        # a point's neighbours pull it to where they are; the default of 5 is the library's for new points
        placed = self.fitted.transform(values, perplexity=min(5, (len(self.points) - 1) / 3))
        moved = np.asarray(self.fitted).mean(axis=0) - self.points.mean(axis=0)  # openTSNE shifts its own
        own: NDArray[np.float64] = np.asarray(placed, np.float64) - moved
        return own


def project(
    values: Real,
    method: Method = "tsne",
    *,
    perplexity: float = USUAL_PERPLEXITY,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
    settling: Callable[[NDArray[np.float64]], None] | None = None,
) -> Projection:
    """Arrange blocks in the plane so that similar ones are near; deterministic under the seed.

    Parameters
    ----------
    values : float32 array (n, d)
        Features, such as :func:`idlat.analysis.block_features` gives.
    method : {"tsne", "umap"}
        UMAP needs the extra ``idlat[umap]``.
    perplexity : float
        Of t-SNE, about how many neighbours count; UMAP takes half as many. Less where blocks are few.
    seed : int
        Of the approximate neighbours and of UMAP.
    workers : int
        Threads of t-SNE.
    progress
        Called as ``progress("project", done, total)``, every 50 iterations of t-SNE.
    settling
        Called with the points (n, 2) as they are then.

    Raises
    ------
    IdlatError
        The method is unknown or its library absent, the perplexity out of range, or the features not finite.
    """
    if method not in METHODS:
        raise IdlatError(f"projection {method!r} is unknown: choose one of {', '.join(METHODS)}")
    if not PERPLEXITIES[0] <= perplexity <= PERPLEXITIES[1]:
        low, high = PERPLEXITIES
        raise IdlatError(f"a perplexity must be from {low:g} to {high:g}, got {perplexity:g}")
    if values.ndim != 2 or not len(values) or not np.isfinite(values).all():
        raise IdlatError(
            f"finite features (blocks, length) are expected, got an array of shape {values.shape}"
        )
    if len(values) < _FEWEST or (values == values[0]).all():  # nothing to arrange: a line
        points = np.zeros((len(values), 2))
        points[:, 0] = np.arange(len(values))
        return Projection(points, method, None, values.shape[1])
    if method == "umap":
        fitted = _umap(values, perplexity, seed)
        return Projection(np.asarray(fitted.embedding_, np.float64), method, fitted, values.shape[1])
    fitted = _tsne(values, perplexity, seed, workers, progress, settling)
    return Projection(np.array(fitted, np.float64), method, fitted, values.shape[1])


def _tsne(
    values: Real,
    perplexity: float,
    seed: int,
    workers: int,
    progress: Progress | None,
    settling: Callable[[NDArray[np.float64]], None] | None,
) -> Any:
    from openTSNE import TSNE

    total, done = _EARLY + _LATE, 0

    def count(_iteration: int, _error: float, points: Any) -> None:
        nonlocal done
        done = min(done + 50, total)
        if settling is not None:
            settling(np.array(points, np.float64))
        tell(progress, "project", done, total)

    fit = TSNE(
        perplexity=min(perplexity, (len(values) - 1) / 3),
        initialization="pca" if values.shape[1] > 1 else "random",
        early_exaggeration_iter=_EARLY,
        n_iter=_LATE,
        exaggeration=_EXAGGERATION,
        random_state=seed,
        n_jobs=workers,
        callbacks=[count],
        callbacks_every_iters=50,
    ).fit(values)
    tell(progress, "project", total, total)
    return fit


def _umap(values: Real, perplexity: float, seed: int) -> Any:
    try:
        from umap import UMAP
    except ImportError:
        raise IdlatError("UMAP is not installed: pip install 'idlat[umap]', or project by tsne") from None
    neighbours = int(np.clip(perplexity / 2, 2, len(values) - 1))
    return UMAP(n_neighbors=neighbours, init="pca", random_state=seed, n_jobs=1).fit(values)
