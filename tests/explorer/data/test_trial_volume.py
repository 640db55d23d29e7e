"""What was tried of a map, on the grid that is shown."""

import numpy as np
import pytest

from idlat.explorer.data import TRIED, Workbench, tried_volume

MAP = "box(z=8:24, y=10:70, x=4:44)"


@pytest.fixture
def estimate(dataset):
    """The second of two chunks along y, which begins at voxel 64."""
    return Workbench(dataset, workers=1).estimate(MAP, 60, 1, [(0, 1, 0)])


def known(volume):
    return np.argwhere(np.isfinite(volume.values))


def test_importance_and_values_lie_where_their_chunks_are(dataset, estimate):
    importance, values = (tried_volume(dataset, estimate, kind) for kind in TRIED)
    wanted = np.full(dataset.shape, np.nan, np.float32)
    wanted[:, 64:] = 0.0
    wanted[8:24, 64:70, 4:44] = 1.0
    np.testing.assert_array_equal(importance.values, wanted)
    np.testing.assert_array_equal(values.values[:, 64:], estimate.reconstruction)
    assert np.isnan(values.values[:, :64]).all()
    for volume in (importance, values):
        shown = dataset.volume("reconstruction", 1)
        assert (volume.spacing, volume.stride, volume.region) == (shown.spacing, 1, shown.region)


def test_nothing_is_known_before_anything_was_tried(dataset):
    for kind in TRIED:
        for largest in (256**3, 100):
            assert not len(known(tried_volume(dataset, None, kind, largest)))


@pytest.mark.parametrize("largest", [400, 100])
def test_a_field_that_is_shown_by_means_has_means_of_what_was_tried(dataset, estimate, largest):
    shown = dataset.volume("reconstruction", 1, largest)
    importance = tried_volume(dataset, estimate, "map", largest)
    assert importance.values.shape == shown.values.shape
    assert (importance.spacing, importance.stride, importance.region) == (
        shown.spacing,
        shown.stride,
        shown.region,
    )
    assert importance.values[1, -1, 1] == 6 / 8  # y = 64:72, of which 64:70 matter
    assert known(importance)[:, 1].min() * importance.stride == 64


def test_a_region_is_cut_from_what_was_tried(dataset, estimate):
    region = ((4, 20), (50, 72), (10, 30))
    volume = tried_volume(dataset, estimate, "tried", region=region)
    assert volume.region == region
    np.testing.assert_array_equal(volume.values[:, 14:], estimate.reconstruction[4:20, :8, 10:30])
    assert np.isnan(volume.values[:, :14]).all()
    apart = tried_volume(dataset, estimate, "tried", region=((0, 40), (0, 30), (0, 50)))
    assert not len(known(apart))
