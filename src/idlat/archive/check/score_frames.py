"""Scores of an archive beside PSNR: structure, spectrum, gradient and errors of neighbours, frame by frame.

A frame is decoded once, slab by slab in the order of its layers; of the original each frame is read twice,
first for its range and mean. Beside slabs it keeps the coefficients of spectra
(:mod:`idlat.metrics.power_spectra`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.archive.original.field_reader import FieldReader
from idlat.archive.read.variable_decoder import VariableDecoder
from idlat.fields.arrays.missing_values import VALID
from idlat.metrics import OriginalStatistics, VolumeScorer, VolumeScores, slabs_of_layers, unit_exponent
from idlat.parallel import Workers
from idlat.progress import Progress, counted

__all__ = ["FrameScores", "Scores", "mean_of", "score_frames"]

_DECODED = 1 << 24  # voxels of a slab that is decoded at once


@dataclass(frozen=True)
class FrameScores:
    """Scores of one component of one step of a variable; the component is None for a scalar field."""

    variable: str
    step: int
    component: int | None
    scores: VolumeScores


@dataclass(frozen=True)
class Scores:
    """Scores of an archive; None where no frame has one. See :class:`~idlat.metrics.VolumeScores`.

    Attributes
    ----------
    ssim, gradient_error, error_autocorrelation
        Means of the frames that have one.
    resolved_wavelength
        The longest of the frames' in voxels; None also where a frame's longest waves are lost.
    frames
        Of each component of each step of each variable.
    """

    ssim: float | None
    gradient_error: float | None
    error_autocorrelation: float | None
    resolved_wavelength: float | None
    frames: tuple[FrameScores, ...]


def score_frames(
    decoders: Sequence[VariableDecoder],
    readers: Sequence[FieldReader],
    workers: Workers,
    progress: Progress | None = None,
) -> Scores:
    """Decode an archive and score it against its field.

    Parameters
    ----------
    decoders, readers
        One of each for every variable: the archive's side, and the original's.
    workers
        On which slabs are decoded.
    progress
        Told of the stage ``score``.

    Raises
    ------
    ArchiveError
        A chunk is missing or damaged.
    """
    jobs = [(d, r, f) for d, r in zip(decoders, readers, strict=True) for f in range(d.variable.frames)]
    found = (_of_frame(decoder, reader, frame, workers) for decoder, reader, frame in jobs)
    frames = tuple(counted(found, "score", len(jobs), progress))
    scores = [frame.scores for frame in frames]
    judged = [each for each in scores if each.spectrum]
    wavelengths = [each.resolved_wavelength for each in judged]
    known = [value for value in wavelengths if value is not None]
    return Scores(
        ssim=mean_of(each.ssim for each in scores),
        gradient_error=mean_of(each.gradient_error for each in scores),
        error_autocorrelation=mean_of(each.error_autocorrelation for each in scores),
        resolved_wavelength=max(known) if known and len(known) == len(wavelengths) else None,
        frames=frames,
    )


def _of_frame(decoder: VariableDecoder, reader: FieldReader, frame: int, workers: Workers) -> FrameScores:
    variable = decoder.variable
    step, component = divmod(frame, variable.components)
    original = reader.frame(frame)
    usual = variable.normalisation(frame)
    statistics = OriginalStatistics(unit_exponent(usual.minimum, usual.maximum))
    for part in slabs_of_layers(variable.volume):
        values = np.asarray(original[part, :, :])
        statistics = statistics.joined(values, _usual_voxels(decoder, frame, part, values))
    scorer = VolumeScorer(variable.volume, statistics)
    for whole, decoded in _decoded(decoder, frame, workers):
        for within in slabs_of_layers(decoded.shape):
            part = slice(whole.start + within.start, whole.start + within.stop)
            values = np.asarray(original[part, :, :])
            scorer.add(values, decoded[within], _usual_voxels(decoder, frame, part, values))
    of = component if variable.components > 1 else None
    return FrameScores(variable.name, step, of, scorer.result())


def _decoded(decoder: VariableDecoder, frame: int, workers: Workers) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield a frame's layers in order, in slabs of whole cells."""
    _, height, width = decoder.variable.volume
    for part in slabs_of_layers(decoder.variable.volume, _DECODED, decoder.grid.cell):
        box = ((part.start, part.stop), (0, height), (0, width))
        yield part, decoder.decode([frame], box, workers)[0]


def _usual_voxels(
    decoder: VariableDecoder, frame: int, layers: slice, values: NDArray[Any]
) -> NDArray[np.bool_]:
    """Return which voxels of some layers count: valid, no outlier, and not lost."""
    variable = decoder.variable
    usual: NDArray[np.bool_] = variable.kinds(values, frame) == VALID
    _, height, width = variable.volume
    lost = decoder.lost.within(frame, ((layers.start, layers.stop), (0, height), (0, width)))
    return usual if lost is None else usual & ~lost


def mean_of(values: Iterable[float | None]) -> float | None:
    """Return the mean of those that are known.

    Examples
    --------
    >>> mean_of([1.0, None, 2.0]), mean_of([None])
    (1.5, None)
    """
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
