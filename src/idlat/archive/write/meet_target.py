"""Encoding at the gain that meets a ratio or a PSNR.

::

    sample ─▶ gain ─▶ models fitted there ─▶ sample under them ─▶ gain … ─▶ the whole, until it is met
"""

from __future__ import annotations

import math
from dataclasses import replace

from idlat.archive.check.measure_errors import MeasuredErrors
from idlat.archive.format.create_arrays import write_coding
from idlat.archive.format.settings import Target
from idlat.archive.read.archive_info import bytes_original, bytes_streams
from idlat.archive.write.fit_model import fit_model
from idlat.archive.write.frame_writer import FrameWriter
from idlat.archive.write.gain_sample import GainSample, draw_sample
from idlat.archive.write.gain_search import estimated_gain, find_gain
from idlat.errors import TargetGapError
from idlat.model.latent_model import LatentModel

__all__ = ["meet_target"]

_NEAR = 1.0  # gains share what was fitted so near them, so that no jump lies between
_MOST_FITS = 3  # to the sample, before the whole is encoded
_ERROR_WEIGHTS = (1.0, 0.9, 1.1, 0.8, 1.25, 0.65, 0.5)


def meet_target(frames: FrameWriter, target: Target, model: LatentModel) -> tuple[float, MeasuredErrors]:
    """Encode frames at the gain that meets a target; return it, and the errors.

    Raises
    ------
    TargetError
        No gain meets it.
    """
    original = bytes_original(frames.record.variables)
    sample = draw_sample(frames.sources, [model] * len(frames.sources), original, frames.workers)
    start = None
    for error_weight in _ERROR_WEIGHTS:
        trials = _Trials(frames, target, model.with_error_weight(error_weight), sample)
        try:
            return trials.meet(start)
        except TargetGapError:  # of small fields: another balance of bits and errors has other gaps
            if error_weight == _ERROR_WEIGHTS[-1] or model.with_error_weight(error_weight) is model:
                raise
            start = trials.last_gain
    raise AssertionError  # the last weight returns or raises


class _Trials:
    """Encodings of the whole at one gain after another; the last was at `last_gain`."""

    def __init__(self, frames: FrameWriter, target: Target, model: LatentModel, sample: GainSample) -> None:
        self._frames, self._target, self._model, self._sample = frames, target, model, sample
        self._fitted_at = self.last_gain = math.inf
        self._written_at = math.nan  # where the models were fitted that the archive states
        self._errors: dict[float, MeasuredErrors] = {}
        self._estimates: dict[float, float] = {}  # under the models at hand

    def meet(self, start: float | None = None) -> tuple[float, MeasuredErrors]:
        """Leave the frames encoded at a gain that meets the target; return it, and their errors.

        `start` is a gain that is near, where one is known.
        """
        measure = self._ratio if self._target.name == "ratio" else self._psnr
        limits = self._model.gain_limits
        if start is None:
            start = self._gain_of_the_sample(limits)
        else:
            self._fit(start)
        gain = find_gain(measure, self._estimate, self._target, limits, start)
        return gain, self._errors[gain] if gain in self._errors else self._frames.measure(gain)

    def _gain_of_the_sample(self, limits: tuple[float, float]) -> float:
        """Return what meets the target in the sample, under models that are fitted near there."""
        gain = estimated_gain(self._estimate, self._target, limits, roughly=True)
        for _ in range(_MOST_FITS):
            if not self._fit(gain):
                break
            gain = estimated_gain(self._estimate, self._target, limits, gain)
        return gain

    def _fit(self, gain: float) -> bool:
        """Fit the models anew, and take the sample under them, unless they were fitted near a gain."""
        if abs(gain - self._fitted_at) <= _NEAR:
            return False
        sources, steps = self._frames.sources, self._frames.record.settings.steps_to_key
        models = [fit_model(source, self._model, gain, steps) for source in sources]
        self._frames, self._fitted_at = replace(self._frames, models=models), gain
        self._sample, self._estimates = self._sample.under(sources, models), {}
        return True

    def _estimate(self, gain: float) -> float:
        if gain not in self._estimates:
            estimate = self._sample.ratio if self._target.name == "ratio" else self._sample.psnr
            self._estimates[gain] = estimate(gain)
        return self._estimates[gain]

    def _encode(self, gain: float) -> None:
        self._fit(gain)
        self.last_gain = gain
        frames = self._frames
        if self._written_at != self._fitted_at:
            for variable, own in zip(frames.record.variables, frames.models, strict=True):
                write_coding(frames.store, variable, frames.record, own)
            self._written_at = self._fitted_at
        frames.encode(gain)

    def _ratio(self, gain: float) -> float:
        self._encode(gain)
        frames = self._frames
        return bytes_original(frames.record.variables) / bytes_streams(frames.store, frames.record.variables)

    def _psnr(self, gain: float) -> float:
        self._encode(gain)
        self._errors[gain] = self._frames.measure(gain)
        return self._errors[gain].all.total().wpsnr
