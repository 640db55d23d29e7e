"""Boxes are cut out of the transform: archives of them are smaller, and all that reads them knows of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.archive.write import fit_model as fit_model_module
from idlat.archive.write.importance_cuts import find_cuts
from idlat.importance.resolve_importance import resolve
from idlat.model.tile_analysis import FitWindow
from idlat.tiling import Grid
from idlat.transform.cuts import NO_CUTS, Cut
from support.fields.smooth_field import smooth

SHAPE = (72, 56, 40)
BOX = (slice(11, 66), slice(21, 45), slice(3, 30))
EXPRESSION = "box(z=11:66, y=21:45, x=3:30)"


@pytest.fixture(scope="module")
def field():
    noise = np.random.default_rng(3).normal(size=SHAPE)
    return xr.DataArray((smooth(SHAPE) + 0.02 * noise).astype(np.float32), dims=("z", "y", "x"), name="p")


@pytest.fixture(scope="module")
def archive(field, tmp_path_factory):
    return idlat.compress(field, tmp_path_factory.mktemp("cut") / "a.idlat", EXPRESSION, quality=50)


def cuts_of(archive):
    """The cuts under which an archive's variable is coded."""
    return archive.decoder().model.coding.cuts


def test_faces_of_the_box_are_cuts(archive):
    assert cuts_of(archive) == tuple((Cut(part.start, 5), Cut(part.stop, -5)) for part in BOX)


def test_a_box_takes_fewer_bytes_at_a_smaller_error(field, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_model_module, "find_cuts", lambda *_: NO_CUTS)
    plain = idlat.compress(field, tmp_path / "plain.idlat", EXPRESSION, quality=50)
    assert cuts_of(plain) == NO_CUTS
    ours, theirs = (idlat.evaluate(one, field, EXPRESSION) for one in (archive, plain))
    assert ours.bytes_streams < 0.92 * theirs.bytes_streams
    assert ours.wpsnr > theirs.wpsnr


def test_regions_are_those_of_the_whole(archive):
    whole = archive.decode().values
    for region in (BOX, np.s_[5:13, 40:50, 0:40], np.s_[65:72, 20:22, 29:31]):
        part = archive.decode(**dict(zip("zyx", region, strict=True))).values
        np.testing.assert_allclose(part, whole[region], atol=1e-5)


def test_coarse_values_are_means_of_cells(archive, field):
    coarse = archive.decode(coarse=8).values
    means = archive.decode().values.reshape(9, 8, 7, 8, 5, 8).mean((1, 3, 5))
    inside = (slice(2, 8), slice(3, 5), slice(1, 3))
    assert np.abs(coarse - means)[inside].max() < 0.1 * float(np.ptp(field.values))


def test_latents_are_in_the_steps_that_their_levels_say(archive):
    level = archive.latents(8).values[..., 0]
    assert level[1:8, 2:6, 0:4].max() == 0
    assert level[0].max() <= -5


@pytest.fixture(scope="module")
def long_archive(tmp_path_factory):
    values = smooth((24, 20, 300)) + 0.02 * np.random.default_rng(3).normal(size=(24, 20, 300))
    field = xr.DataArray(values.astype(np.float32), dims=("z", "y", "x"), name="p")
    path = tmp_path_factory.mktemp("long") / "a.idlat"
    return idlat.compress(field, path, "box(z=5:20, y=3:17, x=90:233)", quality=60)


@pytest.mark.parametrize("region", [np.s_[8:24, 0:20, 64:296], np.s_[0:24, 8:16, 128:192]])
def test_coarse_values_and_latents_of_regions_are_those_of_the_whole(long_archive, region):
    assert cuts_of(long_archive) != NO_CUTS
    of_cells = tuple(slice(part.start // 8, -(-part.stop // 8)) for part in region)
    chosen = dict(zip("zyx", region, strict=True))
    coarse = long_archive.decode(coarse=8)
    np.testing.assert_allclose(
        long_archive.decode(coarse=8, **chosen).values, coarse.values[of_cells], atol=1e-5
    )
    latents = long_archive.latents(8, **chosen).values
    np.testing.assert_array_equal(latents, long_archive.latents(8).values[of_cells])


def test_levels_are_those_of_the_place_in_every_chunk(long_archive):
    level = long_archive.latents(8).values[1, 1, :, 0]
    inside = slice(12, 29)  # cells of x=96:232
    assert (level[inside] == 0).all()
    assert level[:11].max() <= -5
    assert level[30:].max() <= -5


def test_a_trial_decodes_to_what_the_archive_holds():
    noise = np.random.default_rng(3).normal(size=SHAPE)
    x, importance = (smooth(SHAPE) + 0.1 * noise).astype(np.float32), np.zeros(SHAPE, np.float32)
    importance[BOX] = 1
    cuts = tuple((Cut(part.start, 5), Cut(part.stop, -5)) for part in BOX)
    model = idlat.load_model().with_cuts(cuts).fitted([FitWindow(x, importance)], 1.0)
    assert model.coding.cuts != NO_CUTS
    found = model.analyse_tile(x, importance, 1.0)
    low = model.decode_low(model.encode_low(found.low, found.levels, SHAPE), SHAPE)
    decoded = model.synthesise(found.latents, 1.0, low, SHAPE)
    tried = model.synthesise(model.representation(found), 1.0, shape=SHAPE)
    errors = [np.abs(values - x).mean() for values in (decoded, tried)]
    assert errors[1] < 1.2 * errors[0]


def test_ramps_one_after_the_other_under_the_widest_range(tmp_path):
    importance = np.zeros((64, 40, 40), np.float32)
    for begin in (8, 16, 24, 32):
        importance[begin : begin + 8] = (1 - np.arange(8) / 7)[:, None, None]
    importance[:8, :4, :4] = 0.99
    field = np.random.default_rng(0).normal(size=importance.shape).astype(np.float32)
    archive = idlat.compress(field, tmp_path / "ramps.idlat", importance, quality=50, importance_range=16)
    assert cuts_of(archive) != NO_CUTS
    error = np.abs(archive.decode().values - field)
    assert error[:8, :4, :4].mean() < 1.5 * error[8, :, :].mean()


def test_a_bound_holds_on_both_sides(field, tmp_path):
    bound = 0.01
    bounded = idlat.compress(field, tmp_path / "b.idlat", EXPRESSION, quality=45, max_error=bound)
    assert cuts_of(bounded) != NO_CUTS
    assert np.abs(bounded.decode().values.astype(float) - field.values).max() <= bound


def test_kernels_give_what_numpy_gives(archive, monkeypatch):
    region = {"z": slice(8, 24), "y": slice(16, 32), "x": slice(0, 16)}
    compiled = archive.decode(**region).values
    monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    np.testing.assert_allclose(archive.decode(**region).values, compiled, atol=1e-5)


def found(expression, shape=(40, 48, 56), importance_range=7.0, windows=None, periodic=(False,) * 3):
    made, _ = resolve(expression, np.zeros(shape, np.float32) + np.arange(shape[2], dtype=np.float32))
    whole = FitWindow(np.zeros(shape, np.float32), np.asarray(made.to_dataarray().values))
    source = SimpleNamespace(frames=range(1), grid=Grid(shape, periodic=periodic), importance_of=made.step)
    return find_cuts(source, [whole] if windows is None else windows(whole), importance_range)


def test_faces_are_found_in_arrays_too():
    importance = np.zeros((40, 48, 56), np.float32)
    importance[8:24, :, 13:] = 1
    assert found(importance) == ((Cut(8, 5), Cut(24, -5)), (), (Cut(13, 5),))
    assert found(importance, windows=lambda _: []) == NO_CUTS


def test_faces_of_an_expression_are_known_without_looking():
    assert found("box(z=8:24, x=13:)", windows=lambda _: []) == ((Cut(8, 5), Cut(24, -5)), (), (Cut(13, 5),))


def test_a_small_box_in_a_large_field_is_found():
    shape = (600, 24, 600)
    expected = ((Cut(40, 5), Cut(75, -5)), (Cut(4, 5), Cut(20, -5)), (Cut(40, 5), Cut(75, -5)))
    assert found("box(z=40:75, y=4:20, x=40:75)", shape, windows=lambda _: []) == expected


def test_a_face_is_seen_beside_what_matters_on_both_sides():
    importance = np.zeros((40, 48, 56), np.float32)
    importance[8:24] = 1
    importance[:, :4, :4] = 1
    assert found(importance)[0] == (Cut(8, 5), Cut(24, -5))


def test_a_wider_range_means_coarser_steps_beyond():
    assert found("box(z=8:24)", importance_range=14.0)[0] == (Cut(8, 10), Cut(24, -10))


def test_a_periodic_axis_has_none():
    assert found("box(z=8:24, x=13:)", periodic=(False, False, True)) == ((Cut(8, 5), Cut(24, -5)), (), ())


@pytest.mark.parametrize(
    "expression",
    ["1", "0", "sphere(z=20, y=20, x=20, radius=9)", "0.3 + 0.4*box(z=8:24)"],
)
def test_other_maps_have_none(expression):
    assert found(expression) == NO_CUTS


def test_a_face_through_what_matters_is_none():
    assert found("max(box(z=8:24, y=0:10), sphere(z=24, y=30, x=30, radius=12))")[0] == (Cut(8, 5),)


def test_what_matters_beyond_a_face_keeps_its_quality(field, tmp_path):
    importance = np.zeros(SHAPE, np.float32)
    importance[8:24, 8:24, 8:24] = 1
    z, y, x = np.ogrid[tuple(map(slice, SHAPE))]
    ball = (z - 52) ** 2 + (y - 40) ** 2 + (x - 26) ** 2 <= 100
    importance[ball] = 1
    archive = idlat.compress(field, tmp_path / "two.idlat", importance, quality=50)
    assert cuts_of(archive) != NO_CUTS
    error = np.abs(archive.decode().values - field.values)
    of_box, of_ball = (float(np.square(error[part]).mean()) for part in (np.s_[8:24, 8:24, 8:24], ball))
    assert of_ball < 2 * of_box


def test_tiles_of_the_second_transform_know_where_they_are(tmp_path):
    shape = (8, 16, 1100)
    noise = np.random.default_rng(3).normal(size=shape)
    values = (smooth(shape) + 0.5 * noise).astype(np.float32)
    field = xr.DataArray(values, dims=("z", "y", "x"), name="p")
    archive = idlat.compress(field, tmp_path / "a.idlat", "box(x=300:900)", quality=60)
    assert cuts_of(archive)[2] == (Cut(300, 5), Cut(900, -5))
    whole = archive.decode().values
    assert np.abs(whole - values)[..., 300:900].max() < 0.1 * np.abs(whole - values)[..., :290].max()
    np.testing.assert_allclose(archive.decode(x=slice(700, 1000)).values, whole[..., 700:1000], atol=1e-5)
    stored = zarr.open_group(tmp_path / "a.idlat", mode="r")["p/second"][:]
    for tile in range(3):
        integers = archive.decoder().second.integers(0, (0, 0, tile))
        np.testing.assert_array_equal(stored[0, 0, 0, tile, : len(integers)], integers)
