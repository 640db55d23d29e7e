"""Features: scaling, PCA, empty blocks, the same map for new blocks."""

import numpy as np
import pytest

from idlat.analysis import block_features
from idlat.analysis.features import USUAL_SCALING
from idlat.errors import IdlatError


@pytest.fixture
def latents():
    rng = np.random.default_rng(0)
    values = np.rint(rng.normal(size=(2, 3, 4, 5, 24)) * np.linspace(20, 0.1, 24)).astype(np.int32)
    values[..., 3] = 7
    values[1, 0, 0, 0] = 0
    return values


@pytest.mark.parametrize("scaling", ["steps", "log", "standard"])
def test_distances_are_those_of_the_scaled_latents(latents, scaling):
    features = block_features(latents, components=24, scaling=scaling)
    rows = latents[tuple(features.blocks.T)].astype(np.float64)
    if scaling != "steps":
        rows = np.sign(rows) * np.log1p(np.abs(rows))
    if scaling == "standard":
        rows = rows / (rows.std(axis=0) + 0.01)
    for i, j in ((0, 1), (5, 60), (30, 31)):
        expected = np.linalg.norm(rows[i] - rows[j])
        assert np.linalg.norm(features.values[i] - features.values[j]) == pytest.approx(expected, rel=1e-4)


def test_energy_is_that_of_each_channel_s_cells(latents):
    features = block_features(latents, components=24, scaling="energy", cells=8)
    rows = latents[tuple(features.blocks.T)].reshape(-1, 3, 8).astype(np.float64)
    rows = np.log1p((rows**2).mean(axis=2) / 16)
    expected = np.linalg.norm(rows[3] - rows[40])
    assert np.linalg.norm(features.values[3] - features.values[40]) == pytest.approx(expected, rel=1e-4)
    with pytest.raises(IdlatError, match="cells must divide the length 24"):
        block_features(latents, scaling="energy", cells=7)


def test_channels_of_several_lengths_and_variables_that_are_joined(latents):
    features = block_features(latents, scaling="energy", cells=(4, 2))
    rows = latents[tuple(features.blocks.T)].reshape(-1, 4, 6).astype(np.float64) ** 2
    parts = np.stack([rows[..., :4].mean(axis=2), rows[..., 4:].mean(axis=2)], axis=2).reshape(len(rows), 8)
    expected = np.linalg.norm(np.subtract(*np.log1p(parts[[3, 40]] / 16)))
    assert np.linalg.norm(features.values[3] - features.values[40]) == pytest.approx(expected, rel=1e-4)
    with pytest.raises(IdlatError, match="got 2 channels of 7"):
        block_features(latents, cells=(4, 3))


def test_the_energy_is_compared_unless_told(latents):
    usual, energy = (block_features(latents, cells=8, **given) for given in ({}, {"scaling": "energy"}))
    assert usual.map.scaling == USUAL_SCALING == "energy"
    np.testing.assert_array_equal(usual.values, energy.values)


def test_many_blocks_are_fitted_by_a_sample():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(2, 20)) * 50
    latents = np.rint(rng.normal(size=(10, 10, 100, 2)) @ plane)
    features = block_features(latents, components=2, scaling="steps")
    exact = latents.reshape(-1, 20) - latents.reshape(-1, 20).mean(axis=0)
    assert (features.values**2).sum() == pytest.approx((exact**2).sum(), rel=1e-3)


def test_empty_blocks_are_kept_apart(latents):
    given = np.zeros(latents.shape[:-1], bool)
    given[0, 1, 2, 3] = True
    features = block_features(latents, given)
    assert np.argwhere(features.empty).tolist() == [[0, 1, 2, 3], [1, 0, 0, 0]]
    grid = features.grid(np.arange(len(features.blocks)))
    assert grid[0, 1, 2, 3] == grid[1, 0, 0, 0] == -1
    assert grid[tuple(features.blocks[17])] == 17


def test_the_same_seed_gives_the_same_features_and_the_map_repeats_them(latents):
    wide = np.repeat(latents, 3, axis=-1) + np.random.default_rng(1).integers(
        -1, 2, (*latents.shape[:-1], 72)
    )
    first, second = (block_features(wide, components=6, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    rows = wide[tuple(first.blocks.T)]
    np.testing.assert_allclose(first.map(rows[5:9]), first.values[5:9], atol=1e-4)
    assert first.map(rows[:0]).shape == (0, 6)


def test_principal_components_keep_what_varies_most(latents):
    few, all_of_them = (block_features(latents, components=k, scaling="steps").values for k in (3, 24))
    np.testing.assert_allclose(np.abs(few), np.abs(all_of_them[:, :3]), rtol=0.02, atol=0.05)


def test_blocks_that_are_all_alike_have_no_distance():
    features = block_features(np.full((2, 2, 2, 8), 3))
    assert not features.values.any()


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (np.zeros((3, 4)), {}, "dims"),
        (np.zeros((2, 2, 2, 4)), {}, "every block is empty"),
        (np.full((2, 2, 2, 4), np.nan), {}, "finite"),
        (np.ones((2, 2, 2, 4)), {"scaling": "no"}, "'no' is unknown"),
        (np.ones((2, 2, 2, 4)), {"components": 0}, "components"),
        (np.array([[[["a"]]]]), {}, "dtype"),
    ],
)
def test_bad_input_is_named(array, options, message):
    with pytest.raises(IdlatError, match=message):
        block_features(array, **options)


def test_latents_of_another_length_are_refused(latents):
    with pytest.raises(IdlatError, match="length 24"):
        block_features(latents).map(np.zeros((3, 25)))
