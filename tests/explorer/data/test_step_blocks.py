"""Blocks: features, places, and the figures that colour them."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from idlat.archive.read.chunk_readers import latent_key
from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, CancelledError


def test_places(dataset):
    blocks = Blocks.of(dataset, 1)
    assert blocks.count == 3 * 5 * 4 - 1  # the missing corner is a block of its own
    assert blocks.features.values.shape[0] == blocks.count
    assert blocks.row_at((0, 0, 0)) is None
    row = blocks.row_at((2, 4, 3))
    assert blocks.positions[row].tolist() == [2, 4, 3]
    chosen = blocks.selected(np.array([row]))
    assert chosen.shape == (3, 5, 4)
    assert np.argwhere(chosen).tolist() == [[2, 4, 3]]
    assert blocks.grid(np.arange(blocks.count))[2, 4, 3] == row


def test_mean_and_error(dataset, field):
    blocks = Blocks.of(dataset, 0)
    row = blocks.row_at((1, 2, 1))
    part = np.s_[16:32, 32:48, 16:32]
    decoded = dataset.volume("reconstruction", 0).values[part]
    error = np.sqrt(np.mean((decoded - field.values[0][part]) ** 2))
    np.testing.assert_allclose(blocks.attribute("error")[row], error, rtol=1e-4)
    np.testing.assert_allclose(blocks.attribute("mean")[row], decoded.mean(), atol=0.05)
    assert blocks.cell_values.shape == (blocks.count, 8)


def test_importance_kept_or_computed_again(dataset, open_array, field):
    kept = Blocks.of(dataset, 0).attribute("importance")
    again = open_array(field, dataset.expression)
    np.testing.assert_allclose(kept, Blocks.of(again, 0).attribute("importance"), atol=1 / 255)
    bare = open_array(field, dataset.expression, with_field=False)
    assert np.isnan(Blocks.of(bare, 0).attribute("importance")).all()
    array = open_array(field, np.ones(field.shape, np.float32))
    assert np.isnan(Blocks.of(array, 0).attribute("importance")).all()


def test_rate_adds_up_to_the_streams(dataset):
    blocks = Blocks.of(dataset, 1)
    rate = blocks.attribute("rate")
    voxels = np.array(
        [
            np.prod([min(16, n - 16 * p) for p, n in zip(place, dataset.shape, strict=True)])
            for place in blocks.positions
        ]
    )
    record, store = dataset.record(), dataset.archive.store
    stored = sum(len(store.get(latent_key(record, 1, (0, y, 0)))) for y in (0, 1))
    empty = 16**3 * 8 * stored / voxels.sum()  # the missing corner costs little, yet something
    assert 8 * stored - empty < (rate * voxels).sum() <= 8 * stored * (1 + 1e-6)


def test_without_field(alone):
    blocks = Blocks.of(alone, 0)
    assert np.isnan(blocks.attribute("error")).all()
    for name in ("mean", "rate", "importance"):
        assert np.isfinite(blocks.attribute(name)).all()


def test_gradients(open_array):
    ramp = np.broadcast_to(0.25 * np.arange(32.0, dtype=np.float32), (16, 16, 32)).copy()
    blocks = Blocks.of(open_array(ramp, quality=90), 0)
    np.testing.assert_allclose(blocks.gradients, [[0, 0, 0.25]] * blocks.count, atol=0.01)


def test_errors_box_by_box_are_the_same_and_keep_nothing(dataset, monkeypatch):
    blocks = Blocks.of(dataset, 0)
    whole = blocks.attribute("error")
    dataset.cache.clear()
    monkeypatch.setattr("idlat.explorer.data.block_attributes._SIDE", 32)
    boxes = blocks.attribute("error")
    np.testing.assert_allclose(boxes, whole, rtol=1e-5)
    kept = dataset.cache.keys()
    assert [key[0] for key in kept] == ["attribute"]


@pytest.mark.parametrize("name", ["mean", "error", "rate", "importance"])
def test_attributes_can_be_cancelled(open_array, wave, name):
    def stop(stage, done, total):
        raise CancelledError(stage)

    dataset = open_array(wave((16, 40, 30)), "value > 0.3")
    blocks, told = Blocks.of(dataset, 0), []
    with pytest.raises(CancelledError):
        blocks.attribute(name, stop)
    blocks.attribute(name, lambda *at: told.append(at))
    assert told


def test_reading_latents_can_be_cancelled(dataset):
    def stop(stage, done, total):
        raise CancelledError(stage)

    with pytest.raises(CancelledError):
        Blocks.of(dataset, 1, progress=stop)
    told = []
    Blocks.of(dataset, 1, progress=lambda *at: told.append(at))
    assert told == [("read", 0, 3), ("read", 3, 3)]


def test_unknown_attribute(dataset):
    with pytest.raises(IdlatError, match="blocks have no 'size': choose one of importance"):
        Blocks.of(dataset, 0).attribute("size")


def test_one_block_and_components(open_array):
    values = np.random.default_rng(0).normal(size=(2, 5, 8, 11)).astype(np.float32)
    dataset = open_array(xr.DataArray(values, dims=("component", "z", "y", "x"), name="wind"))
    blocks = Blocks.of(dataset, 0)
    assert blocks.count == 1
    for name in ("mean", "error", "rate"):
        assert blocks.attribute(name).shape == (1,)
        assert np.isfinite(blocks.attribute(name)).all()


def test_constant_field(open_array):
    dataset = open_array(np.full((16, 16, 17), 4.0, np.float32), 0.0)
    np.testing.assert_array_equal(dataset.volume("reconstruction", 0).values, 4.0)
    assert dataset.value_range(0) == (4.0, 4.0)
    with pytest.raises(IdlatError, match="every block is empty"):
        Blocks.of(dataset, 0)


@pytest.mark.parametrize("scaling", ["steps", "energy"])
def test_slab_by_slab_is_the_same(open_array, wave, monkeypatch, scaling):
    dataset = open_array(xr.DataArray(wave((150, 40, 30)), dims=("z", "y", "x"), name="field"))
    whole = Blocks.of(dataset, 0, scaling=scaling).features
    dataset.cache.clear()
    monkeypatch.setattr("idlat.explorer.data.block_features._AT_ONCE", 0)
    slabs = Blocks.of(dataset, 0, scaling=scaling).features
    np.testing.assert_array_equal(slabs.blocks, whole.blocks)
    assert slabs.shape == whole.shape
    np.testing.assert_allclose(slabs.values, whole.values, rtol=1e-3, atol=1e-3 * np.abs(whole.values).max())


def test_slab_by_slab_of_nothing(open_array, monkeypatch):
    monkeypatch.setattr("idlat.explorer.data.block_features._AT_ONCE", 0)
    with pytest.raises(IdlatError, match="every block is empty"):
        Blocks.of(open_array(np.full((16, 16, 17), 4.0, np.float32), 0.0), 0)
