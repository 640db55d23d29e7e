"""The parts that need no picture."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from idlat.errors import RenderError
from idlat.explorer.scene.actors.isosurface_mesh import isosurface
from idlat.explorer.scene.geometry.block_outlines import Outlines, creases
from idlat.explorer.scene.geometry.block_selection import Selection
from idlat.explorer.scene.geometry.colour_maps import (
    DIVERGING,
    SEQUENTIAL,
    THEMES,
    hex_colour,
    lightened,
    table,
)
from idlat.explorer.scene.geometry.panel_layout import arrange
from idlat.explorer.scene.geometry.value_codes import Codes
from idlat.explorer.scene.geometry.volume_frame import VolumeFrame
from idlat.explorer.scene.overlay.axes_triad import triad
from idlat.explorer.scene.overlay.scale_bar import nice_length, scale_bar
from idlat.explorer.scene.overlay.text_labels import Label, paste
from support.explorer.scene_ball import ball


def test_importing_the_scene_loads_no_vtk() -> None:
    code = "import sys, idlat.explorer.scene.scene; assert not any('vtk' in name for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("made", "drawn", "kind"),
    [
        ("actors.mesh_actors.SurfaceActor()", "actor", "vtkOpenGLActor"),
        ("actors.mesh_actors.LineActor(1.0)", "actor.GetMapper()", "vtkOpenGLPolyDataMapper"),
        ("actors.slice_planes.SliceActor(0)", "actor.GetTexture()", "vtkOpenGLTexture"),
        ("orbit_camera.Camera()", "vtk", "vtkOpenGLCamera"),
        ("render_window.RenderWindow(8, 8)", "_window", "vtkOpenGLRenderWindow"),
        # its helper for OpenGL is made with it: the process ends without it
        ("actors.volume_actor.VolumeActor()", "actor.GetMapper()", "vtkFixedPointVolumeRayCastMapper"),
    ],
)
def test_each_part_is_made_for_opengl_whatever_was_imported_before(made: str, drawn: str, kind: str) -> None:
    module = f"idlat.explorer.scene.{made.partition('(')[0].rpartition('.')[0]}"
    code = f"import {module}; assert idlat.explorer.scene.{made}.{drawn}.IsA({kind!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_maps_grow_brighter(name: str) -> None:
    luminance = table(name) @ [0.2126, 0.7152, 0.0722]
    assert np.diff(luminance).min() > -1.5
    assert luminance[-1] > luminance[0] + 100


@pytest.mark.parametrize("name", DIVERGING)
def test_diverging_maps_are_brightest_in_the_middle(name: str) -> None:
    luminance = table(name) @ [0.2126, 0.7152, 0.0722]
    assert 100 < luminance.argmax() < 156
    assert abs(int(luminance[0]) - int(luminance[-1])) < 60


def test_colours_are_read_strictly() -> None:
    for text in ("red", "#12345", "#gg0000", "#12 456", "1234567"):
        with pytest.raises(RenderError, match="#rrggbb"):
            hex_colour(text)
    assert lightened((0, 0, 0), 0.5) == (128, 128, 128)


def test_codes_are_within_half_a_step() -> None:
    values = np.random.default_rng(0).uniform(-3, 7, 1000).astype(np.float32)
    codes = Codes(-3.0, 7.0)
    assert np.abs(codes.values()[codes.encode(values)] - values).max() <= 10 / 254 / 2 * 1.001
    assert codes.encode(np.array([np.inf, -np.inf, np.nan])).tolist() == [0, 0, 0]
    assert Codes(2.0, 2.0).encode(np.full(3, 2.0)).tolist() == [1, 1, 1]


def test_the_triangles_of_a_large_surface_are_guessed_from_a_coarse_one() -> None:
    from idlat.explorer.scene.volume_panel import VolumePanel

    field = ball(65)
    panel = VolumePanel(
        "original", field, VolumeFrame.of(field, (1.0, 1.0, 1.0)), Codes(-20.0, 20.0), THEMES["dark"]
    )
    guess = panel.face_count(0.0)
    exact = len(panel.isosurface(0.0).faces)
    assert guess == pytest.approx(exact, rel=0.2)
    assert panel.face_count(0.0) == exact  # known by now


def test_clusters_colour_the_voxels_that_are_in_them() -> None:
    labels = np.array([0, 1, -1]).reshape(1, 1, 3)
    outlines = Outlines(labels, ("#ff8000", "#404040"))
    voxels = np.array([[0, 0, 3], [0, 0, 4], [0, 0, 9]])
    found = outlines.shades(voxels, Selection((4, 4, 12), None, 4), (1, 2, 3))
    assert found.tolist() == [list(lightened((255, 128, 0))), list(lightened((64, 64, 64))), [1, 2, 3]]
    with pytest.raises(RenderError, match="labels of blocks"):
        outlines.shades(voxels, Selection((4, 4, 4), None, 4), (1, 2, 3))


def test_selection_cuts_a_box_with_a_rim() -> None:
    blocks = np.zeros((2, 3, 2), bool)
    blocks[1, 1, 0] = True
    selection = Selection((7, 10, 8), blocks, 4)
    assert selection.box == (slice(3, 7), slice(3, 9), slice(0, 5))
    cut = selection.cut(np.full((7, 10, 8), 9, np.uint8), 3)
    assert cut.shape == (4, 6, 5)
    assert (cut[1:, 1:5, :4] == 9).all()
    assert (cut == 9).sum() == 3 * 4 * 4
    assert (cut[0] == 3).all()


def test_what_is_cut_away_and_what_is_missing_become_one_byte() -> None:
    blocks = np.array([True, False]).reshape(1, 1, 2)
    codes = np.array([[[0, 7, 8, 9]]], np.uint8)
    selection = Selection((1, 1, 4), blocks, 2)
    assert selection.cut(codes, 5).tolist() == [[[5, 7, 5]]]
    assert selection.cut(codes, 0).tolist() == [[[0, 7, 0]]]
    assert selection.thinned(2) is selection.thinned(2)
    assert selection.thinned(2).cut(codes[:, :, ::2], 5).tolist() == [[[5, 5]]]


def test_surface_of_a_plane_knows_its_blocks_and_samples_a_field() -> None:
    frame = VolumeFrame((9, 9, 9), (1.0, 1.0, 1.0))
    z, _, x = np.indices(frame.shape, dtype=np.float32)
    surface = isosurface(z, frame, 3.5)
    assert len(surface.faces) == 8 * 8 * 2
    assert surface.points[:, 2] * 8 == pytest.approx(3.5)
    assert surface.sample(x) == pytest.approx(surface.points[:, 0] * 8, abs=1e-5)
    blocks = np.zeros((3, 3, 3), bool)
    blocks[0, 1, 0] = True
    assert len(surface.shown(Selection(frame.shape, blocks, 4))) == 4 * 4 * 2
    assert len(isosurface(z, frame, 3.5, stride=2).faces) == 4 * 4 * 2
    assert len(isosurface(z, frame, 99.0).faces) == 0


def test_surface_leaves_out_cells_with_a_missing_corner() -> None:
    frame = VolumeFrame((9, 9, 9), (1.0, 1.0, 1.0))
    z = np.indices(frame.shape, dtype=np.float32)[0]
    z[4, 4, 4] = np.nan
    surface = isosurface(z, frame, 3.5)
    assert len(surface.faces) == (64 - 4) * 2
    assert np.abs(surface.points[np.unique(surface.faces), 2] * 8 - 3.5).max() < 1e-5


def test_outlines_of_an_l_of_blocks() -> None:
    inside = np.ones((1, 2, 2), bool)
    inside[0, 1, 1] = False
    assert len(creases(inside)) == 22
    assert len(creases(np.zeros((2, 2, 2), bool))) == 0
    frame = VolumeFrame((5, 6, 7), (1.0, 1.0, 1.0))
    lines, _ = Outlines().lines(frame, Selection(frame.shape, None, 4))
    assert lines.max(axis=(0, 1)).tolist() == pytest.approx(frame.extent)
    with pytest.raises(RenderError, match=r"\(2, 2, 2\), got \(1, 1, 1\)"):
        Outlines(np.zeros((1, 1, 1), int)).lines(frame, Selection(frame.shape, None, 4))


def test_scale_bar_is_as_long_as_it_says() -> None:
    assert nice_length(1.0) == 1.0
    bar = scale_bar(20.0, "km", 60.0, THEMES["dark"]).picture
    solid = (bar[-7, :, :3] == THEMES["dark"].foreground).all(axis=-1) & (bar[-7, :, 3] == 255)
    assert solid.sum() == pytest.approx(60, abs=1)


def test_triad_points_where_the_axes_go() -> None:
    right, up, forwards = np.eye(3)[[0, 2, 1]]
    picture = triad(right, up, forwards, THEMES["dark"]).picture.astype(int)
    colours = {"x": (213, 94, 0), "z": (86, 180, 233)}
    place = {
        name: np.argwhere(np.abs(picture[..., :3] - colour).max(axis=-1) < 30).mean(axis=0)
        for name, colour in colours.items()
    }
    assert place["x"][1] > place["z"][1] + 8
    assert place["z"][0] < place["x"][0] - 8


def test_label_is_cut_at_the_edge_of_a_picture() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    paste(picture, Label(np.full((3, 3, 4), 255, np.uint8)), 2, -1)
    assert picture[..., 0].tolist() == [[0, 0, 255, 255]] * 2 + [[0] * 4] * 2
    paste(picture, Label(np.full((3, 3, 4), 255, np.uint8)), 40, 2)


def test_panels_lie_where_they_are_larger() -> None:
    assert [p.size for p in arrange(3, 300, 100)] == [(100, 100)] * 3
    assert [(p.x, p.y) for p in arrange(3, 100, 300)] == [(0, 0), (0, 100), (0, 200)]
    assert sum(p.width for p in arrange(3, 1000, 100)) == 1000
    assert [(p.x, p.y, *p.size) for p in arrange(4, 601, 481)] == [
        (0, 0, 300, 240),
        (300, 0, 301, 240),
        (0, 240, 300, 241),
        (300, 240, 301, 241),
    ]
    assert {p.y for p in arrange(4, 1200, 240)} == {0}


def test_thin_sheets_are_stretched_and_others_are_not() -> None:
    sheet = VolumeFrame((11, 101, 101), (100.0, 5000.0, 5000.0))
    assert sheet.stretch == (125.0, 1.0, 1.0)
    assert sheet.extent == pytest.approx((1.0, 1.0, 0.25))
    assert VolumeFrame((20, 30, 40), (2.0, 1.0, 1.0)).stretch == (1.0, 1.0, 1.0)
