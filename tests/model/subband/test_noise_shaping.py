"""Noise shaping lowers the weighted error, and moves what the same descent in NumPy moves."""

import numpy as np
import pytest

import idlat
from idlat.coding.magnitudes import split_sizes
from idlat.model.subband.cell_map import cell_map
from idlat.model.subband.kernels import shaping_kernels
from idlat.model.subband.noise_shaping import _functions, _main_parts, shape_noise
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.transform.cuts import NO_CUTS, Cut, lapped_cuts
from support.fields.smooth_field import smooth


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


def descended(real, values, classes, where, kinds, cuts, exponent, worth, bits):
    """The descent, cell by cell, in float64."""
    shape, values = exponent.shape, values.copy()
    (functions, which), count = _functions(kinds, shape, cuts), len(worth)
    functions = functions.astype(float)
    mains = [_main_parts(n, along) for n, along in zip(shape, lapped_cuts(cuts, kinds), strict=True)]
    for cell in range(count):
        at = np.unravel_index(cell, where.cells)
        box = tuple(slice(8 * n, min(8 * n + 8, side)) for n, side in zip(at, shape, strict=True))
        part = exponent[box].astype(float)
        main = tuple(slice(*spans[n]) for spans, n in zip(mains, at, strict=True))
        inside = part[main]
        if np.ptp(inside) <= 2 * np.log(1.2):
            continue
        rho = np.zeros((8, 8, 8))
        rho[main] = np.exp(0.5 * (inside - inside.max()))
        rho *= worth[cell] * BITS_OF_ERROR * inside.size / rho.sum()
        z, y, x = (functions[kind[n]] for kind, n in zip(which, at, strict=True))
        own = where.order[where.starts[cell] : where.starts[cell + 1]]
        k = where.places[own] // count
        error = np.einsum("nz,ny,nx,n->zyx", z[k >> 6], y[(k >> 3) & 7], x[k & 7], real[own] - values[own])
        for _ in range(3 if np.ptp(inside) > 5.5 else 1):
            before, first = values.copy(), error.copy()
            for i, n in zip(own[::-1], k[::-1], strict=True):
                if classes[i] == 255 or (values[i] == 0 and classes[i] < 24):
                    continue
                function = np.einsum("z,y,x->zyx", z[n >> 6], y[(n >> 3) & 7], x[n & 7])
                bend = (rho * function**2).sum()
                if not bend:  # of a part that does not matter
                    continue
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
@pytest.mark.parametrize("cuts", [NO_CUTS, ((Cut(4, 5),), (Cut(8, -5),), (Cut(11, 5), Cut(13, -5)))])
def test_it_moves_what_the_descent_in_numpy_moves(shape, kinds, cuts):
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
    shaped = shape_noise(real, values, classes, where, kinds, cuts, exponent, worth, bits)
    expected = descended(real, values, classes, where, kinds, cuts, exponent, worth, bits)
    assert (shaped != values).sum() > 100
    assert np.abs(shaped - values).max() > 1
    assert (shaped != expected).mean() < 0.001  # where two choices cost the same to rounding
