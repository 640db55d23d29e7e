"""From simulated volumes and trained models to a figure and its numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from idlat.metrics import SurfaceDistance, distance_between, extract_surface
from idlat.outputs import write_whole
from idlat.progress import Progress
from idlat.render import require_offscreen
from idlat.reproduce.cases import prepare_split
from idlat.reproduce.figures.coded import Coded, code, find_models
from idlat.reproduce.figures.pictures import SurfacePicture
from idlat.reproduce.figures.sheet import Panel, write_sheet
from idlat.reproduce.figures.subjects import FIGURE_CASES, Subject, subjects_of
from idlat.reproduce.folders import make_folders

__all__ = ["FIGURES", "Outcome", "make_figure"]

FIGURES = tuple(FIGURE_CASES)


@dataclass(frozen=True)
class Outcome:
    """What a picture shows, in numbers.

    Parameters
    ----------
    dataset, subject, importance
        Of which row.
    preset
        Of the model.
    psnr, lsr
        With the map (Eq. 13, 14), in dB; and Eq. 12.
    surface
        How far the isosurface moved, in voxels; None for a volume rendering, or a surface that was lost.
    """

    dataset: str
    subject: str
    importance: str
    preset: str
    psnr: float | None
    lsr: float | None
    surface: SurfaceDistance | None


def make_figure(
    name: str,
    output: Path,
    data: Path | None = None,
    models: Path | None = None,
    *,
    quick: bool = False,
    report: Progress | None = None,
) -> tuple[list[Outcome], list[str]]:
    """Draw a figure of the paper with simulated data: `NAME.png`, and its numbers in `NAME.json`.

    Parameters
    ----------
    name
        One of `FIGURES`.
    output
        Folder for them; it is created where its parent exists.
    data
        Folder with the simulated series, or where to make them; `output/data` unless given.
    models
        Folder of the models, ``<dataset>_<preset>.safetensors``; `output/models` unless given. The shipped
        model stands for a default one that is not there; other columns are left out.
    quick
        Small volumes.
    report
        Told how far each stage is.

    Returns
    -------
    outcomes, absent
        The numbers, and the files of models that are not there.

    Raises
    ------
    RenderError
        VTK cannot draw here.
    IdlatError
        The series or a model cannot be used, or the folder not created.
    """
    require_offscreen()
    case, folder = FIGURE_CASES[name], make_folders(output, data)
    say = report or (lambda *_: None)
    _, unseen = prepare_split(
        case, folder, quick=quick, progress=lambda done, total: say(f"simulate {case.dataset}", done, total)
    )
    found, absent = find_models(output / "models" if models is None else models, case)
    subjects = subjects_of(case, unseen)
    rows, outcomes = [], []
    for done, subject in enumerate(subjects, start=1):
        coded = code(subject.field, subject.scene, found)
        outcomes += [_outcome(subject, one) for one in coded]
        rows.append((subject.scene.label, _panels(subject, coded)))
        say(f"draw {name}", done, len(subjects))
    write_sheet(output / f"{name}.png", rows, subjects[0].picture.scale)
    write_whole(output / f"{name}.json", json.dumps([asdict(o) for o in outcomes], indent=2) + "\n")
    return outcomes, absent


def _panels(subject: Subject, coded: list[Coded]) -> list[Panel]:
    """Draw the original, and each reconstruction with its difference beside it."""
    original, picture = subject.field.values, subject.picture
    panels = [Panel(picture.draw(original), "original")]
    for one in coded:
        panels.append(Panel(picture.draw(one.values), _title(one)))
        panels.append(Panel(picture.difference(original, one.values), f"difference, {one.preset}"))
    return panels


def _title(one: Coded) -> str:
    psnr = "no error" if one.score.psnr is None else f"{one.score.psnr:.1f} dB"
    return f"{one.preset}: LSR {one.score.lsr:.4g}, {psnr}"


def _outcome(subject: Subject, one: Coded) -> Outcome:
    surface = None
    if isinstance(subject.picture, SurfacePicture):
        values = (subject.field.values, one.values)
        before, after = (extract_surface([v], subject.picture.isovalue) for v in values)
        surface = None if before is None or after is None else distance_between(before, after)
    scene, score = subject.scene, one.score
    return Outcome(
        subject.case.dataset, scene.label, scene.importance, one.preset, score.psnr, score.lsr, surface
    )
