"""The reader in ``tests/independent_reader`` reads archives with cuts, and finds the same values."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from golden.decode_golden import GOLDEN
from idlat.archive.read.chunk_readers import latent_key
from idlat.model.shipped_weights import shipped_file
from idlat.transform.cells import from_cells
from idlat.transform.cuts import Cut
from independent_reader.read_archive import Reader
from independent_reader.values import Axis, coarseness, synthesised
from support.fields.smooth_field import smooth

BOX = "box(z=11:30, y=5:21, x=3:14)"


def noisy(shape):
    noise = 0.02 * np.random.default_rng(3).normal(size=shape)
    return xr.DataArray((smooth(shape) + noise).astype(np.float32), dims=("z", "y", "x"), name="p")


def box_and_ball(shape):
    """A map whose box has something important beyond its faces."""
    importance = np.zeros(shape, np.float32)
    importance[8:24, 8:24, 8:24] = 1
    z, y, x = np.ogrid[tuple(map(slice, shape))]
    importance[(z - 34) ** 2 + (y - 31) ** 2 + (x - 26) ** 2 <= 36] = 1
    return importance


def check(archive, path) -> Reader:
    """Read an archive of one variable and one frame with both readers."""
    reader = Reader(path, shipped_file("default").read_bytes())
    integers, (variable,) = dict(reader.integers()), reader.record["variables"]
    decoder = archive.decoder()
    inside = (slice(None), *(slice(0, n) for n in decoder.grid.cells))
    np.testing.assert_array_equal(integers["p/latents"][0], decoder.latents.frame(0)[inside])
    for frame, position in decoder.second.indices():
        expected = decoder.second.integers(frame, position)
        np.testing.assert_array_equal(integers["p/second"][(frame, *position)][: len(expected)], expected)
    np.testing.assert_allclose(reader.decoded(variable)[0], archive.decode().values, rtol=0, atol=3e-6)
    return reader


@pytest.mark.parametrize(
    ("region", "faces"),
    [
        (BOX, ([11, 30], [5, 21], [3, 14])),
        ("box(z=16:30, y=5:16, x=3:14)", ([16, 30], [5, 16], [3, 14])),
        ("box(z=9:13, y=8:, x=1:19)", ([9, 13], [8], [])),  # x has octaves
    ],
)
def test_faces_inside_cells_and_between_them(tmp_path, region, faces):
    path = tmp_path / "a.idlat"
    archive = idlat.compress(noisy((40, 24, 20)), path, region, quality=50)
    assert tuple([cut.at for cut in along] for along in archive.decoder().model.coding.cuts) == faces
    check(archive, path)


@pytest.mark.parametrize("settings", [{"importance_range": 14}, {"max_error": 0.01}, {"max_error": 0.1}])
def test_wide_ranges_and_bounds(tmp_path, settings):
    path = tmp_path / "a.idlat"
    archive = idlat.compress(noisy((40, 24, 20)), path, BOX, quality=50, **settings)
    assert all(archive.decoder().model.coding.cuts)
    check(archive, path)


def test_levels_below_zero(tmp_path):
    shape, path = (44, 40, 36), tmp_path / "a.idlat"
    archive = idlat.compress(noisy(shape), path, box_and_ball(shape), quality=50)
    assert any(archive.decoder().model.coding.cuts)
    reader = check(archive, path)
    key = latent_key(archive.decoder().variable, 0, (0, 0, 0))
    assert reader.objects[key][4] & 128
    assert archive.latents(8).values[..., 0].min() < 0


def test_any_cuts_give_the_same_values():
    rng = np.random.default_rng(0)
    for _ in range(20):
        shape = tuple(rng.integers(2, 30, 3).tolist())
        kinds = tuple(rng.choice(["lapped", "lapped", "octaves"], 3).tolist())
        cuts = []
        for n, kind in zip(shape, kinds, strict=True):
            count = int(rng.integers(0, min(n, 12))) if kind == "lapped" else 0
            places = sorted(rng.choice(np.arange(1, n), count, replace=False).tolist())
            cuts.append(tuple(Cut(at, int(rng.choice([-16, -9, -2, 2, 5, 16]))) for at in places))
        axes = [Axis(*given) for given in zip(shape, kinds, cuts, strict=True)]
        z, y, x = (axis.functions.any(0) for axis in axes)  # the coefficients that there are
        given = rng.normal(size=(len(z), len(y), len(x))) * (z[:, None, None] & y[:, None] & x)
        by_cell = given.reshape([n for axis in axes for n in (axis.cells, 8)])
        expected = from_cells(by_cell, kinds, shape, tuple(cuts))
        found = synthesised(given * 2.0 ** coarseness(axes), axes)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["integers", "layers", "logarithm", "lossless"])
def test_values_without_cuts(name, monkeypatch):
    monkeypatch.setenv("IDLAT_MODEL_PATH", str(GOLDEN))
    path = GOLDEN / f"archives/{name}.zip"
    reader = Reader(path, (GOLDEN / "default.safetensors").read_bytes())
    with idlat.open_archive(path) as archive:
        for variable in reader.record["variables"]:
            expected = archive.decode(variable["name"]).values
            found = reader.decoded(variable).reshape(expected.shape)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
