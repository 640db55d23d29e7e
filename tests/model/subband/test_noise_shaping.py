"""Noise shaping lowers the weighted error, and moves what the same descent in NumPy moves."""

import numpy as np
import pytest

import idlat
from idlat.coding.magnitudes import split_sizes
from idlat.model.subband.cell_map import cell_map
from idlat.model.subband.kernels import shaping_kernels
from idlat.model.subband.noise_shaping import _functions, shape_noise
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from smooth_field import smooth


def test_the_error_moves_to_where_it_matters_less(monkeypatch):
    model = idlat.load_model()
    x = smooth((32, 32, 32))
    importance = (x > 1).astype(np.float32)
    weight = np.exp(7 * (importance - 1))
    errors = []
    for shaped in (True, False):
        if not shaped:
            monkeypatch.setattr(shaping_kernels, "descend", lambda *_: None)
        found = model.analyse_tile(x, importance, 3.0)
        low = model.decode_low(model.encode_low(found.low, found.latents[0], x.shape), x.shape)
        values = model.synthesise(found.latents, 3.0, low)
        errors.append((np.sqrt(weight) * (values - x) ** 2).mean())
    assert errors[0] < 0.95 * errors[1]


def descended(real, values, classes, where, kinds, exponent, worth, bits):
    """The descent, cell by cell, in float64."""
    shape, values = exponent.shape, values.copy()
    functions, count = _functions(kinds, shape).astype(float), len(worth)
    for cell in range(count):
        at = np.unravel_index(cell, where.cells)
        box = tuple(slice(8 * n, min(8 * n + 8, side)) for n, side in zip(at, shape, strict=True))
        part = exponent[box].astype(float)
        if np.ptp(part) <= 2 * np.log(1.2):
            continue
        rho = np.zeros((8, 8, 8))
        rho[tuple(slice(n) for n in part.shape)] = np.exp(0.5 * (part - part.max()))
        rho *= worth[cell] * BITS_OF_ERROR * part.size / rho.sum()
        z, y, x = (
            functions[axis, int(n == cells - 1)]
            for axis, (n, cells) in enumerate(zip(at, where.cells, strict=True))
        )
        own = where.order[where.starts[cell] : where.starts[cell + 1]]
        k = where.places[own] // count
        error = np.einsum("nz,ny,nx,n->zyx", z[k >> 6], y[(k >> 3) & 7], x[k & 7], real[own] - values[own])
        for _ in range(3 if np.ptp(part) > 5.5 else 1):
            before, first = values.copy(), error.copy()
            for i, n in zip(own[::-1], k[::-1], strict=True):
                if classes[i] == 255 or (values[i] == 0 and classes[i] < 24):
                    continue
                function = np.einsum("z,y,x->zyx", z[n >> 6], y[(n >> 3) & 7], x[n & 7])
                bend = (rho * function**2).sum()
                sizes = np.abs(values[i] + np.array([0, 1, -1]))
                stay, above, below = bits[classes[i], split_sizes(sizes.astype(np.int64))[0]]
                for seen in (first, error):  # what does not pay at first is not looked at again
                    slope = 2 * (rho * seen * function).sum()
                    up, down = bend - slope + 0.85 * (above - stay), bend + slope + 0.85 * (below - stay)
                    if min(up, down) > 0:
                        break
                move = 1 if up < 0 and up <= down else -1 if down < 0 else 0
                values[i] += move
                error -= move * function
            if (values == before).all():
                break
    return values


@pytest.mark.parametrize("kinds", [("lapped",) * 3, ("octaves", "lapped", "lapped")])
@pytest.mark.parametrize("shape", [(16, 24, 16), (13, 16, 20)])
def test_it_moves_what_the_descent_in_numpy_moves(shape, kinds):
    rng = np.random.default_rng(4)
    where = cell_map(shape, kinds, frozenset({(0, 0, 0)}))
    real = rng.laplace(size=where.layout.size)
    values = np.rint(real).astype(np.int32)
    classes = rng.integers(10, 60, len(real)).astype(np.uint8)
    classes[-50:] = 255
    values[-50:] = 0
    exponent = (7 * np.clip(smooth(shape), 0, 1)).astype(np.float32)
    exponent[:8, :8, :8] = 3
    exponent[8:, 8:12, 8:] = 0
    exponent[8:, 12:16, 8:] = 7  # the edge of a region: swept more than once
    worth = rng.uniform(0.5, 2, where.cells).ravel()
    bits = idlat.load_model().contexts.bits
    shaped = shape_noise(real, values, classes, where, kinds, exponent, worth, bits)
    expected = descended(real, values, classes, where, kinds, exponent, worth, bits)
    assert (shaped != values).sum() > 100
    assert np.abs(shaped - values).max() > 1
    assert (shaped != expected).mean() < 0.001  # where two choices cost the same to rounding
