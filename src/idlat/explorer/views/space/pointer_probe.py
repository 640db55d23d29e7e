"""What is under the pointer in physical space: the voxel, its values in every panel, and its cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from idlat.explorer.data import Kind, Volume
from idlat.explorer.notation import number
from idlat.explorer.views.space.canvas import Canvas
from idlat.tiling import Triple

__all__ = ["PointerProbe", "value_at"]


class PointerProbe:
    """Tells the page of one place at a time: while one is looked up, the last of those that follow waits.

    Parameters
    ----------
    canvas
        Whose picture it is.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._busy = False
        self._next: tuple[float, float] | None = None
        self._left = False  # the pointer, while a place is looked up

    def ask(self, x: float, y: float) -> None:
        """Look up a place, in shares of the picture's width and height from the upper left."""
        self._left = False
        if self._busy:
            self._next = x, y
            return
        self._busy = True
        width, height = self._canvas.size
        self._canvas.renderer.ask(
            lambda scene: scene.probe(x * width, y * height),
            lambda found: self._canvas.host.later(lambda: self._found(found)),
        )

    def leave(self) -> None:
        """Tell nothing: the pointer is elsewhere."""
        self._left, self._next, self._canvas.state.probed = True, None, None

    def forget(self) -> None:
        """Tell nothing until it is asked again, such as once another thread draws."""
        self._busy, self._next, self._canvas.state.probed = False, None, None

    def _found(self, sample: Triple | None) -> None:
        canvas, volume, self._busy = self._canvas, self._canvas.volume, False
        if sample is None or volume is None or self._left:
            canvas.state.probed = None
        elif all(i < n for i, n in zip(sample, volume.values.shape, strict=True)):
            canvas.state.probed = self._told(sample, volume)
        if self._next is not None:
            place, self._next = self._next, None
            self.ask(*place)

    def _told(self, sample: Triple, volume: Volume) -> dict[str, Any]:
        """Return what is known of a sample: where it is, its values, and the row of its block."""
        host, canvas = self._canvas.host, self._canvas
        starts = [start for start, _ in volume.region]
        z, y, x = (i * volume.stride + start for i, start in zip(sample, starts, strict=True))
        row = None
        if host.blocks is not None:
            side = host.dataset.block
            row = host.blocks.row_at((z // side, y // side, x // side))
        cluster = ""
        if row is not None and host.editor is not None:
            cluster = host.editor.name(int(host.editor.labels()[row]))
        mean = f"mean of {volume.stride}³ voxels from " if volume.stride > 1 else ""
        return {
            "place": f"{mean}z {z}  y {y}  x {x}",
            "where": self._where((z, y, x)),
            "values": [*values_at(canvas.volumes, sample, canvas.state.units), *canvas.told_beside(sample)],
            "cluster": cluster,
            "row": -1 if row is None else row,
        }

    def _where(self, voxel: Triple) -> str:
        """Return the coordinates of a voxel; empty where the field has none."""
        template, found = self._canvas.host.dataset.coordinates, []
        for axis, index in zip("zyx", voxel, strict=True):
            if axis in template:
                values, name, unit = template[axis]
                found.append(f"{name} {number(float(values[index]), 5)} {unit}".strip())
        return ", ".join(found)


def values_at(volumes: Mapping[Kind, Volume], sample: Triple, units: str) -> list[dict[str, str]]:
    """Return the value of a sample (z, y, x) in each volume, by name.

    Examples
    --------
    >>> volume = Volume(np.full((1, 1, 1), 0.25, np.float32), (1, 1, 1), 1, ((0, 1),) * 3)
    >>> values_at({"original": volume}, (0, 0, 0), "K")
    [{'name': 'Original', 'value': '0.25 K'}]
    """
    return [value_at(volume, sample, kind.capitalize(), units) for kind, volume in volumes.items()]


def value_at(volume: Volume, sample: Triple, name: str, units: str) -> dict[str, str]:
    """Return the value of a sample (z, y, x), with a name."""
    value = float(volume.values[sample])
    told = f"{number(value, 5)} {units}".strip() if np.isfinite(value) else "missing"
    return {"name": name, "value": told}
