"""What is drawn stands where it should, in the colour that it should have."""

import numpy as np
import pytest

pytest.importorskip("vtkmodules", reason="needs the extra idlat[vtk]")

from idlat.metrics import extract_surface
from idlat.render import Look, Viewpoint, draw_surface, draw_volume, require_offscreen

FRONT = Viewpoint(azimuth=0, elevation=0, zoom=1.0, size=(120, 100))
EXTENT = (15.0, 15.0, 15.0)


@pytest.fixture(autouse=True)
def _offscreen():
    require_offscreen()


def ball(z, y, x, n=16):
    at = np.indices((n, n, n))
    return np.sqrt(sum((a - c) ** 2 for a, c in zip(at, (z, y, x), strict=True)))


def place_of(mask):
    """Mean row from the top and column from the left, as parts of the picture."""
    rows, columns = np.nonzero(mask)
    return rows.mean() / mask.shape[0], columns.mean() / mask.shape[1]


def coloured(image):
    """Where a picture is neither white nor grey."""
    return np.ptp(image.astype(int), axis=-1) > 40


def test_a_surface_high_and_to_the_right_is_drawn_there():
    image = draw_surface(extract_surface([ball(12, 8, 11)], 3.0), EXTENT, view=FRONT)
    assert image.shape == (100, 120, 3)
    assert image.dtype == np.uint8
    row, column = place_of(coloured(image))
    assert 0.2 < row < 0.4
    assert 0.55 < column < 0.7
    assert (image[0, 0] == 255).all()


def test_what_is_in_front_hides_what_is_behind():
    def surface(values):
        return extract_surface([values], 2.0)

    near, far = ball(8, 3, 8), ball(8, 13, 8)
    both = surface(np.minimum(near, far))
    red = np.where(both.points[:, 1:2] < 8, (255, 0, 0), (0, 0, 255)).astype(np.uint8)
    image = draw_surface(both, EXTENT, red, FRONT)
    assert coloured(image).sum() > 100
    assert image[..., 2][coloured(image)].max() < 60  # the blue one is behind, at higher y


def test_light_falls_on_the_side_that_is_seen():
    image = draw_surface(extract_surface([ball(7.5, 7.5, 7.5)], 6.0), EXTENT, view=FRONT)
    assert image[50, 60].min() > 90
    assert image[50, 60, 0] > 200


def test_no_surface_is_an_outline():
    image = draw_surface(None, EXTENT, view=FRONT)
    assert not coloured(image).any()
    assert (image < 200).any()


def test_a_bright_blob_of_a_volume():
    look = Look(0.0, 1.0, [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0)], [0.0, 0.9])
    image = draw_volume((ball(4, 8, 4) < 3).astype(np.float32), look, FRONT)
    row, column = place_of(coloured(image))
    assert 0.6 < row < 0.8
    assert 0.3 < column < 0.45
    assert image[coloured(image)][:, 0].max() > 150


def test_missing_voxels_are_transparent():
    look = Look(0.0, 1.0, [(1.0, 0.0, 0.0)] * 2, [1.0, 1.0])
    values = np.full((16, 16, 16), np.nan, np.float32)
    assert not coloured(draw_volume(values, look, FRONT)).any()
    values[:, :, 8:] = 0.0
    _, column = place_of(coloured(draw_volume(values, look, FRONT)))
    assert column > 0.55


def test_voxels_that_are_no_cubes():
    look = Look(0.0, 1.0, [(1.0, 0.0, 0.0)] * 2, [1.0, 1.0])
    values = np.ones((16, 16, 16), np.float32)
    rows, columns = np.nonzero(coloured(draw_volume(values, look, FRONT, (1.0, 2.0, 2.0))))
    assert np.ptp(columns) == pytest.approx(2 * np.ptp(rows), rel=0.1)
