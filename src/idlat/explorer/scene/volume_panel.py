"""One panel: a volume, its isosurface and its slices, brought up to date only where something changed."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idlat.explorer.scene.actors.bounding_box import BoxActor
from idlat.explorer.scene.actors.isosurface_mesh import IsosurfaceMesh, isosurface, missing_surface
from idlat.explorer.scene.actors.mesh_actors import LineActor, SurfaceActor
from idlat.explorer.scene.actors.opengl_classes import vtkLight, vtkRenderer
from idlat.explorer.scene.actors.slice_planes import SliceActor
from idlat.explorer.scene.actors.volume_actor import VolumeActor
from idlat.explorer.scene.geometry.block_outlines import Outlines
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import Theme, lightened, table
from idlat.explorer.scene.geometry.value_codes import MISSING, Codes, opacity_table
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.scene_settings import (
    DIFFERENCE_POINTS,
    HASTY_SIDE,
    MAP_COLOURS,
    MAP_POINTS,
    MOVING_SIDE,
    OF_THE_FIELD,
    Kind,
    PanelLook,
    Points,
    SceneSettings,
    suggest_points,
    volume_stride,
)

__all__ = ["VolumePanel"]

# From the upper left and, weakly, from the right: place right, up and towards the eye, and strength.
_LIGHTS = (((-0.5, 0.7, 1.0), 0.95), ((0.9, -0.2, 0.5), 0.3))
_GUESS = 4  # voxels apart, from which the number of triangles is guessed
_MANY_FACES = 60_000  # more than this, and a moving picture shows a coarser surface of about as many


class VolumePanel:
    """What one volume looks like.

    Parameters
    ----------
    kind : str
        Of what.
    values : float32 array (z, y, x)
        NaN where missing.
    frame : VolumeFrame
        Their grid.
    codes : Codes
        The values that colours reach.
    theme : Theme
        Colours of what is no data.
    """

    def __init__(
        self, kind: Kind, values: NDArray[np.float32], frame: VolumeFrame, codes: Codes, theme: Theme
    ) -> None:
        self.kind, self.values, self.frame, self.codes = kind, values, frame, codes
        self._theme = theme
        self.look: PanelLook | None = None  # of another variable or step
        self.borrowed: VolumePanel | None = None  # whose isosurface is drawn instead of its own
        self.renderer = vtkRenderer()
        self.renderer.SetBackground(*(c / 255 for c in theme.background))
        for place, strength in _LIGHTS:
            right, up, near = place
            self.renderer.AddLight(_camera_light((-right if frame.downwards else right, up, near), strength))
        self.volumes = {1: VolumeActor()}
        self.fine, self.rough, self.gaps = SurfaceActor(), SurfaceActor(), SurfaceActor()
        self.slices = [SliceActor(axis) for axis in range(3)]
        self.outline, self.box = LineActor(2.0), BoxActor(frame, theme.muted)
        parts = [part.actor for part in (self.outline, self.fine, self.rough, self.gaps)]
        for actor in (self.box.actor, *parts, *(part.actor for part in self.slices)):
            self.renderer.AddActor(actor)
        self.renderer.AddViewProp(self.box.over)
        self.renderer.AddVolume(self.volumes[1].actor)
        self._seen: dict[str, tuple[Any, ...]] = {}
        self._surfaces: dict[int, tuple[float, IsosurfaceMesh]] = {}
        self._faces: dict[int, tuple[IsosurfaceMesh, Selection, NDArray[np.int64]]] = {}

    @cached_property
    def encoded(self) -> NDArray[np.uint8]:
        """The values as bytes (z, y, x)."""
        return self.codes.encode(self.values)

    @cached_property
    def suggested(self) -> Points:
        """The transfer function where none is set."""
        return suggest_points(self.values, self.codes)

    def own(self, settings: SceneSettings) -> SceneSettings:
        """Return how this panel is drawn where all are drawn by some settings."""
        return settings if self.look is None else self.look.of(settings)

    def colours(self, look: SceneSettings) -> str:
        """Return the name of this panel's colour map."""
        names: dict[Kind, str] = {"difference": look.difference_colours, "map": MAP_COLOURS}
        return names.get(self.kind, look.colours)

    def opacity(self, look: SceneSettings) -> NDArray[np.float64]:
        """Return the opacity of each byte (256,)."""
        if self.kind == "difference":
            return opacity_table([(share * self.codes.high, a) for share, a in DIFFERENCE_POINTS], self.codes)
        if self.kind == "map":
            return opacity_table(MAP_POINTS, self.codes)
        return opacity_table(look.points or self.suggested, self.codes) * self.inside(look)

    def inside(self, look: SceneSettings) -> NDArray[np.bool_]:
        """Tell of each byte (256,) whether its values are in the window that the eye is on."""
        if look.window is None or self.kind not in OF_THE_FIELD:
            return np.ones(256, bool)
        low, high = self.codes.encode(np.array(look.window)).tolist()
        inside = np.zeros(256, bool)
        inside[low : high + 1] = True
        return inside

    def isosurface(self, isovalue: float, stride: int = 1) -> IsosurfaceMesh:
        """Return the surface of an isovalue; the last one of a stride is kept."""
        kept = self._surfaces.get(stride)
        if kept is None or kept[0] != isovalue:
            kept = isovalue, isosurface(self.values, self.frame, isovalue, stride)
            self._surfaces[stride] = kept
        return kept[1]

    def face_count(self, isovalue: float) -> int:
        """Return how many triangles a surface has, about where it is large and not yet computed."""
        kept = self._surfaces.get(1)
        if min(self.frame.shape) < 4 * _GUESS or (kept is not None and kept[0] == isovalue):
            return len(self.isosurface(isovalue).faces)
        return len(self.isosurface(isovalue, _GUESS).faces) * _GUESS**2

    def faces(self, isovalue: float, selection: Selection, stride: int) -> NDArray[np.int64]:
        """Return the triangles (k, 3) of the surface that are shown; the last ones of a stride are kept."""
        surface, kept = self.isosurface(isovalue, stride), self._faces.get(stride)
        if kept is None or kept[0] is not surface or kept[1] is not selection:
            kept = surface, selection, surface.shown(selection)
            self._faces[stride] = kept
        return kept[2]

    @property
    def base(self) -> VolumePanel:
        """The panel whose isosurface is drawn: for a difference or a map, the volume that it belongs to."""
        return self.borrowed or self

    def refresh(
        self, look: SceneSettings, selection: Selection, outlines: Outlines | None, moving: bool
    ) -> None:
        """Bring everything up to date.

        Parameters
        ----------
        look, selection
            What is drawn, and where.
        outlines : Outlines or None
            Of the blocks of clusters, and their colours.
        moving : bool
            Whether a coarser surface will do.
        """
        self.outline.show(outlines is not None and look.outlined)
        if outlines is not None and look.outlined and self._changed("outlines", outlines, selection):
            self.outline.set_lines(*outlines.lines(self.frame, selection))
        self._refresh_volume(look, selection, moving)
        stride = self._stride(look, moving)
        self.fine.show(look.surface and stride == 1)
        self.rough.show(look.surface and stride > 1)
        if look.surface:
            self._refresh_surface(look, selection, outlines, stride)
        self.gaps.show(look.missing and look.mode != "slices")
        if look.missing and self._changed("gaps"):
            surface = missing_surface(self.values, self.frame)
            self.gaps.set_surface(surface)
            self.gaps.set_faces(surface.faces)
            self.gaps.set_colour(self._theme.muted)
        for part in self.slices:
            part.show(look.mode == "slices")
        if look.mode == "slices":
            self._refresh_slices(look, selection)

    def set_detail(self, along: float, across: float) -> None:
        """Sample each ray every so many voxels, and cast a ray every so many pixels of the picture."""
        for volume in self.volumes.values():
            volume.set_detail(along, across)

    def _refresh_volume(self, look: SceneSettings, selection: Selection, moving: bool) -> None:
        """Bring the volume of every so manieth voxel up to date, and hide those of other strides.

        In motion one that stands is drawn; where there is none, a coarser one is sooner made.
        """
        opacity = self.opacity(look) if look.volume else np.zeros(256)
        # What is left out takes the clearest value, so that no shell of other colours surrounds the rest.
        clear = 1 + int(opacity[1:].argmin())
        outside = clear if opacity[clear] == 0 else MISSING
        if self.kind == "difference":
            outside = int(self.codes.encode(np.zeros(1))[0])
        stride = volume_stride(self.frame, selection.block, MOVING_SIDE) if moving else 1
        if moving and not self._stands(f"volume {stride}", selection, outside):
            stride = volume_stride(self.frame, selection.block, HASTY_SIDE)
        if look.volume and stride not in self.volumes:
            self.volumes[stride] = VolumeActor()
            self.renderer.AddVolume(self.volumes[stride].actor)
        for each, volume in self.volumes.items():
            volume.show(look.volume and each == stride)
        if not look.volume:
            return
        volume = self.volumes[stride]
        if self._changed(f"transfer {stride}", look.points, look.window, self.colours(look)):
            volume.set_transfer(table(self.colours(look)), opacity)
        if self._changed(f"volume {stride}", selection, outside):
            thin = selection.thinned(stride)
            z, y, x = (span.start * stride for span in thin.box)
            codes = thin.cut(self.encoded[::stride, ::stride, ::stride], outside)
            volume.set_codes(codes, self.frame, (z, y, x), stride)
            volume.show(True)

    def _stride(self, look: SceneSettings, moving: bool) -> int:
        """Return how far apart the voxels are that the surface is made of; its triangles go by the square."""
        if not moving or look.isovalue is None or not look.surface:
            return 1
        return math.ceil(math.sqrt(self.base.face_count(look.isovalue) / _MANY_FACES)) or 1

    def _refresh_surface(
        self, look: SceneSettings, selection: Selection, outlines: Outlines | None, stride: int
    ) -> None:
        """Bring the isosurface up to date; that of another panel has this one's colours on it.

        Where clusters are told apart, it has their colours.
        """
        assert look.isovalue is not None
        base = self.base
        surface, colours = base.isosurface(look.isovalue, stride), table(self.colours(look))
        actor = self.fine if stride == 1 else self.rough
        told_apart = look.tinted and base is self and outlines is not None and outlines.labels is not None
        clusters = outlines if told_apart else None
        if new := self._changed(f"surface {stride > 1}", surface, self.colours(look), clusters):
            if clusters is not None:
                actor.set_surface(surface, clusters.shades(surface.voxels, selection, self._theme.muted))
            elif base is self:
                actor.set_surface(surface)
                red, green, blue = colours[self.codes.encode(np.array([look.isovalue]))[0]].tolist()
                actor.set_colour(lightened((red, green, blue)))
            else:
                shades = colours.copy()
                shades[MISSING] = self._theme.muted  # such as where no chunk was tried
                actor.set_surface(surface, shades[self.codes.encode(surface.sample(self.values))])
        faces = base.faces(look.isovalue, selection, stride)
        if self._changed(f"faces {stride > 1}", faces) or new:
            actor.set_faces(faces)

    def _refresh_slices(self, look: SceneSettings, selection: Selection) -> None:
        """Bring the slices up to date."""
        places = look.slices or tuple(n // 2 for n in self.frame.shape)
        for axis, (part, place) in enumerate(zip(self.slices, places, strict=True)):
            if self._changed(f"slice {axis}", selection, place, look.window, self.colours(look)):
                part.set_slice(
                    self.encoded,
                    table(self.colours(look)),
                    self.inside(look),
                    selection,
                    self.frame,
                    place,
                    self._theme.background,
                )

    def _changed(self, part: str, *key: Any) -> bool:
        """Tell whether what a part was made of has changed, and remember it."""
        stands = self._stands(part, *key)
        self._seen[part] = key
        return not stands

    def _stands(self, part: str, *key: Any) -> bool:
        """Tell whether a part was made of this."""
        before = self._seen.get(part)
        return before is not None and not any(_differ(a, b) for a, b in zip(before, key, strict=True))


def _differ(a: object, b: object) -> bool:
    """Tell whether two parts of a key differ; arrays are compared by identity."""
    return a is not b and (isinstance(a, np.ndarray) or a != b)


def _camera_light(place: tuple[float, float, float], strength: float) -> vtkLight:
    """Return a light that stays with the eye."""
    light = vtkLight()
    light.SetLightTypeToCameraLight()
    light.SetPosition(*place)
    light.SetFocalPoint(0, 0, 0)
    light.SetIntensity(strength)
    return light
