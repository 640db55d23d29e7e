"""Latents as features of blocks: parts of a field, empty blocks, the stored importance."""

import numpy as np
import pytest

import idlat
from idlat.errors import IdlatError


@pytest.fixture(scope="module")
def field(make_field):
    field = make_field((20, 70, 140), steps=2)
    field.values[1, :16, :16, 16:32] = np.nan
    return field


@pytest.fixture(scope="module")
def archive(tmp_path_factory, field, model):
    path = tmp_path_factory.mktemp("blocks") / "a.idlat"
    return idlat.compress(field, path, "value > 11", model, keep_importance=True)


def test_a_part_equals_that_part_of_the_whole(archive):
    for block in (16, 8):
        whole = archive.latents(block=block)
        part = archive.latents(block=block, time=1, z=slice(16, 20), y=slice(32, 70), x=slice(64, 128))
        same = whole.isel(
            time=1,
            z_block=slice(16 // block, None),
            y_block=slice(32 // block, None),
            x_block=slice(64 // block, 128 // block),
        )
        assert part.identical(same)
        assert part.attrs["cells"] == (block // 8) ** 3
        assert part.y_block.values[0] == 32 // block


def test_blocks_without_a_value_are_empty(archive):
    empty = archive.latents().empty.values
    assert empty[1, 0, 0, 1]
    assert empty.sum() == 1


def test_a_region_that_cuts_blocks_is_an_error(archive):
    with pytest.raises(IdlatError, match=r"region y=8:70 cuts blocks of 16"):
        archive.latents(y=slice(8, 70))
    assert archive.latents(block=8, y=slice(8, 70)).sizes["y_block"] == 8


def test_the_kept_importance_is_the_mean_of_each_block(archive, field):
    kept = archive.importance()
    assert kept.shape == archive.latents().shape[:-1]
    expected = (field.values[0, :16, 16:32, 32:48] > 11).mean()
    assert abs(float(kept[0, 0, 1, 2]) - expected) <= 0.5 / 255 + 1e-6
    assert archive.importance(time=0).dims == ("z_block", "y_block", "x_block")


def test_without_kept_importance_there_is_none(tmp_path, make_field, model):
    archive = idlat.compress(make_field((8, 8, 8)), tmp_path / "a.idlat", "1", model)
    assert archive.importance() is None
