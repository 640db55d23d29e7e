"""The level of each cell: by how many doublings its quantisation step exceeds the finest (design section 3).

A cell wants the level that its mean weight asks for; the coder predicts levels by interpolation, chunk by
chunk, and a level that differs costs bits. The encoder weighs the two: where few coefficients are
significant, a level off by one costs less than saying so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from idlat.coding.interpolation import SIDE, schedule
from idlat.model.tile_analysis import Cells

LEVEL_STEP = 2 * math.log(2)  # in ln w: one level doubles Δ
LOWEST_LEVEL = -12
PATCH = 4
# What a level costs that is off its prediction by 1, and for each further unit, in bits.
_OFF, _FURTHER = 2.5, 1.0
# Significant coefficients that a cell without any counts as: the step of its mean matters too.
_LEAST = 2.0


def pooled_weights(importance: Tensor, importance_range: float) -> tuple[Tensor, Tensor]:
    """Return the levels that the weights ask for, and the map pooled to stride 4.

    Parameters
    ----------
    importance : Tensor
        (B, 1, Z, Y, X) in [0, 1].
    importance_range : float
        a.

    Returns
    -------
    wanted : Tensor
        (B, 1, Z/8, Y/8, X/8), real, ≤ 0.
    pooled : Tensor
        (B, 3, Z/4, Y/4, X/4): log of the mean weight, mean and maximum of a(I − 1).
    """
    exponent = importance_range * (importance - 1)
    weight = F.avg_pool3d(exponent.exp(), PATCH)
    pooled = torch.cat([weight.log(), F.avg_pool3d(exponent, PATCH), F.max_pool3d(exponent, PATCH)], 1)
    return wanted_levels(weight), pooled


def wanted_levels(weight: Tensor) -> Tensor:
    """Return the levels (B, 1, d, h, w), real, that mean weights (B, 1, 2d, 2h, 2w) ask for; 1 asks for 0."""
    # A cell's functions reach 4 voxels into its neighbours, whose weights count a quarter.
    window = weight.new_tensor([0.25, 1.0, 1.0, 0.25]) / 2.5
    padded = F.pad(weight, (1,) * 6, mode="replicate")
    for axis in range(3):
        shape, stride = [1] * 5, [1] * 3
        shape[axis + 2], stride[axis] = 4, 2
        padded = F.conv3d(padded, window.reshape(shape), stride=stride)
    return (padded.log() / LEVEL_STEP).clamp(LOWEST_LEVEL, 0)


def choose_levels(wanted: Tensor, coefficients: Tensor, core: Cells | None = None) -> Tensor:
    """Return the levels to code, integers from −12 to 0.

    Parameters
    ----------
    wanted : Tensor
        (B, 1, d, h, w), real.
    coefficients : Tensor
        (B, K, d, h, w), the mean first, in units of Δ₀: what is significant at the wanted level.
    core : three pairs of int, optional
        First cell and end, along each axis, of what is coded; its first cell begins a chunk. The whole unless
        given; outside, levels are rounded.
    """
    with torch.no_grad():
        above = coefficients[:, 1:].abs() * torch.exp2(wanted) > 0.5
        significant = above.sum(1, keepdim=True).to(wanted.dtype)
        level = wanted.round()
        for axes in chunks_of(core or tuple((0, n) for n in wanted.shape[2:])):
            here = (slice(None), slice(None), *axes)
            level[here] = _cheapest(wanted[here], significant[here])
        return level


def conditions_of(pooled: Tensor, level: Tensor) -> Tensor:
    """The pooled map (B, 3, 2d, 2h, 2w) relative to what the levels (B, 1, d, h, w) say of it."""
    nominal = level * LEVEL_STEP
    for axis in (2, 3, 4):
        nominal = nominal.repeat_interleave(2, dim=axis)
    return (pooled - nominal).clamp(-8, 8) / 4


def chunks_of(core: Sequence[tuple[int, int]]) -> list[tuple[slice, slice, slice]]:
    """Cells of each chunk of a box, which begins with one."""
    z, y, x = ([slice(a, min(a + SIDE, end)) for a in range(begin, end, SIDE)] for begin, end in core)
    return [(i, j, k) for i in z for j in y for k in x]


def _cheapest(wanted: Tensor, significant: Tensor) -> Tensor:
    """The levels (B, 1, d, h, w) of one chunk, each chosen given those that predict it."""
    candidates = torch.arange(LOWEST_LEVEL, 1, device=wanted.device, dtype=wanted.dtype)
    flat = wanted.flatten(1)
    # A step ρ times the best one costs each significant coefficient (ρ² − 1 − 2 ln ρ) / (2 ln 2) bits.
    log2_step = flat[..., None] - candidates
    mismatch = (torch.exp2(2 * log2_step) - 1) / (2 * math.log(2)) - log2_step
    cost = (significant.flatten(1)[..., None] + _LEAST) * mismatch
    level = torch.zeros_like(flat)
    level[:, 0] = candidates[cost[:, 0].argmin(-1)]
    d, h, w = wanted.shape[2:]
    for targets, sources, weights in _steps((d, h, w), wanted.device):
        predicted = torch.floor((level[:, sources] * weights).sum(-1) + 0.5)
        off = (candidates - predicted[..., None]).abs()
        bits = torch.where(off > 0, _OFF + _FURTHER * (off - 1), off)
        level[:, targets] = candidates[(cost[:, targets] + bits).argmin(-1)]
    return level.reshape(wanted.shape)


@lru_cache(maxsize=64)
def _steps(extent: tuple[int, int, int], device: torch.device) -> list[tuple[Tensor, Tensor, Tensor]]:
    return [
        (
            torch.tensor(step.targets, device=device),
            torch.tensor(step.sources, device=device),
            torch.tensor(step.weights / 16, device=device, dtype=torch.float32),
        )
        for step in schedule(extent)
    ]
