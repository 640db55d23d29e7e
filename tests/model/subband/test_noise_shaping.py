"""Noise shaping lowers the weighted error, compiled and in Python alike."""

import numpy as np

import idlat
from idlat.model.subband.kernels import shaping_kernels
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
