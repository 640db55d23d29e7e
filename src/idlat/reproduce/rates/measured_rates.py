"""Rate against weighted PSNR, a panel for each data set: idlat's models, the paper, and other compressors.

::

    a step that no training saw, under a map of Table 2
      ├─ default, learned once adapted: a curve over qualities; paper, baseline: a point each
      ├─ SPERR, SZ3, ZFP, TTHRESH: a curve over steps, with the extra bench
      └─ what the paper states
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import idlat
from idlat.archive import compress, evaluate
from idlat.errors import IdlatError
from idlat.fields import fill_values_of, open_field
from idlat.fields.arrays.missing_values import VALID, valid_mask
from idlat.importance import parse
from idlat.metrics import weighted_psnr
from idlat.model import load_model
from idlat.outputs import write_whole
from idlat.progress import Progress, tell
from idlat.reproduce.cases import CASES, Case, prepare_split
from idlat.reproduce.figures.rate_picture import draw_rates
from idlat.reproduce.folders import make_folders
from idlat.reproduce.models import Length
from idlat.reproduce.peers import Peer, PeerError, installed_peers, quiet_stdout
from idlat.reproduce.rates.rate_curves import Curve, Panel, RatePoint
from idlat.reproduce.rates.rate_models import TRAINED, RateModel, absent_models, rate_models, train_models
from idlat.reproduce.scenes import PaperScene, scenes_of

__all__ = ["Rates", "make_rates"]

QUALITIES = (10.0, 25.0, 40.0, 55.0, 70.0)
LEVELS = (20.0, 27.0, 34.0, 42.0, 50.0, 58.0)
"""Steps of the peers, of the range: 2·10^(−level/20)."""

_QUICK_QUALITIES, _QUICK_LEVELS = QUALITIES[1::2], LEVELS[::2]
_BITS = 32  # of a voxel as it is given


@dataclass(frozen=True)
class Rates:
    """The figure's panels, and what is missing of it, a line each."""

    panels: list[Panel]
    missing: list[str]


def make_rates(
    output: Path,
    data: Path | None = None,
    models: Path | None = None,
    *,
    quick: bool = False,
    length: Length | None = None,
    presets: Sequence[str] = TRAINED,
    report: Progress | None = None,
) -> Rates:
    """Draw ``rates.png``; its numbers go to ``rates.json``. Panels that stand there are kept.

    Parameters
    ----------
    output
        Folder for them; it is created where its parent exists.
    data
        Folder with the simulated series, or where to make them; `output/data` unless given.
    models
        Folder of trained models, ``<dataset>_<preset>.safetensors``, such as `reproduce table2` leaves;
        ``<dataset>_learned.safetensors`` is the network that was adapted to the data set. `output/models`
        unless given. What is there is used.
    quick
        Small volumes and few points.
    length
        How long to train what is not there; None to go without.
    presets
        Which of them to train.
    report
        Told how far each stage is.

    Raises
    ------
    IdlatError
        A series cannot be made or used, a checkpoint is another run's, or a folder not created.
    """
    folder = make_folders(output, data)
    found = models or output / "models"
    if length is not None:
        make_folders(found, folder)
    peers, absent = installed_peers()
    missing = []
    if absent:
        missing.append(f"no {', '.join(absent)}: pip install 'idlat[bench]' for curves of other compressors")
    panels = []
    for case in CASES:
        say = partial(tell, report, f"simulate {case.dataset}")
        seen, unseen = prepare_split(case, folder, quick=quick, progress=say)
        if length is not None:
            train_models(case, seen, found, length, presets, report)
        scene = scenes_of(case, unseen)[0]
        kept = output / f"rates_{case.dataset}.json"
        on_what = _parameters(scene, found, case, [peer.name for peer in peers], quick=quick)
        panel = _kept(kept, on_what)
        if panel is None:
            panel = _measured(case, scene, found, peers, quick=quick, report=report)
            write_whole(kept, json.dumps({"parameters": on_what, "panel": asdict(panel)}, indent=2) + "\n")
        panels.append(panel)
        missing += [
            f"no {name} in {found}: idlat reproduce rates --train makes it"
            for name in absent_models(case, found)
        ]
    draw_rates(output / "rates.png", panels)
    said = {"version": idlat.__version__, "panels": [asdict(panel) for panel in panels], "missing": missing}
    write_whole(output / "rates.json", json.dumps(said, indent=2) + "\n")
    return Rates(panels, missing)


def _parameters(
    scene: PaperScene, models: Path, case: Case, peers: list[str], *, quick: bool
) -> dict[str, object]:
    """Return all that a panel depends on."""
    trained = (model.path for model in rate_models(case, models))
    return {
        "file": scene.path.name,
        "shape": list(open_field(scene.path, case.variable).shape),
        "importance": scene.importance,
        "qualities": list(_QUICK_QUALITIES if quick else QUALITIES),
        "levels": list(_QUICK_LEVELS if quick else LEVELS),
        "models": {path.name: load_model(path).sha256 for path in trained if path is not None},
        "peers": peers,
        "version": idlat.__version__,
    }


def _kept(path: Path, parameters: dict[str, object]) -> Panel | None:
    """Return the panel that stands of the same parameters."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["parameters"] != parameters:
            return None
        given = content["panel"]
        curves = (
            Curve(each["name"], tuple(RatePoint(**point) for point in each["points"]), each["note"])
            for each in given.pop("curves")
        )
        return Panel(**given, curves=tuple(curves))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # none, or damaged: measured again
        return None


def _measured(
    case: Case,
    scene: PaperScene,
    models: Path,
    peers: list[Peer],
    *,
    quick: bool,
    report: Progress | None,
) -> Panel:
    field = open_field(scene.path, case.variable).load()
    field = field.squeeze(drop=True) if "time" in field.dims else field
    curves = list(_idlat_curves(case, scene, field, models, quick=quick, report=report))
    values, importance = _filled(field, scene)
    levels = _QUICK_LEVELS if quick else LEVELS
    for done, peer in enumerate(peers, start=1):
        curves.append(_peer_curve(peer, values, importance, levels))
        tell(report, f"measure peers on {case.dataset}", done, len(peers))
    stated = scene.stated
    for name, psnr, lsr in (
        ("paper's IDLat, as stated", stated.psnr, stated.lsr),
        ("paper's baseline, as stated", stated.psnr_baseline, stated.lsr_baseline),
    ):
        curves.append(Curve(name, (RatePoint(_BITS / lsr, psnr),), "on the paper's own data"))
    return Panel(case.dataset, scene.path.name, scene.importance, scene.label, tuple(curves))


def _idlat_curves(
    case: Case,
    scene: PaperScene,
    field: xr.DataArray,
    models: Path,
    *,
    quick: bool,
    report: Progress | None,
) -> Iterator[Curve]:
    """Measure the shipped default model, and the trained ones that stand."""
    qualities = _QUICK_QUALITIES if quick else QUALITIES
    wanted = rate_models(case, models)
    for done, each in enumerate(wanted, start=1):
        asked: Sequence[float | None] = qualities if each.adjustable else (None,)
        points = tuple(_point(field, scene, each, quality) for quality in asked)
        yield Curve(each.name, points, each.note)
        tell(report, f"compress {case.dataset}", done, len(wanted))


def _point(field: xr.DataArray, scene: PaperScene, model: RateModel, quality: float | None) -> RatePoint:
    used = load_model(model.path)
    with (
        TemporaryDirectory() as folder,
        compress(field, Path(folder) / "a.idlat", scene.importance, used, quality=quality) as archive,
    ):
        result = evaluate(archive, field)
    if result.wpsnr is None or result.bytes_streams is None:
        raise IdlatError(f"{scene.path.name} under {scene.importance} has no weighted PSNR: nothing to draw")
    return RatePoint(8 * result.bytes_streams / field.size, result.wpsnr)


def _filled(field: xr.DataArray, scene: PaperScene) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return values with the mean where they are missing, and the importance, 0 there."""
    valid = valid_mask(field.values, fill_values_of(field)) == VALID
    mean = np.float32(field.values[valid].mean())
    weights = np.where(valid, parse(scene.importance).evaluate(field).values, 0.0)
    return np.where(valid, field.values, mean).astype(np.float32), weights


def _peer_curve(
    peer: Peer, values: NDArray[np.float32], importance: NDArray[np.float64], levels: tuple[float, ...]
) -> Curve:
    """Measure a compressor, which knows nothing of the map, at a ladder of steps."""
    points, failures = [], []
    for level in levels:
        try:
            with quiet_stdout():
                data, decoded = peer.run(values, 2 * 10 ** (-level / 20))
        except PeerError as error:
            failures.append(str(error))
            continue
        points.append(RatePoint(8 * len(data) / values.size, weighted_psnr(values, decoded, importance)))
    note = failures[0] if failures and not points else "given the whole field"
    return Curve(peer.name, tuple(points), note)
