"""Draw the picture of the README: an isosurface of a vortex, kept by idlat and a peer in equal bytes.

    python docs/figures/first_screen.py

simulates the vortex, compresses it under a map of the isosurface, gives SPERR, SZ3, ZFP and TTHRESH the
same bytes (each the finest setting that needs no more), prints what each made of the surface, and draws
the best of them, coloured by the distance to the surface of the original. It needs the extras ``vtk`` and
``bench``.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

import idlat
from idlat.datasets import vortex
from idlat.metrics import Triangles, distance_between, extract_surface
from idlat.metrics.mesh_distance import distance_to
from idlat.render import Image, Viewpoint, draw_surface
from idlat.reproduce.peers import PEERS, Peer, PeerError, quiet_stdout

IMAGE = Path(__file__).parents[1] / "images" / "first_screen.png"
WIDTH = 1680  # pixels: twice what GitHub shows
FAR = 2.0  # voxels: the end of the colours
NEAR_TO_FAR = LinearSegmentedColormap.from_list(
    "near_to_far", [(0, "#4f8fb8"), (0.2, "#e3c565"), (0.5, "#dd6b2d"), (1, "#8c1030")]
)
SEARCH = 14  # halvings of the logarithm of a peer's step

Volume = NDArray[np.float32]


@dataclass(frozen=True)
class Kept:
    """What a compressor keeps of a surface: its bytes, the surface, and the mean distance in voxels."""

    name: str
    size: int
    surface: Triangles
    mean: float


def keep_by_idlat(field: xr.DataArray, isovalue: float, quality: float, original: Triangles) -> Kept | None:
    """Compress under the surface's map; count every byte that decoding needs but the model."""
    with tempfile.TemporaryDirectory() as folder:
        text = f"isosurface({isovalue}, decay=0.3)"
        archive = idlat.compress(field, Path(folder) / "vortex.idlat", text, quality=quality)
        found = idlat.evaluate(archive, field)
        print(f"idlat's archive with all its metadata: {found.bytes_archive:,} bytes")
        return judge("idlat", found.bytes_streams, archive.decode().values, isovalue, original)


def keep_by(peer: Peer, values: Volume, size: int, isovalue: float, original: Triangles) -> Kept | None:
    """Compress by a peer with the finest step that needs no more bytes; None where there is none."""
    fine, coarse = 1e-4, 4.0
    best = None
    for _ in range(SEARCH):
        step = math.sqrt(fine * coarse)
        data, decoded = peer.run(values, step)
        if len(data) <= size:
            best, coarse = (len(data), decoded), step
        else:
            fine = step
    return judge(peer.name, *best, isovalue, original) if best else None


def judge(name: str, size: int, decoded: Volume, isovalue: float, original: Triangles) -> Kept | None:
    """Measure a decoded volume's surface; None where it has none."""
    surface = extract_surface([np.ascontiguousarray(decoded, np.float32)], isovalue)
    if not len(surface.faces):
        return None
    return Kept(name, size, surface, distance_between(original, surface).mean)


def peers_of(values: Volume, size: int, isovalue: float, original: Triangles) -> list[Kept]:
    """Return what each peer keeps, the nearest surface first."""
    found = []
    for peer in PEERS.values():
        try:
            with quiet_stdout():
                kept = keep_by(peer, values, size, isovalue, original)
        except PeerError as error:
            print(error)
            continue
        found += [kept] if kept else []
    return sorted(found, key=lambda kept: kept.mean)


def picture(surface: Triangles, original: Triangles, extent: tuple[float, float, float]) -> Image:
    """Draw a surface, coloured by its distance to the original one."""
    away = distance_to(original, surface.points) / FAR
    colours = np.asarray(255 * NEAR_TO_FAR(np.minimum(away, 1))[:, :3], np.uint8)
    side = 2 * (WIDTH // 3)  # drawn larger, then averaged, for smooth edges
    view = Viewpoint(azimuth=30, elevation=25, zoom=1.06, size=(side, side))
    fine = draw_surface(surface, extent, colours, view)[side // 30 : -side // 30]
    height = len(fine) // 2
    return fine[: 2 * height].reshape(height, 2, side // 2, 2, 3).mean(axis=(1, 3)).astype(np.uint8)


def draw(images: list[tuple[str, str, Image]]) -> Figure:
    """Put pictures in a row, with a title and a line beneath each, and the colours' legend."""
    figure = Figure(figsize=(WIDTH / 200, 3.35), dpi=200)
    for number, (title, line, image) in enumerate(images):
        ax = figure.add_axes((number / 3 + 0.004, 0.17, 1 / 3 - 0.008, 0.75))
        ax.imshow(image)
        ax.set_axis_off()
        ax.set_title(title, fontsize=10, fontweight="bold", pad=3)
        ax.text(0.5, -0.02, line, transform=ax.transAxes, ha="center", va="top", fontsize=9, color="#333333")
    bar = figure.add_axes((0.36, 0.075, 0.28, 0.022))
    shown = ScalarMappable(Normalize(0, FAR), NEAR_TO_FAR)
    figure.colorbar(shown, cax=bar, orientation="horizontal", extend="max")
    bar.tick_params(labelsize=7, length=2, pad=1)
    figure.text(0.35, 0.086, "distance to the original surface, voxels", ha="right", va="center", fontsize=8)
    return figure


def beneath(kept: Kept) -> str:
    """Say the bytes, and how far the surface is off."""
    return f"{kept.size:,} bytes, off by {kept.mean:.2f} voxels"


def main() -> None:
    """Simulate, compress, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=96, help="voxels along an axis")
    parser.add_argument("--quality", type=float, default=50)
    parser.add_argument("-o", "--output", type=Path, default=IMAGE, metavar="PNG")
    options = parser.parse_args()
    field = next(step for _, step in vortex(size=options.size, steps=1, seed=1))
    values = np.ascontiguousarray(field.values, np.float32)
    isovalue = round(float(values.mean() + 3.5 * values.std()), 1)
    original = extract_surface([values], isovalue)
    ours = keep_by_idlat(field, isovalue, options.quality, original)
    if ours is None:
        raise SystemExit("idlat has lost the surface: ask for more --quality")
    peers = peers_of(values, ours.size, isovalue, original)
    print(f"vortex {options.size}³, {values.nbytes:,} bytes, isosurface at {isovalue}")
    for kept in (ours, *peers):
        print(f"{kept.name:>8} {kept.size:>8,} bytes, the surface {kept.mean:.3f} voxels off")
    extent = (float(values.shape[0] - 1), float(values.shape[1] - 1), float(values.shape[2] - 1))
    images = [("original", f"{values.nbytes:,} bytes", picture(original, original, extent))]
    titles = [
        "idlat, told which surface matters",
        *(f"{kept.name}, the nearest of its peers" for kept in peers),
    ]
    for title, kept in zip(titles[:2], (ours, *peers), strict=False):
        images.append((title, beneath(kept), picture(kept.surface, original, extent)))
    draw(images).savefig(options.output)


if __name__ == "__main__":
    main()
