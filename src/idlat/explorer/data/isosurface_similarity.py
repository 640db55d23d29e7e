"""The isosurface similarity map of a step (paper, Sect. 6.4.2), as a job."""

from __future__ import annotations

from functools import partial
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from idlat.analysis import PEERS, SimilarityMap, latent_map, peer_map, spread_isovalues
from idlat.analysis.peers import Peer
from idlat.analysis.surfaces import Encoder, check_encoder
from idlat.errors import FieldError
from idlat.explorer.data.dataset import Dataset
from idlat.model import load_model
from idlat.parallel import run_tasks, worker_count
from idlat.progress import Progress

__all__ = ["METHODS", "Method", "Span", "isosurface_map"]

Method: TypeAlias = Literal["latent"] | Peer
METHODS: tuple[Method, ...] = ("latent", *PEERS)

Span: TypeAlias = Literal["all", "most"] | tuple[float, float]


def isosurface_map(
    dataset: Dataset,
    step: int,
    count: int = 40,
    *,
    span: Span = "most",
    method: Method = "latent",
    variable: str | None = None,
    progress: Progress | None = None,
) -> SimilarityMap:
    """Compare the isosurfaces of a step with each other; computed once, then kept.

    Parameters
    ----------
    dataset
        The field's values if it is given, else the decoded ones; the means of cells of a field that is large.
    step
        Which step.
    count
        Isovalues, evenly spread.
    span
        From where to where: between the extremes of all values, from the 1st to the 99th percentile of them,
        or between two values.
    method
        How isosurfaces compare: by latents, or as :func:`idlat.analysis.peer_map` does.
    variable
        The first one unless named.
    progress
        Told of the stages ``read`` or ``decode``, and ``represent``; what it raises ends the work.

    Raises
    ------
    FieldError
        The values do not vary, or none is valid.
    """
    name = dataset.record(variable).name
    kind: Literal["original", "reconstruction"] = "original" if dataset.has_field else "reconstruction"

    def make() -> SimilarityMap:
        values = dataset.volume(kind, step, variable=name, progress=progress).values
        levels = _levels(values, count, span)
        if method != "latent":
            return peer_map(method, values, levels, progress)
        threads = partial(run_tasks, workers=worker_count(None))
        own = dataset.archive.model
        model = own if isinstance(own, Encoder) else check_encoder(load_model(), "default")
        return latent_map(values, levels, model, progress=progress, mapping=threads)

    key = ("similarity", kind, name, dataset.check_step(step), count, span, method)
    return dataset.cache.get(key, make, lambda made: made.similarity.nbytes)


def _levels(values: NDArray[np.float32], count: int, span: Span) -> NDArray[np.float64]:
    """Spread isovalues over a span; those of all values lie inside the extremes, which have no surface.

    Raises
    ------
    FieldError
        The span is empty, or no value is valid.

    Examples
    --------
    >>> _levels(np.array([0.0, 4.0], np.float32), 3, "all")
    array([1., 2., 3.])
    """
    if span == "most":
        return spread_isovalues(values, count)
    known = values[np.isfinite(values)]
    low, high = (known.min(initial=np.inf), known.max(initial=-np.inf)) if span == "all" else span
    if not low < high:
        raise FieldError("the values are all alike, or none is known: there are no isosurfaces to compare")
    return np.linspace(float(low), float(high), count + 2)[1:-1]
