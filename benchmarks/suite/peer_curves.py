"""Peers' rate-distortion curves: measured once at a ladder of steps, and kept in a folder.

A curve's file is named after field, map, peer and form, and after a hash of everything that it depends on:
the values, the map, what the peer was given, its version and its steps. A curve that another version or field
made has another name, so that nothing stale is ever read.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from shared.peers import PEERS, PeerError, quiet_stdout

from suite.errors import psnr, relative_errors
from suite.fields import SuiteField
from suite.maps import SuiteMap
from suite.peer_forms import PeerForm, forms_of

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Ladder:
    """A peer's steps as fractions of the range: `scale` · 10^(−dB/20) for each of `levels`."""

    scale: float
    levels: tuple[float, ...]

    @property
    def steps(self) -> tuple[float, ...]:
        """From coarse to fine."""
        return tuple(self.scale * 10 ** (-level / 20) for level in self.levels)


# ZFP rounds its tolerance down to a power of two
LADDERS = {
    "SPERR": Ladder(2.0, tuple(np.arange(-1.0, 100.0, 4.0).tolist())),
    "SZ3": Ladder(1.5, tuple(np.arange(0.0, 100.0, 5.0).tolist())),
    "ZFP": Ladder(8.0, tuple((6.0206 * np.arange(1, 18)).tolist())),
    "TTHRESH": Ladder(1.0, tuple(np.arange(17.0, 92.0, 7.0).tolist())),
}
FORMS = {
    "SPERR": ("plain", "smoothed", "clipped", "cropped", "cropped clipped"),
    "SZ3": ("plain", "smoothed", "clipped", "cropped", "cropped clipped", "4-D"),
    "ZFP": ("plain", "clipped", "cropped", "cropped clipped", "4-D"),
    "TTHRESH": ("plain", "cropped"),
}


@dataclass(frozen=True)
class CurvePoint:
    """Bytes, and PSNRs in dB: over the whole field, and weighted by the map."""

    step: float
    size: int
    psnr: float
    wpsnr: float


@dataclass(frozen=True)
class PeerCurve:
    """A peer's points for a field, a map and a form, from coarse to fine; `failure` if there are none."""

    peer: str
    form: str
    points: tuple[CurvePoint, ...]
    failure: str | None = None

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.peer if self.form == "plain" else f"{self.peer} {self.form}"


def peer_curves(
    field: SuiteField, maps: list[SuiteMap], peers: list[str], cache: Path
) -> dict[str, list[PeerCurve]]:
    """Return the curves of a field under each map, by the map's name; measure those that are not kept."""
    found: dict[str, list[PeerCurve]] = {chosen.name: [] for chosen in maps}
    for peer in peers:
        for form in FORMS[peer]:
            # the plain form is the same under every map: encoded once, measured under all
            groups = [maps] if form == "plain" else [[chosen] for chosen in maps]
            for group in groups:
                for chosen, curve in zip(group, _curves(field, group, peer, form, cache), strict=False):
                    found[chosen.name].append(curve)
    return found


def _curves(field: SuiteField, maps: list[SuiteMap], peer: str, form: str, cache: Path) -> list[PeerCurve]:
    """Curves of one form under maps that share it; none where the form is not for the map."""
    prepared = forms_of(field, maps[0], (form,))
    if not prepared:
        return []
    paths = [_path(cache, field, chosen, peer, prepared[0]) for chosen in maps]
    lacking = [(chosen, path) for chosen, path in zip(maps, paths, strict=True) if not path.exists()]
    if lacking:
        print(f"  measuring {peer} {form} on {field.name}", file=sys.stderr, flush=True)
        curves = _measure(field, [chosen for chosen, _ in lacking], peer, prepared[0])
        for (_, path), curve in zip(lacking, curves, strict=True):
            _write(path, curve)
    return [_read(path) for path in paths]


def _measure(field: SuiteField, maps: list[SuiteMap], peer: str, form: PeerForm) -> list[PeerCurve]:
    points: list[list[CurvePoint]] = [[] for _ in maps]
    failure = None
    valid = field.valid.astype(np.float32)
    for step in LADDERS[peer].steps:
        try:
            with quiet_stdout():
                size, decoded = _encode(peer, form, step)
        except PeerError as error:
            failure = str(error)
            continue
        relative = relative_errors(field.values, form.restore(decoded))
        whole = psnr(relative, valid)
        for chosen, list_of_points in zip(maps, points, strict=True):
            wpsnr = psnr(relative, chosen.importance)
            list_of_points.append(CurvePoint(step, size + form.extra_bytes, whole, wpsnr))
    return [PeerCurve(peer, form.name, tuple(some), failure) for some in points]


def _encode(peer: str, form: PeerForm, step: float) -> tuple[int, Real]:
    """Compress and decode a field, or each time step of a series; return the bytes and what came back."""
    stepwise = form.given.ndim == 4 and form.name != "4-D"
    parts = [PEERS[peer].run(values, step) for values in (form.given if stepwise else [form.given])]
    decoded = np.stack([part for _, part in parts]) if stepwise else parts[0][1]
    return sum(len(data) for data, _ in parts), decoded


def _path(cache: Path, field: SuiteField, chosen: SuiteMap, peer: str, form: PeerForm) -> Path:
    version = importlib.metadata.version(f"numcodecs-wasm-{peer.lower()}")
    given = hashlib.sha256(form.given.tobytes()).hexdigest()
    settings = [peer, version, form.name, form.extra_bytes, LADDERS[peer].steps]
    key = json.dumps([field.sha256, chosen.sha256, given, settings])
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    name = f"{peer}_{form.name.replace(' ', '_')}_{chosen.name}_{digest}.json"
    return cache / "curves" / field.name / name


def _write(path: Path, curve: PeerCurve) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(asdict(curve)) + "\n")
    partial.replace(path)


def _read(path: Path) -> PeerCurve:
    content = json.loads(path.read_text())
    points = tuple(CurvePoint(**point) for point in content.pop("points"))
    return PeerCurve(points=points, **content)
