"""Isosurface maps of a step, and clusters followed through time."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from idlat.analysis import latent_map, peer_map, spread_isovalues
from idlat.errors import FieldError, IdlatError
from idlat.explorer.data import Blocks, CancelledError, TreeEditor
from idlat.explorer.data.clusters.cluster_tracks import follow
from idlat.explorer.data.isosurface_similarity import isosurface_map
from idlat.model import load_model


@pytest.fixture
def small(open_array, wave):
    return open_array(xr.DataArray(wave((16, 24, 16)), dims=("z", "y", "x"), name="field"))


def test_isosurface_map(small):
    seen = []
    found = isosurface_map(small, 0, 6, progress=lambda *report: seen.append(report))
    values = small.volume("original", 0).values
    again = latent_map(values, spread_isovalues(values, 6), load_model())
    np.testing.assert_allclose(found.similarity, again.similarity, atol=1e-6)
    np.testing.assert_allclose(found.isovalues, again.isovalues)
    assert seen[-1][0] == "represent"
    assert isosurface_map(small, 0, 6) is found


def test_range_and_method_are_chosen(small):
    values = small.volume("original", 0).values
    low, high = float(values.min()), float(values.max())
    found = isosurface_map(small, 0, 4, span="all")
    np.testing.assert_allclose(found.isovalues, low + (high - low) * np.arange(1, 5) / 5, rtol=1e-5)
    np.testing.assert_allclose(np.diag(found.similarity), 1, atol=1e-6)  # each has a surface
    other = isosurface_map(small, 0, 4, span=(0.0, 0.5), method="cell-overlap")
    np.testing.assert_allclose(other.isovalues, [0.1, 0.2, 0.3, 0.4])
    assert other.method == "cell-overlap"
    again = peer_map("cell-overlap", values, other.isovalues)
    np.testing.assert_allclose(other.similarity, again.similarity)
    with pytest.raises(FieldError, match="no isosurfaces"):
        isosurface_map(small, 0, 4, span=(2.0, 2.0))


def test_cancelled_map_is_made_again(small):
    def stop(stage, done, total):
        raise CancelledError("no")

    with pytest.raises(CancelledError):
        isosurface_map(small, 0, 4, progress=stop)
    assert isosurface_map(small, 0, 4).similarity.shape == (4, 4)


def test_no_isosurfaces(open_array):
    flat = open_array(np.ones((8, 8, 8), np.float32))
    with pytest.raises(FieldError, match="no isosurfaces"):
        isosurface_map(flat, 0)


@pytest.fixture
def moving(open_array):
    """A blob that moves along x by a block a step, two steps on the left of a wide field."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in (16, 48, 96)), indexing="ij")
    steps = [
        10 * np.exp(-((z - 8) ** 2 + (y - 24) ** 2 + (x - 24 - 16 * t) ** 2) / 60.0)
        + 0.01 * np.sin(x / 5 + y)
        for t in range(3)
    ]
    values = np.stack(steps).astype(np.float32)
    return open_array(xr.DataArray(values, dims=("time", "z", "y", "x"), name="blob"), quality=60)


def test_a_cluster_is_followed(moving):
    editor = TreeEditor(Blocks.of(moving, 1))
    children = editor.split(0, 2)
    means = editor.blocks.attribute("mean")
    blob = max(children, key=lambda node: means[editor.rows(node)].mean())
    editor.rename(blob, "blob")
    seen = []
    found = follow(editor, blob, smallest=1, progress=lambda *report: seen.append(report))
    assert seen == [("track", step, 3) for step in (1, 2, 3)]
    np.testing.assert_array_equal(found.member[1], editor.blocks.selected(editor.rows(blob)))
    assert all(found.member[step, 0, 1, 1 + step] for step in range(3))
    assert found.name == "blob"
    assert found.sizes() == [int(part.sum()) for part in found.member]
    largest = [max((p for p in found.points if p.step == t), key=lambda p: p.size) for t in range(3)]
    across = [point.centroid[2] for point in largest]
    assert across[0] < across[1] < across[2]


def test_all_blocks_are_all_blocks(moving):
    editor = TreeEditor(Blocks.of(moving, 0))
    assert follow(editor, 0).sizes()[0] == editor.blocks.count
    with pytest.raises(IdlatError, match="no cluster 9"):
        follow(editor, 9)
