"""Curves of rate against weighted PSNR: what is measured, kept and drawn."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Curve", "Panel", "RatePoint"]


@dataclass(frozen=True)
class RatePoint:
    """Bits a voxel of the streams, and PSNR in dB weighted by the map (Eq. 13, 14)."""

    bits: float
    wpsnr: float


@dataclass(frozen=True)
class Curve:
    """Points of a model or a compressor, from few bits to many.

    Attributes
    ----------
    name : str
    points : tuple of RatePoint
        One where it has a single quality.
    note : str
        What is to be known of it.
    """

    name: str
    points: tuple[RatePoint, ...]
    note: str = ""

    def described(self) -> str:
        """Say the points in a line, or why there are none."""
        shown = (f"{point.bits:.3g} bits at {point.wpsnr:.1f} dB" for point in self.points)
        return ", ".join(shown) or self.note

    def best(self) -> list[RatePoint]:
        """Return the points, from few bits to many, that none with fewer bits is better than.

        Examples
        --------
        >>> found = Curve("a", (RatePoint(2.0, 30.0), RatePoint(1.0, 20.0), RatePoint(1.5, 18.0))).best()
        >>> [point.bits for point in found]
        [1.0, 2.0]
        """
        kept: list[RatePoint] = []
        for point in sorted(self.points, key=lambda each: (each.bits, -each.wpsnr)):
            if not kept or point.wpsnr > kept[-1].wpsnr:
                kept.append(point)
        return kept


@dataclass(frozen=True)
class Panel:
    """A data set.

    Attributes
    ----------
    dataset, file, importance : str
        The volume, and the map.
    label : str
        What the map is, in a few words.
    curves : tuple of Curve
    """

    dataset: str
    file: str
    importance: str
    label: str
    curves: tuple[Curve, ...]
