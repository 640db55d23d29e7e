"""Bits estimated by the sizes of coefficients alone."""

import numpy as np
import pytest

from idlat.model.subband.field_window import FieldWindow
from idlat.model.subband.fitting.estimated_bits import estimated_bits
from idlat.transform.cells import to_cells
from support.fields.smooth_field import smooth

LAPPED = ("lapped", "lapped", "lapped")
OCTAVES = ("octaves", "lapped", "lapped")


@pytest.mark.parametrize("shape", [(16, 24, 16), (13, 9, 20)])
def test_it_is_the_mean_over_the_coefficients_in_their_steps(shape):
    x = 40 * smooth(shape)
    window = FieldWindow(x, np.full(shape, 1 - np.log(16) / 7, np.float32), 7.0)
    np.testing.assert_allclose(window.wanted, 2, rtol=1e-5)
    expected = 0.5 * np.log2(1 + np.square(to_cells(x, LAPPED).astype(float) / 4)).sum() / x.size
    assert estimated_bits([window], LAPPED) == pytest.approx(expected, rel=1e-4)
    assert estimated_bits([window, window], LAPPED) == pytest.approx(expected, rel=1e-4)


def test_more_jumps_than_waves_ask_for_octaves():
    jumps = np.repeat(np.random.default_rng(1).normal(size=(8, 1, 1)), 5, axis=0)[:32] * np.ones((32, 32, 32))
    waves = np.sin(np.arange(32) * 0.9)[:, None, None] * np.ones((32, 32, 32))
    windows = [
        FieldWindow((30 * x).astype(np.float32), np.ones(x.shape, np.float32), 7.0) for x in (jumps, waves)
    ]
    assert estimated_bits(windows[:1], OCTAVES) < estimated_bits(windows[:1], LAPPED)
    assert estimated_bits(windows[1:], OCTAVES) > estimated_bits(windows[1:], LAPPED)
