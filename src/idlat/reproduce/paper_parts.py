"""The parts of the paper that are reproduced: what makes each, what it leaves, and why it differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from idlat.progress import Progress
from idlat.reproduce import (
    make_figure,
    make_figure12,
    make_latent_figure,
    make_rates,
    make_table1,
    make_table2,
    make_table3,
)
from idlat.reproduce.models import ADAPTED, PRESETS, QUICK, Length

__all__ = ["PARTS", "Job", "Part"]


@dataclass(frozen=True)
class Job:
    """What every part is given.

    Attributes
    ----------
    output, data : Path
        Folders of results and of the series; models lie in ``output/models``.
    quick : bool
        Small volumes and little training.
    minutes : float or None
        The most that this call trains each model.
    report : Progress or None
    """

    output: Path
    data: Path | None
    quick: bool
    minutes: float | None
    report: Progress | None


@dataclass(frozen=True)
class Part:
    """A table or a figure.

    Attributes
    ----------
    name, title : str
        As the command says it, and as the page does.
    make : callable
        Makes it.
    files : tuple of str
        What it leaves, of which tables (``.md``) and pictures (``.png``) go on the page.
    differs : str
        What differs from the paper, and why.
    presets : tuple of str
        Of which models in ``output/models`` it depends.
    trains : bool
        Whether it trains some of them, and so is made again as long as one is unfinished.
    """

    name: str
    title: str
    make: Callable[[Job], object]
    files: tuple[str, ...]
    differs: str
    presets: tuple[str, ...] = ()
    trains: bool = False


def _figure(name: str, title: str, differs: str) -> Part:
    def make(job: Job) -> object:
        return make_figure(name, job.output, job.data, quick=job.quick, report=job.report)

    return Part(name, title, make, (f"{name}.png", f"{name}.json"), differs, PRESETS)


def _latent_figure(name: str, title: str, differs: str) -> Part:
    def make(job: Job) -> object:
        return make_latent_figure(name, job.output, job.data, quick=job.quick, report=job.report)

    return Part(name, title, make, (f"{name}.png", f"{name}.md", f"{name}.json"), differs)


def _table2(job: Job) -> object:
    return make_table2(job.output, job.data, minutes=job.minutes, quick=job.quick, report=job.report)


def _rates(job: Job) -> object:
    length = QUICK if job.quick else Length(minutes=job.minutes)
    return make_rates(
        job.output, job.data, quick=job.quick, length=length, presets=[ADAPTED], report=job.report
    )


PARTS = (
    Part(
        "table2",
        "Table 2: PSNR and latent size ratio",
        _table2,
        ("table2.md", "table2.json"),
        "The volumes are simulated, so isovalues and thresholds lie at the paper's fractions of the "
        "range. The network and its baseline are trained for as many updates of small batches as the "
        "second table says, a small part of the paper's schedule, and reach less; the shipped default "
        "model, which is no network, stands beside them at the same size.",
        PRESETS,
        trains=True,
    ),
    Part(
        "table1",
        "Table 1: training data and times",
        lambda job: make_table1(job.output, job.data, quick=job.quick, report=job.report),
        ("table1.md", "table1.json"),
        "Volumes are smaller unless series of the paper's sizes are given. The default model is not "
        "trained but fitted to each field as it is compressed, which its time of encoding holds. Times "
        "here are of a processor and include the files and the check of the errors; the paper's are of a "
        "Tesla P100 without files.",
        PRESETS,
    ),
    _figure(
        "figure6",
        "Figure 6: isosurfaces of the vortex",
        "The paper's IDLat keeps the chosen isosurface nearly as well as the baseline at a fifteenth of "
        "its size. How far each surface moved is in figure6.json; columns of models that are not trained "
        "are left out.",
    ),
    _figure(
        "figure7",
        "Figure 7: volumes of the cosmology",
        "As in the paper, errors spread in what is unimportant as the threshold rises. The members are "
        "simulated without gas, and smaller.",
    ),
    _figure(
        "figure8",
        "Figure 8: the hurricane's pressure",
        "As in the paper, the box round the eye keeps its quality. The storm is drawn from balanced "
        "equations, not integrated in time, and smoother than Isabel.",
    ),
    _latent_figure(
        "figure9",
        "Figure 9: clusters under an isosurface map",
        "Clusters are of the energies of the shipped default model's latents, where the paper's are of "
        "its network's. Groups are seen by the gap between them. Blocks on the boundary are no group of "
        "their own, since the map has no edge there.",
    ),
    _latent_figure(
        "figure10",
        "Figure 10: gradients of two clusters",
        "The halves of the cluster with the isosurface are made of latents as they are, since energies "
        "tell no direction. Which axis sets them apart depends on how the vortices lie.",
    ),
    _latent_figure(
        "figure11",
        "Figure 11: the uniform map",
        "The same blocks under a uniform map; the isosurface map is drawn beside.",
    ),
    Part(
        "table3",
        "Table 3: representative isosurfaces",
        lambda job: make_table3(job.output, job.data, quick=job.quick, report=job.report),
        ("table3.md", "table3.json"),
        "Isovalues do not compare, since the volume is another. Distances are computed here by a fast "
        "exact transform, so that representations cost about the same by both methods; comparing latents "
        "takes far less than mutual information, as in the paper.",
    ),
    Part(
        "figure12",
        "Figure 12: similarity maps of isosurfaces",
        lambda job: make_figure12(job.output, job.data, quick=job.quick, report=job.report),
        ("figure12.png", "figure12.json"),
        "Both maps are of one volume; the paper's isovalues stand in brackets.",
    ),
    Part(
        "rates",
        "Rate against weighted PSNR",
        _rates,
        ("rates.png", "rates.json"),
        "The paper has no such figure. Other compressors know nothing of the map and code the whole field "
        "alike; the paper's own points are of its own data. The shipped network, adapted to each data set, "
        "stands beside the models of Table 2.",
        (*PRESETS, ADAPTED),
        trains=True,
    ),
)
"""In the order in which they are made: Table 2 trains what others draw."""
