"""The training loop (paper, Eq. 9–11): seeded, checkpointed, exactly resumable."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor

from idlat.devices import torch_device
from idlat.errors import IdlatError, ModelError
from idlat.model.learned.rate_distortion_loss import Loss
from idlat.model.uniform_noise import UniformNoise
from idlat.outputs import postponed
from idlat.training.checkpoint import load_checkpoint, write_checkpoint
from idlat.training.sampling import BlockSampler
from idlat.training.schedule import Schedule, TrainingProgress
from idlat.training.training_recipe import Batch, TrainingRecipe

Shared = TypeVar("Shared", bool, float)


class Trainer:
    """Trains a recipe's network on blocks of a sampler.

    Parameters
    ----------
    recipe : TrainingRecipe
    sampler : BlockSampler
    schedule : Schedule
    checkpoint : Path
        Written after the first minute, every few minutes, at the end and when a signal asks the run to end;
        whole or not at all.
    devices : int
        Devices that share the blocks of an update: on processors, processes. The update is the same as that
        of one device, up to the rounding of sums.

    Raises
    ------
    IdlatError
        The blocks of an update cannot be shared equally.
    """

    def __init__(
        self,
        recipe: TrainingRecipe[Any],
        sampler: BlockSampler,
        schedule: Schedule,
        checkpoint: Path,
        devices: int = 1,
    ) -> None:
        if devices < 1 or schedule.batch % devices:
            raise IdlatError(
                f"{schedule.batch} blocks an update cannot be shared by {devices} devices: give --batch a "
                "multiple of --devices"
            )
        strategy = "ddp" if devices > 1 else "auto"
        self.fabric = Fabric(accelerator=torch_device().type, devices=devices, strategy=strategy)
        if devices > 1:
            self.fabric.launch()
        self.schedule, self.sampler, self.checkpoint = schedule, sampler, checkpoint
        self.recipe, network = recipe, recipe.network
        slow = {id(p) for p in self.recipe.slow()}
        groups = [
            {"params": [p for p in network.parameters() if (id(p) in slow) is held], "lr": rate}
            for held, rate in ((True, schedule.rate * schedule.slow), (False, schedule.rate))
        ]
        self.base_rates = [schedule.rate * schedule.slow, schedule.rate]
        self.raw: Any = network.to(self.fabric.device)
        self.optimiser = torch.optim.Adam(groups)
        self.step, self.seconds = 0, 0.0
        self.history: list[TrainingProgress] = []

    @property
    def fraction(self) -> float:
        """Share of the run that is done."""
        if self.schedule.steps is not None:
            return self.step / self.schedule.steps
        return self.seconds / (60 * (self.schedule.minutes or 1))

    def resume(self) -> None:
        """Go on from the checkpoint.

        Raises
        ------
        ModelError
            If it is no checkpoint of this run.
        """
        state = load_checkpoint(self.checkpoint)
        if state["schedule"] != asdict(self.schedule) or state["config"] != self.raw.config.to_dict():
            raise ModelError(
                f"{self.checkpoint}: a checkpoint of another run; give its options, or another output"
            )
        self.raw.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.history = [TrainingProgress(**entry) for entry in state["history"]]

    def run(
        self,
        report: Callable[[TrainingProgress], None] | None = None,
        every: float = 5.0,
        save_every: float = 180.0,
        first_save: float = 60.0,
        limit: float = math.inf,
    ) -> None:
        """Train to the end of the schedule, at most `limit` seconds; report and save at intervals.

        A signal that asks the program to end acts after the step under way, and after a checkpoint.

        Raises
        ------
        OutputError
            The checkpoint cannot be written; this is tried before the first step.
        """
        self.save()
        with postponed() as asked_to_end:
            self._run(asked_to_end, report, every, save_every, first_save, limit)

    def _run(
        self,
        asked_to_end: Callable[[], bool],
        report: Callable[[TrainingProgress], None] | None,
        every: float,
        save_every: float,
        first_save: float,
        limit: float,
    ) -> None:
        begun = last_report = time.monotonic()
        next_save = begun + min(first_save, save_every)
        pending: list[Loss] = []
        with ThreadPoolExecutor(1) as ahead:
            batch = ahead.submit(self.batch, self.step)
            while self._agreed(self.fraction < 1 and time.monotonic() - begun < limit and not asked_to_end()):
                started = time.monotonic()
                fraction, current = self.fraction, batch
                batch = ahead.submit(self.batch, self.step + 1)
                pending.append(self.update(current, fraction))
                self.step += 1
                now = time.monotonic()
                self.seconds = self._agreed(self.seconds + now - started)
                if now - last_report >= every or self.fraction >= 1:
                    self._report(pending, now - last_report, report)
                    last_report, pending = now, []
                if self._agreed(now >= next_save):
                    self.save()
                    next_save = now + save_every
        if asked_to_end():
            self._write_checkpoint()  # the other devices' processes may have ended already
        else:
            self.save()

    def _agreed(self, value: Shared) -> Shared:
        """Return what the first device has: clocks and signals differ, but all go the same way.

        Raises
        ------
        IdlatError
            Another device's process has ended.
        """
        if self.fabric.world_size == 1:
            return value
        with _one_line_of_lost_devices():
            shared: Shared = self.fabric.broadcast(value)
        return shared

    def batch(self, step: int) -> Batch:
        """Draw this device's blocks of one step."""
        first_halo, last_halo = self.recipe.halos
        # of the step itself, not of the one before, under which it may be drawn: a resumed run draws it alone
        fraction = self.fraction if self.schedule.steps is None else step / self.schedule.steps
        halo = last_halo if fraction > 1 - self.schedule.halo_share else first_halo
        own = self.schedule.batch // self.fabric.world_size
        blocks = range(self.fabric.global_rank * own, (self.fabric.global_rank + 1) * own)
        return self.recipe.batch(self.sampler, self.schedule.families, step, blocks, halo)

    def update(self, waiting: Future[Batch], fraction: float) -> Loss:
        """One step of Adam."""
        batch = waiting.result().to(self.fabric.device)
        factor = min(1.0, (self.step + 1) / self.schedule.warm_up)
        factor *= 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))
        for rate, group in zip(self.base_rates, self.optimiser.param_groups, strict=True):
            group["lr"] = rate * factor
        self.recipe.set_quantised(fraction > 1 - self.schedule.integer_share)
        generator = torch.Generator(self.fabric.device).manual_seed((self.schedule.seed << 32) + self.step)
        noise = UniformNoise(generator, self.fabric.global_rank, self.fabric.world_size)
        loss = self.recipe.loss(batch, noise)
        self.optimiser.zero_grad()
        self.fabric.backward(loss.objective)
        if self.fabric.world_size > 1:
            loss = self._joined(loss)
        norm = torch.nn.utils.clip_grad_norm_(self.raw.parameters(), 1.0)
        if bool(torch.isfinite(norm)):  # one bad batch must not spoil the weights
            self.optimiser.step()
        return loss

    def _joined(self, loss: Loss) -> Loss:
        """Average the gradients over all devices; return the loss with the blocks of all.

        Raises
        ------
        IdlatError
            Another device's process has ended.
        """
        with _one_line_of_lost_devices():
            for parameter in self.raw.parameters():
                if parameter.grad is not None:
                    parameter.grad.copy_(self.fabric.all_reduce(parameter.grad, reduce_op="mean"))
            rate, distortion = (self._of_all_blocks(part) for part in (loss.rate, loss.distortion))
        return Loss(loss.objective, rate, distortion)

    def _of_all_blocks(self, own: Tensor) -> Tensor:
        """Return what each device has of its own blocks, (blocks,) of all devices."""
        whole = torch.zeros(self.fabric.world_size, len(own), device=own.device)
        whole[self.fabric.global_rank] = own
        return torch.as_tensor(self.fabric.all_reduce(whole, reduce_op="sum")).reshape(-1)

    def save(self) -> None:
        """Write the checkpoint, of all devices at the same step; a killed process leaves the former one.

        Raises
        ------
        OutputError
            The disk is full, or cannot be written.
        """
        self._write_checkpoint()
        with _one_line_of_lost_devices():
            self.fabric.barrier()

    def _write_checkpoint(self) -> None:
        state = {
            "config": self.raw.config.to_dict(),
            "schedule": asdict(self.schedule),
            "network": self.raw.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "history": [asdict(entry) for entry in self.history],
        }
        if self.fabric.is_global_zero:
            write_checkpoint(self.checkpoint, state)

    def _report(
        self, pending: list[Loss], seconds: float, report: Callable[[TrainingProgress], None] | None
    ) -> None:
        rate = float(torch.cat([loss.rate for loss in pending]).mean())
        distortion = float(torch.cat([loss.distortion for loss in pending]).mean())
        total = torch.cat([(loss.rate + loss.distortion + 1e-3).log() for loss in pending])
        voxels = len(pending) * self.schedule.batch * self.recipe.side**3
        entry = TrainingProgress(
            self.step,
            min(1.0, self.fraction),
            self.seconds,
            float(total.mean()),
            rate,
            distortion,
            voxels / seconds,
        )
        self.history.append(entry)
        if report is not None and self.fabric.is_global_zero:
            report(entry)


@contextmanager
def _one_line_of_lost_devices() -> Iterator[None]:
    """Say in one line that another process of the run is gone, as the collective operations find out."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, IdlatError):
            raise
        raise IdlatError(
            "a process of this training has ended: start it again with --resume, which goes on from the "
            f"last checkpoint ({str(error).strip().splitlines()[0][:120]})"
        ) from None
