"""Chunks of thin fields: computed in a frame, coded as if in whole chunks."""

from __future__ import annotations

import numpy as np
import pytest

import idlat
from idlat.coding.learned.chunk_frames import frame_of

SIZES = [(1, 1, 8), (1, 1, 1), (2, 3, 8), (8, 1, 2), (1, 8, 8), (3, 8, 5), (7, 8, 8), (8, 8, 8)]


@pytest.fixture(scope="module")
def model():
    return idlat.load_model("learned")


def _chunk(model, size, seed=0):
    """Latents as they occur: few, smaller where frequencies are high, and some that are large."""
    rng = np.random.default_rng(seed)
    scale = np.geomspace(300, 0.05, model.channels - 1)[:, None, None, None]
    latents = np.rint(rng.laplace(0, scale, (model.channels - 1, *size))).astype(np.int32)
    level = rng.integers(-3, 1, (1, *size), dtype=np.int32)
    return np.concatenate([level, latents])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_bytes_are_those_of_the_whole_chunk(model, size):
    chunk = _chunk(model, size)
    (stream,) = model.encode_chunks([chunk])
    whole = np.zeros((1, model.channels, 8, 8, 8), np.int64)
    whole[0, :, : size[0], : size[1], : size[2]] = chunk
    assert model.coder.encode(whole, model._hyper(whole)) == [stream]
    (decoded,) = model.decode_chunks([stream])
    np.testing.assert_array_equal(decoded, whole[0])


def test_whatever_is_coded_beside_them(model):
    chunks = [_chunk(model, size, seed) for seed, size in enumerate(SIZES)]
    together = model.encode_chunks(chunks)
    alone = [model.encode_chunks([chunk])[0] for chunk in chunks]
    assert together == alone
    for back, stream in zip(model.decode_chunks(together), alone, strict=True):
        np.testing.assert_array_equal(back, model.decode_chunks([stream])[0])


@pytest.mark.parametrize("size", [(1, 1, 8), (2, 3, 8), (1, 8, 8)], ids=str)
def test_what_the_networks_say_is_the_same(model, size):
    """What a frame leaves out changes nothing, for any ẑ beyond the cells in use."""
    frame = frame_of([size])
    whole = np.zeros((1, model.channels, 8, 8, 8), np.int64)
    whole[0, :, : size[0], : size[1], : size[2]] = _chunk(model, size)
    z = np.random.default_rng(1).integers(-9, 10, (1, model.config.hyper, 4, 4, 4))
    cut = tuple(map(slice, frame))
    inside = (..., *map(slice, size))
    for name in ("expected", "expected_means"):
        own = getattr(model.coder, name)(whole[(..., *cut)], z)
        all_of_it = getattr(model.coder, name)(whole, z)
        np.testing.assert_array_equal(own.scale[inside], all_of_it.scale[inside])
        np.testing.assert_array_equal(own.mean[inside], all_of_it.mean[inside])


@pytest.mark.parametrize(
    "shape", [(2, 3, 3000), (1, 1, 2100), (900, 3, 2), (1, 700, 1), (1, 1, 1), (9, 9, 1500)]
)
def test_thin_fields_come_back(tmp_path, model, shape):
    field = np.random.default_rng(0).standard_normal(shape).astype("f4").cumsum(int(np.argmax(shape)))
    archive = idlat.compress(field, tmp_path / "a.idlat", model=model, quality=80)
    decoded = archive.decode().values
    span = float(np.ptp(field)) or 1.0
    assert np.abs(decoded - field).max() < 0.05 * span
    stop = [max(1, n // 2) for n in shape]
    part = archive.decode(z=slice(0, stop[0]), y=slice(0, stop[1]), x=slice(0, stop[2])).values
    np.testing.assert_allclose(part, decoded[: stop[0], : stop[1], : stop[2]], atol=1e-4 * span)
    assert idlat.archive.verify(archive, field).ok
