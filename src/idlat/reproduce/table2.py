"""Table 2: PSNR and latent size ratio of `paper`, `baseline` and `default`, beside the paper's figures.

For each case the three models are trained on the same steps with the same number of updates; each row
compresses a step that none has seen under one map.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from idlat.fields import open_field
from idlat.model import load_model
from idlat.outputs import write_whole
from idlat.progress import Progress, tell
from idlat.reproduce.cases import CASES, Case, prepare_split
from idlat.reproduce.folders import make_folders
from idlat.reproduce.models import PRESETS, QUICK, UPDATES, Length, TrainedModel, trained_model
from idlat.reproduce.scenes import PaperScene, Stated, scenes_of
from idlat.reproduce.scoring import Score, score, score_default, score_equal_size

EQUAL = "default, paper's LSR"
"""`default` once more, at the size that `paper` came to."""

_QUICK_QUALITY = 50.0


@dataclass(frozen=True)
class Table2Row:
    """A row: what was compressed under which map, each preset's score, and what the paper states.

    `default` is scored twice: where it beats `paper` on both axes, and under :data:`EQUAL` at its size.
    """

    data: str
    file: str
    label: str
    importance: str
    scores: dict[str, Score]
    stated: Stated


@dataclass(frozen=True)
class Training:
    """How a model of the table was trained; `minutes` and `updates` are None where no note of it stood."""

    data: str
    preset: str
    updates: int | None
    minutes: float | None
    sha256: str


def make_table2(
    output: Path,
    data: Path | None = None,
    *,
    updates: int = UPDATES,
    minutes: float | None = None,
    quick: bool = False,
    presets: Sequence[str] = PRESETS,
    cases: Sequence[Case] = CASES,
    report: Progress | None = None,
) -> tuple[list[Table2Row], list[Training]]:
    """Train what is not there, compress every row's volume, write `table2.json` and `table2.md`.

    Parameters
    ----------
    output
        Folder for the table, the models and the archives; created where its parent exists.
    data
        Folder with the simulated series, or where to make them; `output/data` unless given.
    updates
        Steps of Adam for each model.
    minutes
        Limit of this call's training, a model; what it leaves is used as it is, and gone on with next time.
    quick
        Small volumes, two updates, one row a case: to see the way, not the figures.
    presets
        Which models; `default` is compared with `paper`.
    cases
        Which data.
    report
        Told how far each stage is.

    Raises
    ------
    IdlatError
        If a series cannot be made or used, a checkpoint is another run's, or the folder not created.
    """
    folder = make_folders(output, data)
    for each in (output / "models", output / "archives"):
        each.mkdir(exist_ok=True)
    length = QUICK if quick else Length(updates, minutes)
    rows: list[Table2Row] = []
    trainings: list[Training] = []
    for case in cases:
        say = _stage(report, f"simulate {case.dataset}")
        seen, unseen = prepare_split(case, folder, quick=quick, progress=say)
        models = {name: _trained(case, name, seen, output / "models", length, report) for name in presets}
        trainings += [_training(case, name, found) for name, found in models.items()]
        scenes = scenes_of(case, unseen)[: 1 if quick else None]
        for done, scene in enumerate(scenes, start=1):
            rows.append(_row(case, scene, models, output / "archives", quick=quick))
            tell(report, f"compress {case.dataset}", done, len(scenes))
        _write(output, rows, trainings)
    return rows, trainings


def _trained(
    case: Case, name: str, seen: Sequence[Path], folder: Path, length: Length, report: Progress | None
) -> TrainedModel:
    say = _stage(report, f"train {case.dataset} {name}")
    return trained_model(
        case, name, seen, folder, length, lambda entry: say(round(100 * entry.fraction), 100)
    )


def _training(case: Case, name: str, found: TrainedModel) -> Training:
    return Training(case.dataset, name, found.updates, found.minutes, load_model(found.path).sha256)


def _row(
    case: Case, scene: PaperScene, models: dict[str, TrainedModel], archives: Path, *, quick: bool
) -> Table2Row:
    field = open_field(scene.path, case.variable).load()
    scores: dict[str, Score] = {}
    for name, found in models.items():
        model, path = load_model(found.path), archives / f"{case.dataset}_{name}.idlat"
        if name == "default" and "paper" in scores:
            quality = _QUICK_QUALITY if quick else None
            scores[name] = score_default(field, scene, model, path, scores["paper"], quality=quality)
            equal = None if quick else score_equal_size(field, scene, model, path, scores["paper"])
            if equal is not None:
                scores[EQUAL] = equal
        else:
            scores[name] = score(field, scene, model, path)
    return Table2Row(case.paper_name, scene.path.name, scene.label, scene.importance, scores, scene.stated)


def _write(output: Path, rows: Sequence[Table2Row], trainings: Sequence[Training]) -> None:
    written = {"rows": [asdict(row) for row in rows], "training": [asdict(each) for each in trainings]}
    write_whole(output / "table2.json", json.dumps(written, indent=2) + "\n")
    write_whole(output / "table2.md", as_markdown(rows, trainings))


def as_markdown(rows: Sequence[Table2Row], trainings: Sequence[Training]) -> str:
    """Lay rows and training out as two tables."""
    lines = [*_aligned([_HEAD, *_score_lines(rows)]), ""]
    trained = [("data", "model", "updates", "minutes")]
    for each in trainings:
        updates = "not noted" if each.updates is None else f"{each.updates}"
        minutes = "not noted" if each.minutes is None else f"{each.minutes:.1f}"
        trained.append((each.data, each.preset, updates, minutes))
    return "\n".join([*lines, *_aligned(trained)]) + "\n"


_HEAD = (
    "data",
    "map",
    "model",
    "PSNR, dB (Eq. 13)",
    "as released, dB",
    "LSR",
    "LSR with everything",
    "RMSE where I < 0.5, %",
)


def _score_lines(rows: Sequence[Table2Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        for name, found in row.scores.items():
            outside = None if found.outside is None else 100 * found.outside
            yield (
                row.data,
                row.label,
                name,
                _number(found.psnr, ".2f"),
                _number(found.psnr_released, ".2f"),
                _number(found.lsr, ".4f" if name == "baseline" else ".1f"),
                _number(found.lsr_everything, ".2f"),
                _number(outside, ".2f"),
            )
        stated = row.stated
        yield (row.data, "", "*paper's IDLat*", f"{stated.psnr:.2f}", "", f"{stated.lsr:.1f}", "", "")
        base = f"{stated.psnr_baseline:.2f}", f"{stated.lsr_baseline:.4f}"
        yield (row.data, "", "*paper's baseline*", base[0], "", base[1], "", "")


def _number(value: float | None, form: str) -> str:
    return "—" if value is None else format(value, form)


def _aligned(table: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) + " |" for row in table]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def _stage(report: Progress | None, name: str) -> Callable[[int, int], None]:
    def say(done: int, total: int) -> None:
        tell(report, name, done, total)

    return say
