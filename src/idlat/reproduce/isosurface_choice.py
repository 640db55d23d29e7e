"""Table 3 and Figure 12: representative isosurfaces, from latents and by Bruckner and Möller's method."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import idlat
from idlat.analysis import SimilarityMap, latent_map, peer_map, spread_isovalues
from idlat.analysis.surfaces import check_encoder
from idlat.model import load_model
from idlat.outputs import write_whole
from idlat.parallel import run_tasks, worker_count
from idlat.progress import Progress
from idlat.reproduce.cases import CASES
from idlat.reproduce.folders import make_folders
from idlat.reproduce.kept import kept_arrays
from idlat.reproduce.vortex_volume import read_volume, vortex_step

METHODS = {"distance-field": "Bruckner and Möller", "latent": "IDLat"}
STATED = {
    "distance-field": ((4.1, 5.5, 8.5, 9.7), 523.0288, 824.9641),
    "latent": ((3.7, 5.7, 7.0, 9.1), 183.8828, 0.4095),
}
"""Of the paper's Table 3: isovalues, seconds of representations and of similarities."""

CHOSEN = 4
_ISOVALUES, _QUICK_ISOVALUES = 80, 24


@dataclass(frozen=True)
class ChoiceParameters:
    """All that a choice depends on.

    Attributes
    ----------
    file, variable : str
        Of the volume.
    shape : tuple of int
        z, y, x.
    isovalues : int
        Compared with each other, over the 1st to 99th percentile.
    chosen : int
    version : str
        Of idlat; the shipped default model encodes.
    """

    file: str
    variable: str
    shape: tuple[int, ...]
    isovalues: int
    chosen: int = CHOSEN
    version: str = idlat.__version__


@dataclass(frozen=True)
class IsosurfaceChoice:
    """What a method chooses.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    found : SimilarityMap
    chosen : list of float
        Representative isovalues, ascending.
    """

    method: str
    found: SimilarityMap
    chosen: list[float]


def choose_isosurfaces(
    output: Path, data: Path | None = None, *, quick: bool = False, report: Progress | None = None
) -> tuple[NDArray[np.float32], ChoiceParameters, list[IsosurfaceChoice]]:
    """Choose isosurfaces of a vortex by both methods; maps of the same volume in `output` are kept.

    Parameters
    ----------
    output
        Folder for ``similarity_<method>.npz``; it is created where its parent exists.
    data
        Folder with ``vortex``: imported stores ``vorticity_NN.zarr``, of which the first is taken, or the
        simulated series, which is made where there is none. `output/data` unless given.
    quick
        A small volume and few isovalues.
    report
        Told how far each stage is.

    Returns
    -------
    values, parameters, choices
    """
    folder = make_folders(output, data)
    path = vortex_step(folder, quick=quick, report=report or (lambda *_: None))
    values = read_volume(path)
    count = _QUICK_ISOVALUES if quick else _ISOVALUES
    parameters = ChoiceParameters(path.name, CASES[0].variable, values.shape, count)
    levels = spread_isovalues(values, count)
    makers: dict[str, Callable[[], SimilarityMap]] = {
        "distance-field": lambda: peer_map("distance-field", values, levels, report),
        "latent": lambda: _latent(values, levels, report),
    }
    choices = []
    for method in METHODS:
        path = output / f"similarity_{method}.npz"
        kept = kept_arrays(path, parameters, partial(_arrays, makers[method]))
        found = SimilarityMap(kept["isovalues"], kept["similarity"], method, *kept["seconds"].tolist())
        choices.append(IsosurfaceChoice(method, found, sorted(found.representative(CHOSEN))))
    return values, parameters, choices


def make_table3(
    output: Path, data: Path | None = None, *, quick: bool = False, report: Progress | None = None
) -> str:
    """Write Table 3 beside the paper's: ``table3.md``, ``table3.json``; return the former.

    Parameters
    ----------
    output, data, quick, report
        As for :func:`choose_isosurfaces`.
    """
    _, parameters, choices = choose_isosurfaces(output, data, quick=quick, report=report)
    rows = [
        {
            "method": METHODS[choice.method],
            "isovalues": choice.chosen,
            "seconds_representation": choice.found.seconds_representation,
            "seconds_similarity": choice.found.seconds_similarity,
            "paper": dict(
                zip(
                    ("isovalues", "seconds_representation", "seconds_similarity"),
                    STATED[choice.method],
                    strict=True,
                )
            ),
        }
        for choice in choices
    ]
    write_whole(
        output / "table3.json", json.dumps({"parameters": asdict(parameters), "rows": rows}, indent=2) + "\n"
    )
    text = _markdown(choices)
    write_whole(output / "table3.md", text)
    return text


def _markdown(choices: list[IsosurfaceChoice]) -> str:
    lines = [
        "| method | isovalues | representations | similarities "
        "| paper: isovalues | representations | similarities |",
        "|---|---|---|---|---|---|---|",
    ]
    for choice in choices:
        isovalues, representation, similarity = STATED[choice.method]
        ours = ", ".join(f"{value:.3g}" for value in choice.chosen)
        theirs = ", ".join(f"{value:g}" for value in isovalues)
        seconds = (choice.found.seconds_representation, choice.found.seconds_similarity)
        lines.append(
            f"| {METHODS[choice.method]} | {ours} | {seconds[0]:.3g} s | {seconds[1]:.3g} s | {theirs} | "
            f"{representation:.4g} s | {similarity:.3g} s |"
        )
    return "\n".join(lines) + "\n"


def _latent(
    values: NDArray[np.float32], levels: NDArray[np.float64], report: Progress | None
) -> SimilarityMap:
    threads = partial(run_tasks, workers=worker_count(None))
    encoder = check_encoder(load_model(None), "the shipped model")
    return latent_map(values, levels, encoder, progress=report, mapping=threads)


def _arrays(make: Callable[[], SimilarityMap]) -> dict[str, NDArray[Any]]:
    """Make a map, as the arrays that are kept of it."""
    found = make()
    seconds = np.array([found.seconds_representation, found.seconds_similarity])
    return {"isovalues": found.isovalues, "similarity": found.similarity, "seconds": seconds}
