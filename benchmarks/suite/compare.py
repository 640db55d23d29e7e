"""idlat's bytes over the best peer's at equal weighted PSNR, on the peer's curve; nothing is extrapolated.

Two peers are best: the one of fewest bytes at our weighted PSNR, whatever it does elsewhere; and the one of
fewest bytes that also keeps our plain PSNR (over the whole field, I = 1) to within 0.05 dB, with a finer step
if it takes one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from suite.archives import ArchivePoint
from suite.fields import SuiteField
from suite.maps import SuiteMap
from suite.peer_curves import CurvePoint, PeerCurve

SLACK = 0.05  # dB of plain PSNR that a peer may lose


@dataclass(frozen=True)
class PeerSize:
    """A peer's bytes at our weighted PSNR, and with our plain PSNR kept; None where its curve ends before."""

    peer: str
    equal: float | None
    keeping: float | None


@dataclass(frozen=True)
class Case:
    """One archive and its peers; ratios are our bytes over the best peer's, None if all curves end before."""

    kind: str
    map_kind: str
    point: ArchivePoint
    peers: tuple[PeerSize, ...]

    @property
    def best(self) -> PeerSize | None:
        """The peer of fewest bytes at our weighted PSNR."""
        reached = [peer for peer in self.peers if peer.equal is not None]
        return min(reached, key=lambda peer: peer.equal or math.inf, default=None)

    @property
    def best_keeping(self) -> PeerSize | None:
        """The peer of fewest bytes that keeps our plain PSNR too."""
        reached = [peer for peer in self.peers if peer.keeping is not None]
        return min(reached, key=lambda peer: peer.keeping or math.inf, default=None)

    @property
    def ratio(self) -> float | None:
        """Over `best`."""
        return self.point.size / self.best.equal if self.best and self.best.equal else None

    @property
    def ratio_keeping(self) -> float | None:
        """Over `best_keeping`."""
        best = self.best_keeping
        return self.point.size / best.keeping if best and best.keeping else None


def compare(field: SuiteField, chosen: SuiteMap, point: ArchivePoint, curves: Iterable[PeerCurve]) -> Case:
    """Set one archive beside the curves for its field and map."""
    return Case(field.kind, chosen.kind, point, tuple(_size(curve, point) for curve in curves))


def _size(curve: PeerCurve, point: ArchivePoint) -> PeerSize:
    equal = size_at(curve.points, "wpsnr", point.wpsnr)
    kept = size_at(curve.points, "psnr", point.psnr - SLACK)
    if equal is not None and _coarsest(curve.points, "psnr") >= point.psnr - SLACK:
        kept = equal  # even the coarsest point keeps it
    keeping = None if equal is None or kept is None else max(equal, kept)
    return PeerSize(curve.label, equal, keeping)


def _coarsest(points: tuple[CurvePoint, ...], quantity: str) -> float:
    return min((getattr(point, quantity) for point in points), default=-math.inf)


def size_at(points: tuple[CurvePoint, ...], quantity: str, target: float) -> float | None:
    """Return the bytes at a PSNR, None outside the curve.

    The logarithm of the bytes is interpolated by a monotone cubic over the points that no other point beats,
    with fewer bytes at a higher PSNR.
    """
    kept: list[tuple[float, float]] = []
    found = ((getattr(point, quantity), math.log(point.size)) for point in points)
    for decibels, size in sorted((pair for pair in found if math.isfinite(pair[0])), reverse=True):
        if not kept or (size < kept[-1][1] and decibels < kept[-1][0]):
            kept.append((decibels, size))
    kept.reverse()
    if len(kept) < 2 or not kept[0][0] <= target <= kept[-1][0]:
        return None
    x, y = np.array(kept).T
    return float(math.exp(PchipInterpolator(x, y)(target)))
