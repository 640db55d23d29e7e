"""Writing a new archive: arrays, the gain that meets the target, every object, and the measured errors."""

from __future__ import annotations

from dataclasses import replace

from idlat.archive.check.measure_errors import MeasuredErrors, with_errors
from idlat.archive.format.create_arrays import create_variable, is_laid_out, write_model
from idlat.archive.format.latent_model import is_shipped
from idlat.archive.format.root_document import write_record
from idlat.archive.format.settings import Target
from idlat.archive.read.archive_info import bytes_original, bytes_streams
from idlat.archive.write.compression_plan import CompressionPlan
from idlat.archive.write.frame_writer import FrameWriter
from idlat.archive.write.gain_sample import draw_sample
from idlat.archive.write.gain_search import find_gain
from idlat.archive.write.staged_output import StagedOutput
from idlat.progress import Progress

__all__ = ["write_archive"]


def write_archive(
    plan: CompressionPlan, output: StagedOutput, workers: int, progress: Progress | None
) -> None:
    """Write what is missing, measure it, and mark the archive complete.

    Parameters
    ----------
    plan
        What to write.
    output
        Where; what an interrupted job wrote there is kept.
    workers
        Threads.
    progress
        Told of the stages ``encode`` and ``measure``.
    """
    record, target, limits = plan.record, plan.record.settings.target, plan.model.gain_limits
    store = output.place.open()
    gain = limits[0] if target is None else target.gain(limits)
    started = not output.fresh and is_laid_out(store, record)
    if started:
        output.place.remove_unfinished()
    else:
        output.place.remove()
        write_record(store, replace(record, gain=gain))  # first, so that a killed job is recognised
        if record.settings.self_contained or not is_shipped(record.model_sha256):
            write_model(store, plan.model, record.id)
        for source in plan.sources:
            create_variable(store, source.variable, source.reader.field, record, plan.model)
    frames = FrameWriter(store, record, plan.model, plan.sources, workers, progress)
    if gain is None:
        assert target is not None
        gain, errors = _search(frames, target)
    else:
        frames.encode(gain, resume=started)
        errors = frames.measure(gain)
    variables = tuple(with_errors(variable, errors) for variable in record.variables)
    output.secure()
    write_record(store, replace(record, gain=gain, variables=variables, complete=True))


def _search(frames: FrameWriter, target: Target) -> tuple[float, MeasuredErrors]:
    """Find the gain that meets the target; leave the archive encoded at it, and measured."""
    variables, limits = frames.record.variables, frames.model.gain_limits
    original = bytes_original(variables)
    sample = draw_sample(frames.sources, frames.model, original, frames.workers)
    errors: dict[float, MeasuredErrors] = {}

    def ratio(gain: float) -> float:
        frames.encode(gain)
        return original / bytes_streams(frames.store, variables)

    def psnr(gain: float) -> float:
        frames.encode(gain)
        errors[gain] = frames.measure(gain)
        return errors[gain].all.total().wpsnr

    if target.name == "ratio":
        gain = find_gain(ratio, sample.ratio, target, limits)
    else:
        gain = find_gain(psnr, sample.psnr, target, limits)
    return gain, errors[gain] if gain in errors else frames.measure(gain)
