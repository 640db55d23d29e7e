"""Writing a new archive: arrays, the gain that meets the target, every object, and the measured errors."""

from __future__ import annotations

import math
from dataclasses import replace

from idlat.archive.check.measure_errors import MeasuredErrors, with_errors
from idlat.archive.codecs.model_lookup import is_shipped
from idlat.archive.format.create_arrays import (
    create_chunk_arrays,
    is_laid_out,
    read_coding,
    write_coding,
    write_model,
)
from idlat.archive.format.mask_array import set_masks
from idlat.archive.format.root_document import read_record, write_record
from idlat.archive.format.settings import Target
from idlat.archive.format.stored_coordinates import write_labels
from idlat.archive.read.archive_info import bytes_original, bytes_streams
from idlat.archive.write.bound_gain import gain_for_bounds
from idlat.archive.write.compression_plan import CompressionPlan
from idlat.archive.write.fit_model import fit_model
from idlat.archive.write.frame_writer import FrameWriter
from idlat.archive.write.gain_sample import draw_sample
from idlat.archive.write.gain_search import find_gain
from idlat.archive.write.staged_output import StagedOutput
from idlat.errors import TargetGapError
from idlat.model.latent_model import LatentModel
from idlat.parallel import Workers
from idlat.progress import Progress

__all__ = ["write_archive"]

_NEAR = 1.0  # in gains
_ERROR_WEIGHTS = (1.0, 0.9, 1.1, 0.8, 1.25, 0.65, 0.5)


def write_archive(
    plan: CompressionPlan, output: StagedOutput, workers: Workers, progress: Progress | None
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
    started = not output.fresh and is_laid_out(store, record)
    gain = read_record(store).gain if started else None
    if gain is None and record.settings.max_error is not None and target is None:
        gain = gain_for_bounds(plan.sources, plan.model, workers)
    elif gain is None:
        gain = limits[0] if target is None else target.gain(limits)
    if started:
        output.place.remove_unfinished()
    else:
        output.place.remove()
        write_record(store, replace(record, gain=gain))  # first, so that a killed job is recognised
        if record.settings.self_contained or not is_shipped(record.model_sha256):
            write_model(store, plan.model, record.id)
        set_masks(store, record, plan.model.cell)
        for source in plan.sources:
            fitted = (
                plan.model
                if gain is None
                else fit_model(source, plan.model, gain, record.settings.steps_to_key)
            )
            write_labels(store, source.variable, source.reader.field, record.id)
            create_chunk_arrays(store, source.variable, record, fitted)
    models = [read_coding(store, variable, record, plan.model) for variable in record.variables]
    frames = FrameWriter(store, record, models, plan.sources, workers, progress)
    if gain is None:
        assert target is not None
        gain, errors = _search(frames, target, plan.model)
    else:
        frames.encode(gain, resume=started)
        errors = frames.measure(gain)
    variables = tuple(with_errors(variable, errors) for variable in record.variables)
    output.secure()
    write_record(store, replace(record, gain=gain, variables=variables, complete=True))


def _search(frames: FrameWriter, target: Target, model: LatentModel) -> tuple[float, MeasuredErrors]:
    """Find the gain that meets the target; leave the archive encoded at it, and measured."""
    variables, limits = frames.record.variables, model.gain_limits
    original = bytes_original(variables)
    sample = draw_sample(frames.sources, model, original, frames.workers)
    errors: dict[float, MeasuredErrors] = {}
    fitted, fitted_at, error_weight = frames, math.inf, 1.0

    def encode(gain: float) -> None:
        nonlocal fitted, fitted_at
        if abs(gain - fitted_at) > _NEAR:  # nearby gains share what was fitted, so that no jump lies between
            models = [
                fit_model(
                    source, model.with_error_weight(error_weight), gain, frames.record.settings.steps_to_key
                )
                for source in frames.sources
            ]
            for variable, own in zip(variables, models, strict=True):
                write_coding(frames.store, variable, frames.record, own)
            fitted, fitted_at = replace(frames, models=models), gain
        fitted.encode(gain)

    def ratio(gain: float) -> float:
        encode(gain)
        return original / bytes_streams(frames.store, variables)

    def psnr(gain: float) -> float:
        encode(gain)
        errors[gain] = fitted.measure(gain)
        return errors[gain].all.total().wpsnr

    for error_weight in _ERROR_WEIGHTS:
        fitted_at, errors = math.inf, {}
        try:
            if target.name == "ratio":
                gain = find_gain(ratio, sample.ratio, target, limits)
            else:
                gain = find_gain(psnr, sample.psnr, target, limits)
            break
        except TargetGapError:  # of small fields: another balance of bits and errors has other gaps
            if error_weight == _ERROR_WEIGHTS[-1] or model.with_error_weight(error_weight) is model:
                raise
    return gain, errors[gain] if gain in errors else fitted.measure(gain)
