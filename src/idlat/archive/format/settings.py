"""What one call of :func:`idlat.compress` asks for: one value, which the archive's record keeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from idlat.archive.format.checked_json import Count, Finite, Length, Number
from idlat.archive.format.error_bound import ErrorBound
from idlat.errors import IdlatError
from idlat.model.latent_model import LatentModel, exact_model
from idlat.normalise import TRANSFORMS

__all__ = ["MOST_EFFORT", "MOST_RANGE", "MOST_STEPS", "Settings", "Target"]

_AXES = "zyx"

_KEY_EVERY = 8
_EFFORT = 3

MOST_EFFORT = 9
"""The largest effort."""

MOST_STEPS = 64
"""The most time steps between two that are coded alone."""

MOST_RANGE = 16
"""The largest a: levels go beyond what it asks for."""


@dataclass(frozen=True)
class Target:
    """How good or how small an archive is to be.

    Attributes
    ----------
    name
        What `value` is: a ``quality`` of 0 to 100, linear in the gain; a ``ratio`` (LSR); or a weighted
        ``psnr`` in dB.
    value
        To reach.

    Raises
    ------
    IdlatError
        The value is out of range.

    Examples
    --------
    >>> Target("quality", 50).gain((-2.0, 12.0))
    5.0
    """

    name: Literal["quality", "ratio", "psnr"]
    value: Finite

    def __post_init__(self) -> None:
        if self.name == "quality" and not 0 <= self.value <= 100:
            raise IdlatError(f"--quality goes from 0 to 100, got {self.value:g}")
        if self.name == "ratio" and not (self.value > 0 and math.isfinite(self.value)):
            raise IdlatError(f"--ratio should be above 0, such as 100, got {self.value:g}")
        if self.name == "psnr" and not math.isfinite(self.value):
            raise IdlatError(f"--psnr should be a number of dB, such as 40, got {self.value:g}")

    @classmethod
    def of(
        cls, quality: float | None = None, ratio: float | None = None, psnr: float | None = None
    ) -> Target | None:
        """Return the one target that is given; None where none is.

        Raises
        ------
        IdlatError
            Several are given.

        Examples
        --------
        >>> Target.of(ratio=100.0, psnr=40.0)
        Traceback (most recent call last):
        idlat.errors.IdlatError: --quality, --ratio and --psnr exclude each other: got --ratio 100 --psnr 40
        """
        targets = []
        if quality is not None:
            targets.append(cls("quality", quality))
        if ratio is not None:
            targets.append(cls("ratio", ratio))
        if psnr is not None:
            targets.append(cls("psnr", psnr))
        if len(targets) > 1:
            came = " ".join(f"--{target.name} {target.value:g}" for target in targets)
            raise IdlatError(f"--quality, --ratio and --psnr exclude each other: got {came}")
        return targets[0] if targets else None

    def gain(self, limits: tuple[float, float]) -> float | None:
        """Return the gain of a quality, between the limits; None where the gain has to be searched for."""
        if self.name != "quality":
            return None
        low, high = limits
        return low + self.value / 100 * (high - low)

    def miss(self, measured: float) -> float:
        """Return how far a measurement lies above the target: in parts of a ratio, in dB of a PSNR."""
        return measured / self.value - 1.0 if self.name == "ratio" else measured - self.value

    def height(self, measured: float) -> float:
        """Return the same on the scale that is nearly linear in the gain, rising with it."""
        if self.name == "psnr":
            return min(measured, 1e4) - self.value
        return -math.log(measured / self.value)

    @property
    def tolerance(self) -> float:
        """The largest miss that is accepted: 2 % of a ratio, 0.1 dB of a PSNR."""
        return 0.02 if self.name == "ratio" else 0.1

    def show(self, measured: float) -> str:
        """Return a measurement as text."""
        return f"{measured:.4g}" + (" dB" if self.name == "psnr" else "")


@dataclass(frozen=True)
class Settings:
    """The settings of a compression: a resumed job must have the same, an append keeps them.

    Attributes
    ----------
    target
        How good or how small; None is quality 50, the best quality for a bound, and the only quality of a
        model that has one.
    max_error
        The largest error of any voxel.
    transform
        ``none``, ``log10`` or ``asinh``, applied before normalisation.
    missing
        The value that the caller declared missing.
    periodic
        The axes, of ``z``, ``y`` and ``x``, that wrap.
    self_contained
        Whether the archive carries the model even if the package ships it.
    keep_importance
        Whether the mean importance of each block is stored.
    importance_range
        a of w = e^{aI+g}: what matters most weighs e^a times as much as what does not matter; None is the
        model's.
    key_every
        Each so many time steps one is coded alone, the others under the step before where that saves bytes;
        None is 8 where the model can.
    effort
        How much the encoder tries, 0 to 9; None is 3.

    Raises
    ------
    IdlatError
        There is no such transform, axis, range, number of steps or effort.

    Examples
    --------
    >>> Settings(periodic=("x", "z")).wraps
    (True, False, True)
    """

    target: Target | None = None
    transform: str = "none"
    missing: Number | None = None
    periodic: tuple[str, ...] = ()
    self_contained: bool = False
    keep_importance: bool = False
    max_error: ErrorBound | None = None
    importance_range: Finite | None = None
    key_every: Length | None = None
    effort: Count | None = None

    def __post_init__(self) -> None:
        if self.transform not in TRANSFORMS:
            known = ", ".join(TRANSFORMS)
            raise IdlatError(f"transform {self.transform!r} is unknown: choose one of {known}")
        axes = tuple(axis for axis in _AXES if axis in self.periodic)
        if len(axes) != len(self.periodic):
            came = ",".join(self.periodic)
            raise IdlatError(f"--periodic names axes among z, y and x, such as zy, got {came!r}")
        object.__setattr__(self, "periodic", axes)
        if self.importance_range is not None:
            if not 0 <= self.importance_range <= MOST_RANGE:
                given = f"{self.importance_range:g}"
                raise IdlatError(f"--importance-range goes from 0 to {MOST_RANGE}, got {given}")
            object.__setattr__(self, "importance_range", float(self.importance_range))
        if self.key_every is not None and not 1 <= self.key_every <= MOST_STEPS:
            raise IdlatError(f"--key-every goes from 1 to {MOST_STEPS}, got {self.key_every}")
        if self.effort is not None and not 0 <= self.effort <= MOST_EFFORT:
            raise IdlatError(f"--effort goes from 0 to {MOST_EFFORT}, got {self.effort}")
        if self.missing is not None and math.isnan(self.missing):  # is missing anyway
            object.__setattr__(self, "missing", None)

    @property
    def wraps(self) -> tuple[bool, bool, bool]:
        """Which of z, y and x wrap."""
        z, y, x = (axis in self.periodic for axis in _AXES)
        return z, y, x

    @property
    def steps_to_key(self) -> int:
        """Time steps from one that is coded alone to the next."""
        return _KEY_EVERY if self.key_every is None else self.key_every

    @property
    def tries(self) -> int:
        """How much the encoder tries."""
        return _EFFORT if self.effort is None else self.effort

    def for_model(self, model: LatentModel) -> Settings:
        """Return the settings with the target and the range that a model is used with.

        Raises
        ------
        IdlatError
            A target was asked for that the model or a bound does not go with.
        """
        low, high = model.gain_limits
        if (self.key_every or 1) > 1 and not model.codes_series:
            raise IdlatError(
                f"a model of preset {model.preset} codes each time step alone: leave out --key-every"
            )
        if self.importance_range is None:
            return replace(self, importance_range=model.importance_range).for_model(model)
        if self.max_error is not None:
            exact_model(model)
            if self.target is not None and self.target.name != "quality":
                raise IdlatError(
                    f"--max-error and --{self.target.name} exclude each other: give the quality, or leave it "
                    "to the bound"
                )
            return self
        if low < high:
            return replace(self, target=self.target or Target("quality", 50.0))
        if self.target is not None:
            raise IdlatError(
                f"a model of preset {model.preset} has one quality, set when it was trained: leave out "
                f"--{self.target.name}"
            )
        return self

    def fixed_at_creation(self) -> Sequence[str]:
        """Name the options that are set here and that an append cannot change."""
        named: dict[str, object] = {"periodic": self.periodic, "self-contained": self.self_contained}
        named["keep-importance"] = self.keep_importance
        named["max-error"] = self.max_error is not None
        named["importance-range"] = self.importance_range is not None
        named["key-every"] = self.key_every is not None
        named["effort"] = self.effort is not None
        target = [] if self.target is None else [self.target.name]
        return [f"--{name}" for name in [*target, *(name for name, value in named.items() if value)]]
