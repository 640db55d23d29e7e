"""Similarity maps: what must hold of any, each method's own, and the selection."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import idlat
from idlat.analysis import PEERS, LatentOptions, latent_map, peer_map, representative_isovalues
from idlat.errors import IdlatError


def shells(n=32):
    """Concentric spheres up to 6, and a plateau far from them: its isosurfaces are elsewhere."""
    z, y, x = np.meshgrid(*[np.arange(n) - 9.5] * 3, indexing="ij")
    radius = np.sqrt(z**2 + y**2 + x**2)
    far = np.sqrt((z - 16) ** 2 + (y - 16) ** 2 + (x - 16) ** 2)
    return np.where(far < 6, 16 - far, np.minimum(radius, 7)).astype(np.float32)


LEVELS = np.array([2.0, 3.0, 4.0, 5.0, 11.0, 12.0, 13.0])


@pytest.fixture(scope="module")
def model():
    return idlat.load_model()


def compute(method, field, levels, model):
    return latent_map(field, levels, model) if method == "latent" else peer_map(method, field, levels)


@pytest.mark.parametrize("method", ["latent", *PEERS])
def test_near_isosurfaces_are_more_alike_than_far_ones(method, model):
    found = compute(method, shells(), LEVELS, model)
    similarity = found.similarity
    np.testing.assert_allclose(similarity, similarity.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(similarity), 1, atol=1e-6)
    assert similarity.min() > -1
    assert similarity[1, 2] > similarity[1, 5]
    assert similarity[5, 6] > similarity[5, 2]
    low, high = sorted(found.representative(2))
    assert low < 8 < high
    assert found.method == method
    assert min(found.seconds_representation, found.seconds_similarity) >= 0


@pytest.mark.parametrize("method", ["latent", *PEERS])
def test_an_isosurface_that_is_not_there_is_like_nothing(method, model):
    field = shells()
    field[:4] = np.nan
    similarity = compute(method, field, np.array([3.0, 4.0, 99.0]), model).similarity
    between = similarity[0, 1]
    assert between > 0.1
    np.testing.assert_allclose(similarity, [[1, between, 0], [between, 1, 0], [0, 0, 0]], atol=1e-6)


def test_the_transform_is_the_same_however_a_field_is_tiled(model):
    whole, *others = (
        latent_map(shells(), LEVELS, model, LatentOptions(tile=n)).similarity for n in (64, 16, 8)
    )
    for other in others:
        np.testing.assert_allclose(other, whole, atol=1e-5)


def test_refined_latents_of_tiles_are_those_of_the_whole_but_for_halos_and_like_the_transform(model):
    choices = [LatentOptions(refine=True, tile=n) for n in (64, 16, 8)]
    whole, *others = (latent_map(shells(), LEVELS, model, choice).similarity for choice in choices)
    for other in (*others, latent_map(shells(), LEVELS, model).similarity):
        np.testing.assert_allclose(other, whole, atol=0.1)


class Plain:
    """A model of two coefficients a cell, both ten times the voxel in the cell's corner."""

    cell, analysis_halo = 8, 8

    def __init__(self):
        self.shapes = []

    def coefficients(self, x, _gain):
        return 10 * np.repeat(x[None, ::8, ::8, ::8], 2, axis=0)

    def levels(self, shares):
        cells = shares.reshape(len(shares), *(k for n in shares.shape[1:] for k in (n // 2, 2)))
        return np.floor(np.log2(np.maximum(cells.max(axis=(2, 4, 6)), 2**-9))).astype(np.int32)

    def represent(self, x, importance, _gain):
        self.shapes.append(x.shape)
        assert importance.shape[1:] == x.shape
        assert importance.any(axis=(1, 2, 3)).all()
        return np.ones((len(importance), 3, *(n // 8 for n in x.shape)), np.int32)


def test_latents_are_coefficients_at_the_level_of_the_share_of_voxels_near_the_isovalue():
    field = np.full((8, 8, 16), 4.0, np.float32)
    field[..., 8:] = 12
    field[:4, :4, 1:3] = 6  # half of a patch is near 6, all of the others near 4
    found = latent_map(field, np.array([4.0, 6.0, 12.0]), Plain(), LatentOptions(width=1.0))
    corner, far = 10 * (4 - field.mean()) / field.std(), 10 * (12 - field.mean()) / field.std()
    four = np.array([round(corner), round(corner), 0, 0, 0, 0])
    six = np.array([round(corner / 2), round(corner / 2), -1, 0, 0, 0])
    twelve = np.array([0, 0, 0, round(far), round(far), 0])
    rows = np.stack([four, six, twelve]).astype(float)
    lengths = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(found.similarity, rows @ rows.T / np.outer(lengths, lengths), atol=1e-6)


def test_only_what_an_isovalue_touches_is_refined():
    field = np.zeros((40, 40, 80), np.float32)
    field[:8, :8, 40:48] = np.linspace(0, 1, 8)
    plain = Plain()
    options = LatentOptions(width=0.2, refine=True, tile=128)
    latent_map(field, np.array([0.5, 0.6, 9.0]), plain, options)
    assert set(plain.shapes) == {(16, 16, 24)}  # one cell, a halo of one; two of its sides are the field's


def test_distances_are_exact_and_similarity_is_mutual_information():
    field = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)
    from idlat.analysis.peers import _crossed, _distances

    near = _crossed(field, 0.3)
    voxels = np.indices(field.shape).reshape(3, -1).T
    expected = cdist(voxels, voxels[near.ravel()]).min(axis=1).reshape(field.shape)
    np.testing.assert_allclose(_distances(field, 0.3), expected, atol=1e-5)
    ramp = np.broadcast_to(np.arange(32.0), (4, 4, 32))
    similarity = peer_map("distance-field", ramp, np.array([7.5, 23.5])).similarity
    bins = [np.minimum(abs(np.arange(32) - c) - 0.5, 31) // 1 for c in (7.5, 23.5)]  # one distance a bin

    def entropy(*codes):
        _, counts = np.unique(np.stack(codes), axis=1, return_counts=True)
        return -(counts / 32 * np.log2(counts / 32)).sum()

    a, b, both = entropy(bins[0]), entropy(bins[1]), entropy(*bins)
    assert similarity[0, 1] == pytest.approx(2 * (a + b - both) / (a + b))


def test_cells_that_two_isosurfaces_share():
    field = np.array([0.0, 2.0, 4.0, 6.0]).reshape(1, 1, 4)
    similarity = peer_map("cell-overlap", field, np.array([0.5, 1.5, 3.0])).similarity
    np.testing.assert_allclose(similarity, [[1, 1, 0], [1, 1, 0], [0, 0, 1]])


def test_selection_takes_one_of_each_group_before_a_second_of_any():
    similarity = np.kron(np.eye(3), np.ones((4, 4))) * 0.8 + 0.1
    chosen = representative_isovalues(similarity, 3)
    assert {index // 4 for index in chosen} == {0, 1, 2}
    assert sorted(representative_isovalues(similarity, 99)) == list(range(12))
    with pytest.raises(IdlatError, match="got 0"):
        representative_isovalues(similarity, 0)
    with pytest.raises(IdlatError, match=r"\(n, n\)"):
        representative_isovalues(similarity[:2], 1)


@pytest.mark.parametrize(
    ("field", "levels", "message"),
    [
        (np.zeros((4, 4)), [1.0, 2.0], r"\(z, y, x\)"),
        (np.zeros((4, 4, 4), complex), [1.0, 2.0], "real numbers"),
        (np.zeros((4, 4, 4)), [1.0], "two or more"),
        (np.zeros((4, 4, 4)), [2.0, 1.0], "ascending"),
        (np.zeros((4, 4, 4)), [1.0, np.nan], "finite"),
    ],
)
@pytest.mark.parametrize("method", ["latent", "fast", "cell-overlap"])
def test_bad_input_is_named(field, levels, message, method, model):
    with pytest.raises(IdlatError, match=message):
        compute(method, field, np.array(levels), model)


def test_bad_options_are_named(model):
    for options, message in (
        (LatentOptions(tile=12), "multiple of 8"),
        (LatentOptions(width=0.0), "above 0"),
    ):
        with pytest.raises(IdlatError, match=message):
            latent_map(shells(), LEVELS, model, options)
