"""Reading clusters: gradients and means of blocks, densities, distances, masks, meshes."""

import numpy as np
import pytest

from idlat.analysis import (
    block_gradients,
    block_means,
    cluster_meshes,
    density,
    energy_distance,
    only,
    voxel_mask,
)
from idlat.errors import IdlatError


def sphere(shape=(20, 24, 28)):
    z, y, x = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    return np.sqrt(z**2 + y**2 + x**2).astype(np.float32)


def test_gradients_and_means_of_a_plane_are_exact_in_blocks_of_any_fit():
    z, y, x = np.meshgrid(np.arange(19.0), np.arange(8.0), np.arange(33.0), indexing="ij")
    field = 2 * z - 3 * y + 0.5 * x
    gradients = block_gradients(field, 8)
    assert gradients.shape == (3, 3, 1, 5)
    for axis, slope in enumerate((2, -3, 0.5)):
        np.testing.assert_allclose(gradients[axis], slope)
    means = block_means(field, 8)
    assert means[2, 0, 4] == pytest.approx(field[16:, :, 32:].mean())


def test_missing_voxels_are_left_out():
    field = np.broadcast_to(np.arange(16.0), (8, 8, 16)).copy()
    field[:, :, 8:] = np.inf
    field[0, 0, 0] = np.nan
    means = block_means(field, 8)
    assert means[0, 0, 0] == pytest.approx((28 * 64) / 511)
    assert np.isnan(means[0, 0, 1])
    assert block_gradients(field, 8)[2, 0, 0, 0] == pytest.approx(1.0)
    assert (block_gradients(np.ones((1, 1, 1)))).tolist() == [[[[0.0]]], [[[0.0]]], [[[0.0]]]]
    with pytest.raises(IdlatError, match="time step"):
        block_means(np.zeros((2, 3, 4, 5)))


def test_a_density_is_that_of_the_normal_distribution():
    samples = np.random.default_rng(0).normal(2, 0.5, 4000)
    at = np.linspace(-1, 5, 301)
    estimate = density(samples, at)
    assert np.trapezoid(estimate, at) == pytest.approx(1, abs=1e-3)
    truth = np.exp(-0.5 * ((at - 2) / 0.5) ** 2) / (0.5 * np.sqrt(2 * np.pi))
    assert abs(estimate - truth).max() < 0.06
    assert at[density([3.0, 3.0, np.nan], at).argmax()] == pytest.approx(3)
    with pytest.raises(IdlatError, match="no sample"):
        density([np.nan], at)


def test_the_energy_distance_grows_with_the_shift():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(2500, 3))
    shifted = [energy_distance(a, rng.normal(size=(500, 3)) + s) for s in (0, 1, 4)]
    assert shifted[0] < 0.02 < shifted[1] < 0.5 < shifted[2] < 1
    assert energy_distance(a, a) == pytest.approx(0, abs=1e-12)
    assert energy_distance(np.ones(3), np.ones(4)) == 0
    with pytest.raises(IdlatError, match="no finite row"):
        energy_distance(a, np.full((2, 3), np.nan))


def test_a_cluster_s_voxels_and_the_rest_missing():
    blocks = np.zeros((2, 1, 3), bool)
    blocks[1, 0, 2] = True
    mask = voxel_mask(blocks, (18, 16, 40), 16)
    assert mask.sum() == 2 * 16 * 8
    assert mask[16:, :, 32:].all()
    kept = only(np.arange(18 * 16 * 40).reshape(18, 16, 40), blocks)
    assert kept.dtype == np.float64
    assert np.isfinite(kept).sum() == mask.sum()
    assert kept[17, 15, 39] == 18 * 16 * 40 - 1
    with pytest.raises(IdlatError, match=r"\(2, 1, 3\) blocks"):
        voxel_mask(blocks[:1], (18, 16, 40))


def area(mesh):
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()


def test_the_meshes_of_clusters_are_the_whole_surface():
    field = sphere()
    labels = np.arange(3 * 3 * 4).reshape(3, 3, 4) % 3
    meshes = cluster_meshes(field, labels, 7.0, 8)
    assert set(meshes) == {0, 1, 2}
    assert sum(map(area, meshes.values())) == pytest.approx(4 * np.pi * 49, rel=0.01)
    for label, mesh in meshes.items():
        assert abs(np.linalg.norm(mesh.vertices - [9.5, 11.5, 13.5], axis=1) - 7).max() < 0.05
        middles = mesh.vertices[mesh.faces].mean(axis=1).astype(int) // 8
        assert (labels[tuple(middles.T)] == label).all()


def test_no_surface_where_values_are_missing_or_beyond_the_range():
    field = sphere()
    labels = np.zeros((3, 3, 4), int)
    assert cluster_meshes(field, labels, 99.0, 8) == {}
    field[:10] = np.nan
    (mesh,) = cluster_meshes(field, labels, 7.0, 8).values()
    assert mesh.vertices[:, 0].min() >= 10
    assert area(mesh) == pytest.approx(2 * np.pi * 49, rel=0.2)
    assert cluster_meshes(np.full((8, 8, 8), np.nan), np.zeros((1, 1, 1), int), 1.0, 8) == {}
    with pytest.raises(IdlatError, match="two voxels"):
        cluster_meshes(np.zeros((1, 8, 8)), np.zeros((1, 1, 1), int), 1.0, 8)
    with pytest.raises(IdlatError, match="blocks of 8"):
        cluster_meshes(field, labels[:2], 1.0, 8)
