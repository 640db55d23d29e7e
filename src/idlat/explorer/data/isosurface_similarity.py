"""The isosurface similarity map of a step (paper, Sect. 6.4.2), as a job."""

from __future__ import annotations

from functools import partial

from idlat.analysis import SimilarityMap, latent_map, spread_isovalues
from idlat.analysis.surfaces import Encoder, check_encoder
from idlat.explorer.data.dataset import Dataset
from idlat.model import load_model
from idlat.parallel import run_tasks, worker_count
from idlat.progress import Progress

__all__ = ["isosurface_map"]


def isosurface_map(
    dataset: Dataset,
    step: int,
    count: int = 40,
    *,
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
        Isovalues, evenly spread from the 1st to the 99th percentile.
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
    kind = "original" if dataset.has_field else "reconstruction"

    def make() -> SimilarityMap:
        values = dataset.volume(
            "original" if dataset.has_field else "reconstruction", step, variable=name, progress=progress
        ).values
        threads = partial(run_tasks, workers=worker_count(None))
        own = dataset.archive.model
        model = own if isinstance(own, Encoder) else check_encoder(load_model(), "default")
        return latent_map(values, spread_isovalues(values, count), model, progress=progress, mapping=threads)

    key = ("similarity", kind, name, dataset.check_step(step), count)
    return dataset.cache.get(key, make, lambda made: made.similarity.nbytes)
