"""Writing a new archive: arrays, the gain that meets the target, every object, and the measured errors."""

from __future__ import annotations

from dataclasses import replace

from idlat.archive.check.measure_errors import with_errors
from idlat.archive.codecs.model_lookup import is_shipped
from idlat.archive.format.create_arrays import (
    create_chunk_arrays,
    is_laid_out,
    read_coding,
    write_model,
)
from idlat.archive.format.mask_array import set_masks
from idlat.archive.format.root_document import read_record, write_record
from idlat.archive.format.stored_coordinates import write_labels
from idlat.archive.write.bound_gain import gain_for_bounds
from idlat.archive.write.compression_plan import CompressionPlan
from idlat.archive.write.fit_model import fit_model
from idlat.archive.write.frame_writer import FrameWriter
from idlat.archive.write.meet_target import meet_target
from idlat.archive.write.staged_output import StagedOutput
from idlat.parallel import Workers
from idlat.progress import Progress

__all__ = ["write_archive"]


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
        gain, errors = meet_target(frames, target, plan.model)
    else:
        frames.encode(gain, resume=started)
        errors = frames.measure(gain)
    variables = tuple(with_errors(variable, errors) for variable in record.variables)
    output.secure()
    write_record(store, replace(record, gain=gain, variables=variables, complete=True))
