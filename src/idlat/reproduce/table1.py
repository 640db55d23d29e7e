"""Table 1: which blocks training takes from which volumes, and how long training and each volume take."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from idlat.fields import fill_values_of, open_field
from idlat.outputs import write_whole
from idlat.progress import Progress, tell
from idlat.reproduce import model_times
from idlat.reproduce.cases import CASES, Case, prepare
from idlat.reproduce.folders import make_folders
from idlat.reproduce.model_times import ModelTimes, stated_times, times_of
from idlat.training.sampling import BLOCK, BlockSampler, entropy, read_block, volumes

PAPER_BLOCK = 24
"""Voxels an axis of the paper's blocks, 16 of them a block's own (Sect. 5.5.1)."""

_QUICK_SHARE = 50
_SEED = 0
_IN_MEMORY = 128 * 2**20
"""Bytes of a volume that is read once rather than block by block, which is quicker."""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Parameters
    ----------
    data, variable
        Names.
    shape
        Voxels of a volume along z, y and x.
    steps
        Steps or members that blocks are taken from.
    blocks
        Blocks taken.
    block
        Voxels an axis of a block.
    entropy, entropy_anywhere
        Mean histogram entropy in bits of the blocks taken, and of blocks anywhere; None where not stated.
    """

    data: str
    variable: str
    shape: tuple[int, int, int]
    steps: int
    blocks: int
    block: int
    entropy: float | None = None
    entropy_anywhere: float | None = None


def paper_row(case: Case) -> Row:
    """Return what the paper states."""
    return Row(case.paper_name, case.paper_variable, case.paper_shape, case.steps, case.blocks, PAPER_BLOCK)


def our_row(case: Case, paths: Sequence[Path], blocks: int, progress: Callable[[int, int], None]) -> Row:
    """Take blocks as training does (Sect. 5.5.2) and say what was taken."""
    fields = [open_field(path, case.variable) for path in paths]
    fields = [field.load() if field.nbytes <= _IN_MEMORY else field for field in fields]
    sampler = BlockSampler([v for field in fields for v in volumes(field, fill_values_of(field))], _SEED)
    taken = 0.0
    for index in range(blocks):
        taken += entropy(sampler.draw(0, index)[0])
        progress(index + 1, blocks)
    candidates = (sampler.low + sampler.high)[::4]  # in order of entropy, so that a part has the same mean
    anywhere = [entropy(read_block(sampler.sources[n], start)) for n, start in candidates]
    shape = sampler.sources[0].shape
    steps = len(sampler.sources)
    return Row(
        case.dataset, case.variable, shape, steps, blocks, BLOCK, taken / blocks, float(np.mean(anywhere))
    )


def make_table1(
    output: Path,
    data: Path | None = None,
    models: Path | None = None,
    *,
    quick: bool = False,
    report: Progress | None = None,
) -> tuple[list[tuple[Row, Row]], list[ModelTimes]]:
    """Take the training blocks of every case and time the models; write `table1.json` and `table1.md`.

    Parameters
    ----------
    output
        Folder for the table; it is created where its parent exists.
    data
        Folder with the simulated series, or where to make them; `output/data` unless given.
    models
        Folder of the trained models, ``<dataset>_<preset>.safetensors``; `output/models` unless given.
    quick
        Small volumes and a fiftieth of the blocks.
    report
        Told how far each stage is.

    Returns
    -------
    rows : list of (Row, Row)
        Ours and the paper's, by case.
    times : list of ModelTimes
        Of the models, and as the paper states them, by case.

    Raises
    ------
    IdlatError
        If a series cannot be made or used, or the folder not created.
    """
    folder = make_folders(output, data)
    rows, times = [], []
    for case in CASES:
        say = _stage(report, f"simulate {case.dataset}"), _stage(report, f"take blocks of {case.dataset}")
        paths = prepare(case, folder, quick=quick, progress=say[0])
        blocks = case.blocks // _QUICK_SHARE if quick else case.blocks
        rows.append((our_row(case, paths, blocks, say[1]), paper_row(case)))
        times += [*times_of(case, paths[-1], models or output / "models"), stated_times(case)]
        tell(report, f"time models on {case.dataset}", 1, 1)
    pairs = [{"ours": asdict(ours), "paper": asdict(paper)} for ours, paper in rows]
    said = {"blocks": pairs, "times": [asdict(each) for each in times]}
    write_whole(output / "table1.json", json.dumps(said, indent=2) + "\n")
    write_whole(output / "table1.md", f"{as_markdown(rows)}\n{model_times.as_markdown(times)}")
    return rows, times


def _stage(report: Progress | None, name: str) -> Callable[[int, int], None]:
    def say(done: int, total: int) -> None:
        tell(report, name, done, total)

    return say


def as_markdown(rows: Sequence[tuple[Row, Row]]) -> str:
    """Lay rows out as a table.

    Examples
    --------
    >>> row = Row("vortex", "vorticity", (8, 8, 8), 5, 20, 64, 3.25, 3.0)
    >>> print(as_markdown([(row, paper_row(CASES[0]))]), end="")
    | data   | variable            | size (z, y, x) | steps | blocks | block | entropy taken / anywhere |
    |--------|---------------------|----------------|-------|--------|-------|--------------------------|
    | vortex | vorticity           | 8×8×8          | 5     | 20     | 64³   | 3.25 / 3.00 bit          |
    | Vortex | vorticity magnitude | 128×128×128    | 5     | 1000   | 24³   | —                        |
    """
    table = [("data", "variable", "size (z, y, x)", "steps", "blocks", "block", "entropy taken / anywhere")]
    for row in (row for pair in rows for row in pair):
        bits = "—" if row.entropy is None else f"{row.entropy:.2f} / {row.entropy_anywhere:.2f} bit"
        shape = "×".join(map(str, row.shape))
        table.append((row.data, row.variable, shape, str(row.steps), str(row.blocks), f"{row.block}³", bits))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) + " |" for row in table]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"
