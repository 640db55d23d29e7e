"""From fields to a model file."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import xarray as xr
from lightning_fabric.utilities.rank_zero import rank_zero_only

from idlat.allocator import keep_freed_memory
from idlat.errors import IdlatError, ModelError, OutputError, OutputExistsError
from idlat.fields import fill_values_of
from idlat.model import Preset, find_preset, load_model, preset_names
from idlat.model.learned.frozen_model import FrozenModel
from idlat.outputs import lock_output, staged_file
from idlat.parallel import Scheduler, executor_of
from idlat.progress import Progress
from idlat.training.curve import draw_curve
from idlat.training.sampling import BlockSampler, volumes
from idlat.training.schedule import Schedule, TrainingProgress
from idlat.training.trainer import Trainer
from idlat.training.training_recipe import TrainingRecipe, recipe_of

DEFAULT_MINUTES = 20.0
_IN_MEMORY = 512 * 2**20  # bytes of fields that are read once rather than block by block, which is quicker


@dataclass(frozen=True)
class Trained:
    """What a run left: the model file, its curve, and the last progress.

    `first` is false in the further processes of a run on several devices, which write nothing.
    """

    path: Path
    curve: Path
    sha256: str
    steps: int
    seconds: float
    progress: TrainingProgress | None
    first: bool = True


def train(
    fields: Sequence[xr.DataArray],
    output: str | Path,
    *,
    preset_name: str = "learned",
    minutes: float | None = None,
    steps: int | None = None,
    start_from: str | Path | None = None,
    seed: int = 0,
    devices: int = 1,
    resume: bool = False,
    overwrite: bool = False,
    missing: Sequence[float] = (),
    importance_range: float | None = None,
    distortion_weight: float | None = None,
    batch: int | None = None,
    limit: float | None = None,
    report: Callable[[TrainingProgress], None] | None = None,
    scheduler: Scheduler | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a model and write it, with `<output>.png`, a curve, beside it.

    A run that is stopped leaves `<output>.ckpt`, from which ``resume=True`` goes on.

    Parameters
    ----------
    fields : sequence of DataArray
        (z, y, x) or (time, z, y, x) each; read lazily, block by block.
    output : path
        The model file.
    minutes, steps : float, int, optional
        Length; 20 minutes unless one is given.
    start_from : path or "learned", optional
        Begin with this model's weights; "default" is the shipped one of preset learned, too.
    missing : sequence of float
        Values that stand for missing data, beside each field's own.
    importance_range, distortion_weight : float, optional
        a and β of the presets `paper` and `baseline` (Eq. 9, 10); theirs unless given.
    devices : int, optional
        Devices that share the blocks of an update, each by a process of its own that runs the same command
        again; without graphics cards, processes.
    batch : int, optional
        Blocks an update, of all devices together; the preset's unless given.
    limit : float, optional
        Minutes after which to stop short of the length: the model is written as it is then, and the
        checkpoint stays, so that ``resume=True`` goes on.
    scheduler : str or Client, optional
        A Dask cluster on which blocks are chosen, as :func:`idlat.compress` takes it: its workers read the
        fields and measure the entropy of blocks. The updates are made here.
    progress : callable, optional
        Called as ``progress("sample", done, total)`` while blocks are chosen.

    Raises
    ------
    IdlatError
        If an option or a field is unusable, the output exists (without `overwrite` or `resume`), another job
        writes it, or the disk is full.
    """
    path = Path(os.path.expanduser(output))
    if path.name in ("", ".."):
        raise OutputError(f"{path} is a folder: name the model inside it, such as model.safetensors")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path.parent}: no such folder; create it first")
    checkpoint, curve = (path.with_name(path.name + suffix) for suffix in (".ckpt", ".png"))
    # A run on several devices starts the same command again for each but the first.
    first = devices == 1 or getattr(rank_zero_only, "rank", 0) == 0
    with lock_output(path) if first else nullcontext():
        if first:
            _check_output(path, checkpoint, resume=resume, overwrite=overwrite)
        if minutes is None and steps is None:
            minutes = DEFAULT_MINUTES
        # a model to start from is already good: smaller steps keep what it knows
        rate = 1e-3 if start_from is None else 3e-4
        preset = find_preset(preset_name)
        kind = recipe_of(preset)
        config = _adjusted(preset, kind.config, importance_range, distortion_weight)
        schedule = Schedule(
            steps=steps,
            minutes=minutes,
            seed=seed,
            rate=rate,
            batch=kind.batch_size if batch is None else batch,
            families=tuple(kind.families),
        )
        recipe = kind.begin(config, seed) if start_from is None else _continued(kind, start_from)
        sampler = _sampler(fields, missing, seed, kind.side, scheduler, progress)
        trainer = Trainer(recipe, sampler, schedule, checkpoint, devices)
        if resume:
            trainer.resume()
        keep_freed_memory()
        _run(trainer, report, math.inf if limit is None else 60 * limit)
        model = kind.model_class.from_network(trainer.raw.cpu())
        if first:
            with staged_file(path, locked=True) as temporary:
                temporary.write_bytes(model.to_bytes())
            draw_curve(trainer.history, curve)
            if trainer.fraction >= 1:
                checkpoint.unlink(missing_ok=True)
    last = trainer.history[-1] if trainer.history else None
    return Trained(path, curve, model.sha256, trainer.step, trainer.seconds, last, first)


def _run(trainer: Trainer, report: Callable[[TrainingProgress], None] | None, limit: float) -> None:
    """Train; an error before the first step leaves no checkpoint, which would be of nothing."""
    try:
        trainer.run(report, limit=limit)
    except Exception:
        if trainer.step == 0:
            trainer.checkpoint.unlink(missing_ok=True)
        raise


def _check_output(path: Path, checkpoint: Path, *, resume: bool, overwrite: bool) -> None:
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; give the name of a model file")
    if path.exists() and not overwrite and not resume:
        raise OutputExistsError(f"{path} exists; give --overwrite to replace it")
    if checkpoint.exists() and not resume and not overwrite:
        raise OutputExistsError(
            f"{checkpoint} is left of an interrupted run; --resume goes on, --overwrite starts anew"
        )


def _sampler(
    fields: Sequence[xr.DataArray],
    missing: Sequence[float],
    seed: int,
    side: int,
    scheduler: Scheduler | None,
    progress: Progress | None,
) -> BlockSampler:
    """Choose blocks of the fields; small fields are held in memory from then on.

    A cluster's workers read the fields' files themselves, so that nothing is sent there from here.
    """
    if not fields:
        raise IdlatError("no field to train on")
    small = sum(field.nbytes for field in fields) <= _IN_MEMORY
    if small and scheduler is None:
        _hold(fields)
    with executor_of(None, scheduler) as workers:
        sources = [
            volume
            for field in fields
            for volume in volumes(field, (*fill_values_of(field), *missing), workers)
        ]
        sampler = BlockSampler(sources, seed, side, workers, progress)
    if small:
        _hold(fields)
    return sampler


def _hold(fields: Sequence[xr.DataArray]) -> None:
    """Read fields into memory, each in its place."""
    for field in fields:
        field.load(scheduler="synchronous")


def _adjusted(
    preset: Preset, config: Any, importance_range: float | None, distortion_weight: float | None
) -> Any:
    """Return the configuration with what was asked for, where the preset takes it."""
    asked = {"importance_range": importance_range, "distortion_weight": distortion_weight}
    asked = {name: value for name, value in asked.items() if value is not None}
    if asked.keys() <= set(preset.adjustable):
        return replace(config, **asked)
    takers = [name for name in preset_names() if find_preset(name).adjustable]
    raise IdlatError(
        f"preset {preset.name} takes neither --importance-range nor --distortion-weight: its gain does what "
        f"they do; they are for {' and '.join(takers)}"
    )


def _continued(kind: type[TrainingRecipe[Any]], start_from: str | Path) -> TrainingRecipe[Any]:
    """Return the recipe of a model's network, made to learn again."""
    preset = kind.config.preset
    model = load_model(preset if str(start_from) == "default" else start_from)
    if not isinstance(model, FrozenModel):
        raise ModelError(f"{start_from}: a model of preset {model.preset} has no network to start from")
    network = model.network
    if network.config.preset != preset:
        raise ModelError(f"{start_from}: a model of preset {network.config.preset}, not {preset}")
    recipe = kind(network)
    recipe.set_quantised(False)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    network.train()
    return recipe
