"""From fields to a model file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from idlat.errors import IdlatError, ModelError, OutputError, OutputExistsError
from idlat.fields import fill_values_of
from idlat.model import Model, load_model, preset
from idlat.model.network import Network
from idlat.training.allocator import keep_freed_memory
from idlat.training.curve import draw_curve
from idlat.training.sampling import BlockSampler, Volume, volumes
from idlat.training.trainer import Progress, Schedule, Trainer, new_network

DEFAULT_MINUTES = 20.0


@dataclass(frozen=True)
class Trained:
    """What a run left: the model file, its curve, and the last progress."""

    path: Path
    curve: Path
    sha256: str
    steps: int
    seconds: float
    progress: Progress | None


def train(
    fields: Sequence[xr.DataArray],
    output: str | Path,
    *,
    preset_name: str = "default",
    minutes: float | None = None,
    steps: int | None = None,
    start_from: str | Path | None = None,
    seed: int = 0,
    devices: int = 1,
    resume: bool = False,
    overwrite: bool = False,
    missing: Sequence[float] = (),
    report: Callable[[Progress], None] | None = None,
) -> Trained:
    """Train a model and write it, with `<output>.png`, a curve, beside it.

    A killed run leaves `<output>.ckpt`, from which ``resume=True`` goes on.

    Parameters
    ----------
    fields : sequence of DataArray
        (z, y, x) or (time, z, y, x) each; read lazily, block by block.
    output : path
        The model file.
    minutes, steps : float, int, optional
        Length; 20 minutes unless one is given.
    start_from : path or "default", optional
        Begin with this model's weights.
    missing : sequence of float
        Values that stand for missing data, beside each field's own.

    Raises
    ------
    IdlatError
        If an option or a field is unusable, or the output exists (without `overwrite` or `resume`).
    """
    path = Path(output)
    checkpoint, curve = (path.with_name(path.name + suffix) for suffix in (".ckpt", ".png"))
    _check_output(path, checkpoint, resume=resume, overwrite=overwrite)
    if minutes is None and steps is None:
        minutes = DEFAULT_MINUTES
    # a model to start from is already good: smaller steps keep what it knows
    rate = 1e-3 if start_from is None else 3e-4
    schedule = Schedule(steps=steps, minutes=minutes, seed=seed, rate=rate)
    network = _network(preset_name, start_from, seed)
    trainer = Trainer(network, BlockSampler(_volumes(fields, missing), seed), schedule, checkpoint, devices)
    if resume:
        trainer.resume()
    keep_freed_memory()
    trainer.run(report)
    model = Model.from_network(trainer.raw.cpu())
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(model.to_bytes())
    os.replace(temporary, path)
    draw_curve(trainer.history, curve)
    checkpoint.unlink(missing_ok=True)
    last = trainer.history[-1] if trainer.history else None
    return Trained(path, curve, model.sha256, trainer.step, trainer.seconds, last)


def _check_output(path: Path, checkpoint: Path, *, resume: bool, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise OutputError(f"{path.parent}: no such folder; create it first")
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; give the name of a model file")
    if path.exists() and not overwrite and not resume:
        raise OutputExistsError(f"{path} exists; give --overwrite to replace it")
    if checkpoint.exists() and not resume and not overwrite:
        raise OutputExistsError(
            f"{checkpoint} is left of an interrupted run; --resume goes on, --overwrite starts anew"
        )


def _volumes(fields: Sequence[xr.DataArray], missing: Sequence[float]) -> list[Volume]:
    if not fields:
        raise IdlatError("no field to train on")
    return [volume for field in fields for volume in volumes(field, (*fill_values_of(field), *missing))]


def _network(preset_name: str, start_from: str | Path | None, seed: int) -> Network:
    config = preset(preset_name)
    if start_from is None:
        return new_network(config, seed)
    network = load_model(start_from).network
    if network.config.preset != config.preset:
        raise ModelError(f"{start_from}: a model of preset {network.config.preset}, not {config.preset}")
    network.prior.set_quantised(False)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    return network.train()
