"""The entropy networks in exact integers.

Weights, biases and activations are integers; a sum never reaches 2²⁴ (checked when the model is loaded), so
float32 convolutions give the same integers on every machine, for any thread count, batch size and order of
summation. What could be larger (cell means) is int64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from idlat.coding.interpolation import SIDE, refinement
from idlat.coding.learned.chunk_frames import corner, hyper_frame
from idlat.coding.learned.scale_tables import SCALE_COUNT
from idlat.errors import ModelError

LARGEST = 255
OUTPUT_SHIFT = 2  # activation steps are 1/32, scale indices and mean eighths count eight to one
GRADIENT_BITS = 12

Array = NDArray[np.int64]


@dataclass(frozen=True)
class IntegerLayer:
    """A convolution: weights (out, in, k, k, k), biases (out,), a right shift a channel (out,)."""

    weight: Tensor
    bias: Tensor
    shift: Tensor
    ramp: bool

    @classmethod
    def build(cls, name: str, ramp: bool, weight: Array, bias: Array, shift: Array) -> IntegerLayer:
        """Check the arrays of layer `name` and hold them as float32.

        Raises
        ------
        ModelError
            If a sum could reach 2²⁴, where float32 stops being exact.
        """
        scale = np.exp2(shift.astype(np.float64))
        bound = np.abs(weight).reshape(len(weight), -1).sum(1) * float(LARGEST) + np.abs(bias) + 4 * scale
        if weight.ndim != 5 or bound.max() >= 2**24 or shift.min() < 0:
            raise ModelError(f"the model's integer layer {name} is not exact in float32: the file is damaged")
        return cls(_float(weight), _float(bias), _float(np.exp2(-shift.astype(np.float64))), ramp)

    def __call__(self, x: Tensor) -> Tensor:
        """(B, in, d, h, w) → (B, out, d, h, w): activations in 0…255, or outputs in eighths."""
        padding = self.weight.shape[-1] // 2
        out = F.conv3d(x, self.weight, self.bias, padding=padding)
        shift = self.shift.reshape(-1, 1, 1, 1)
        if self.ramp:
            return torch.floor(out.mul_(shift).add_(0.5)).clamp_(0, LARGEST)
        return torch.floor(out.mul_(shift * 2.0**-OUTPUT_SHIFT).add_(0.5))


@dataclass(frozen=True)
class Groups:
    """Scale indices and mean eighths, int64, each (B, C, d, h, w): of a chunk, or of a frame of it."""

    scale: Array
    mean: Array


class IntegerNetworks:
    """The decoder's entropy networks; see :mod:`idlat.model.learned.entropy_prior` for what they stand for.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        ``<layer>.weight``, ``.bias``, ``.shift`` for each layer, ``gradient`` (predicted, 1, 3, 3, 3) in
        1/4096, and ``compress`` (4096,): the networks' view of a magnitude.
    """

    RAMPS = (
        "synthesis_first",
        "synthesis_up",
        "synthesis_last",
        "mean_hidden",
        "means_context",
        "first_wide",
        "first_hidden",
        "context_in",
        "context",
        "second_hidden",
    )
    OUTPUTS = ("mean_out", "first_out", "second_out")

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        def integers(name: str) -> Array:
            if name not in arrays:
                raise ModelError(f"the model lacks {name}: the file is damaged")
            return arrays[name].astype(np.int64)

        self.layers = {
            name: IntegerLayer.build(
                name, ramp, integers(f"{name}.weight"), integers(f"{name}.bias"), integers(f"{name}.shift")
            )
            for names, ramp in ((self.RAMPS, True), (self.OUTPUTS, False))
            for name in names
        }
        self.gradient = torch.tensor(integers("gradient").astype(np.float64))
        if np.abs(integers("gradient")).reshape(len(self.gradient), -1).sum(1).max() >= 2**18:
            raise ModelError("the model's linear prediction is not exact in float64: the file is damaged")
        table = integers("compress")
        self.compress_table = np.concatenate([-table[:0:-1], table])
        self.predicted = len(self.gradient)
        self.coefficients = len(self.layers["first_out"].weight) - self.predicted
        z, y, x = np.indices((8, 8, 8))
        self.anchors = (z + y + x) % 2 == 0
        stages = refinement() == np.arange(4)[:, None, None, None]
        self.stages = torch.tensor(stages[None] * 128.0, dtype=torch.float32)

    def compress(self, values: Array) -> NDArray[np.float32]:
        """The networks' view of integers: about 29·sign(v)·ln(1 + |v|), |v| clipped to 4095."""
        return self.compress_table[np.clip(values, -4095, 4095) + 4095].astype(np.float32)

    @torch.inference_mode()
    def hyper(self, z: Array, activity: Array, frame: Sequence[int] = (SIDE,) * 3) -> Tensor:
        """(B, hyper, 4, 4, 4), (B,) → h (B, prior, d, h, w) in a frame (see `chunk_frames`)."""
        z = z[(..., *corner(hyper_frame(frame)))]
        constant = np.broadcast_to(16 * activity.reshape(-1, 1, 1, 1, 1), (len(z), 1, *z.shape[2:]))
        seen = np.concatenate([np.clip(8 * z, -LARGEST, LARGEST), constant], 1)
        x = torch.from_numpy(seen.astype(np.float32))
        x = self.layers["synthesis_up"](self.layers["synthesis_first"](x))
        b, _, d, h, w = x.shape
        x = x.reshape(b, -1, 2, 2, 2, d, h, w).permute(0, 1, 5, 2, 6, 3, 7, 4)
        whole = self.layers["synthesis_last"](x.reshape(b, -1, 2 * d, 2 * h, 2 * w))
        return whole[(..., *corner(frame))].contiguous()

    @torch.inference_mode()
    def means(self, h: Tensor) -> Groups:
        """Parameters of level and mean, two channels."""
        stages = self.stages[(..., *corner(h.shape[2:]))].expand(len(h), -1, -1, -1, -1)
        out = self.layers["mean_out"](self.layers["mean_hidden"](torch.cat([h, stages], 1)))
        return Groups(_scales(out[:, :2]), out[:, 2:].numpy().astype(np.int64))

    @torch.inference_mode()
    def first(self, h: Tensor, level: Array, mean: Array, residual: Array) -> tuple[Groups, Tensor, Array]:
        """Parameters given levels and means, each (B, d, h, w); the features; the linear means."""
        features = torch.from_numpy(self._means_features(level, mean, residual))
        context = self.layers["means_context"](features)
        hidden = self.layers["first_hidden"](self.layers["first_wide"](torch.cat([h, context], 1)))
        linear = self._linear(level, mean)
        return self._groups(self.layers["first_out"](hidden), linear), hidden, linear

    @torch.inference_mode()
    def second(self, hidden: Tensor, linear: Array, coefficients: Array) -> Groups:
        """Parameters of the second half given the first half's coefficients (B, C, d, h, w)."""
        anchors = self.anchors[corner(coefficients.shape[2:])]
        seen = self.compress(np.where(anchors, coefficients, 0))
        features = torch.from_numpy(np.concatenate([np.abs(seen), seen[:, : self.predicted]], 1))
        context = self.layers["context"](self.layers["context_in"](features))
        out = self.layers["second_out"](self.layers["second_hidden"](torch.cat([hidden, context], 1)))
        return self._groups(out, linear)

    def _groups(self, out: Tensor, linear: Array) -> Groups:
        predicted = out[:, self.coefficients :].numpy().astype(np.int64) + linear
        mean = np.zeros((len(out), self.coefficients, *out.shape[2:]), dtype=np.int64)
        mean[:, : self.predicted] = np.clip(predicted, -(2**30), 2**30)
        return Groups(_scales(out[:, : self.coefficients]), mean)

    def _means_features(self, level: Array, mean: Array, residual: Array) -> NDArray[np.float32]:
        absolute = np.clip(mean, -(2**31), 2**31) << -level
        own = self.compress(residual)
        channels = [np.clip(16 * level, -224, 224).astype(np.float32), own, np.abs(own)]
        for axis in (1, 2, 3):
            step = np.zeros_like(absolute)
            here = [slice(None)] * 4
            here[axis] = slice(0, -1)
            step[tuple(here)] = np.diff(absolute, axis=axis)
            channels.append(self.compress(step >> -level))
        return np.stack(channels, 1)

    def _linear(self, level: Array, mean: Array) -> Array:
        """Mean eighths (B, predicted, d, h, w) from differences of cell means: exact in float64."""
        means = np.clip(np.clip(mean, -(2**31), 2**31) << -level, -(2**32), 2**32)
        absolute = torch.from_numpy(means.astype(np.float64))[:, None]
        inside = F.conv3d(torch.ones_like(absolute[:1]), self.gradient, padding=1)
        sums = F.conv3d(absolute, self.gradient, padding=1) - absolute * inside
        shifted = torch.floor(
            sums * torch.from_numpy(np.exp2(level[:, None].astype(np.float64))) * 2.0 ** (3 - GRADIENT_BITS)
        )
        return np.asarray(np.clip(shifted.numpy(), -(2.0**30), 2.0**30), dtype=np.int64)


def _float(values: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _scales(out: Tensor) -> Array:
    indices: Array = out.clamp(0, SCALE_COUNT - 1).numpy().astype(np.int64)
    return indices


def self_test() -> bool:
    """Tell whether this machine's float32 convolution is exact on integers below 2²⁴.

    Examples
    --------
    >>> self_test()
    True
    """
    rng = np.random.default_rng(0)
    x = rng.integers(0, LARGEST + 1, (2, 48, 5, 6, 7))
    w = rng.integers(-40, 41, (16, 48, 3, 3, 3))
    w[:, :, 0] = np.sign(w[:, :, 0])
    with torch.inference_mode():
        got = F.conv3d(
            torch.tensor(x, dtype=torch.float32), torch.tensor(w, dtype=torch.float32), padding=1
        ).numpy()
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3, 3), axis=(2, 3, 4))
    expected = np.einsum("bcdhwijk,ocijk->bodhw", windows, w, optimize=True)
    return bool(np.array_equal(got.astype(np.int64), expected))
