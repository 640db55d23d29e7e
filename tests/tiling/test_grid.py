from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.errors import IdlatError
from idlat.tiling import Grid, box_shape, box_slices, pad_edge, scale_box

sizes = st.integers(1, 60)
few = st.integers(1, 5)


@st.composite
def grids(draw):
    periodic = tuple(draw(st.booleans()) for _ in range(3))
    shape = tuple(8 * draw(st.integers(1, 5)) if wraps else draw(sizes) for wraps in periodic)
    return Grid(shape, periodic)


@st.composite
def boxes_within(draw, shape):
    spans = []
    for size in shape:
        start = draw(st.integers(0, size - 1))
        spans.append((start, draw(st.integers(start + 1, size))))
    return tuple(spans)


cores = st.tuples(few, few, few)
halos = st.tuples(*[st.integers(0, 7)] * 3)


def field_of(grid, dtype=np.float32):
    return np.arange(np.prod(grid.shape), dtype=dtype).reshape(grid.shape)


@given(grids(), cores, halos, st.data())
def test_cores_cover_every_cell_exactly_once(grid, core, halo, data):
    within = data.draw(st.none() | boxes_within(grid.cells))
    counts = np.zeros(grid.cells, int)
    for tile in grid.tiles(core, halo, within):
        counts[box_slices(tile.core)] += 1
        assert all(n <= most for n, most in zip(box_shape(tile.core), core, strict=True))
    inside = np.zeros(grid.cells, int)
    inside[box_slices(within) if within else ...] = 1
    assert (counts == inside).all()


@given(grids(), cores, halos)
def test_window_is_core_and_halo_clipped_only_where_it_does_not_wrap(grid, core, halo):
    for tile in grid.tiles(core, halo):
        for axis in range(3):
            (a, b), (w0, w1) = tile.core[axis], tile.window[axis]
            want = (a - halo[axis], b + halo[axis])
            if not grid.periodic[axis]:
                want = (max(0, want[0]), min(grid.cells[axis], want[1]))
            assert (w0, w1) == want


@given(grids(), cores, halos)
def test_gathered_voxels_are_the_padded_or_wrapped_field(grid, core, halo):
    field = field_of(grid)
    for tile in grid.tiles(core, halo):
        indices = []
        for axis, (start, stop) in enumerate(scale_box(tile.window, 8)):
            size, at = grid.shape[axis], np.arange(start, stop)
            indices.append(at % size if grid.periodic[axis] else np.minimum(at, size - 1))
        assert (grid.gather_voxels(field, tile.window) == field[np.ix_(*indices)]).all()


@given(grids(), cores, halos, st.data())
def test_gather_then_scatter_is_the_identity(grid, core, halo, data):
    field = field_of(grid)
    region = data.draw(st.none() | boxes_within(grid.shape))
    within = grid.cells_of(region) if region else None
    out = np.full(box_shape(region) if region else grid.shape, -1, np.float32)
    for tile in grid.tiles(core, halo, within):
        values = grid.gather_voxels(field, tile.window)
        assert values[tile.crop_voxels()].shape == box_shape(scale_box(tile.core, 8))
        grid.scatter_voxels(out, tile, values, region)
    assert (out == (field[box_slices(region)] if region else field)).all()


@given(grids(), cores, halos, st.data())
def test_the_cores_of_tiles_are_the_cells_with_leading_axes(grid, core, halo, data):
    latents = np.arange(2 * np.prod(grid.cells), dtype=np.int32).reshape(2, *grid.cells)
    within = data.draw(st.none() | boxes_within(grid.cells))
    out = np.full_like(latents, -1)
    for tile in grid.tiles(core, halo, within):
        values = grid.gather_cells(latents, tile.window)
        assert values.shape == (2, *box_shape(tile.window))
        out[(..., *box_slices(tile.core))] = values[(..., *tile.crop_cells)]
    inside = (..., *box_slices(within)) if within else ...
    assert (out[inside] == latents[inside]).all()
    assert (out >= 0).sum() == latents[inside].size


@given(grids(), st.data())
def test_cells_of_a_region_are_the_fewest_that_hold_it(grid, data):
    region = data.draw(boxes_within(grid.shape))
    touched = np.zeros(grid.shape, bool)
    touched[box_slices(region)] = True
    cells = grid.cells_of(region)
    back = np.zeros(grid.shape, bool)
    back[box_slices(grid.voxels_of(cells))] = True
    assert back[touched].all()
    for axis, (start, stop) in enumerate(cells):
        assert start * 8 <= region[axis][0] < (start + 1) * 8
        assert (stop - 1) * 8 < region[axis][1] <= stop * 8


@given(grids(), cores, halos, st.integers(1, 4))
def test_chunks_of_a_window_hold_every_cell_that_it_reads(grid, core, halo, chunk):
    numbers = np.zeros(grid.cells, int)
    for i, tile in enumerate(grid.chunks(chunk)):
        numbers[box_slices(tile.core)] = i
    indices = [tile.index for tile in grid.chunks(chunk)]
    for tile in grid.tiles(core, halo):
        read = np.unique(grid.gather_cells(numbers, tile.window))
        assert grid.chunks_of(tile.window, chunk) == [indices[i] for i in read]


def test_gathered_memory_is_new_and_keeps_the_dtype():
    grid = Grid((8, 8, 8))
    field = field_of(grid, np.int16)
    tile = grid.gather_voxels(field, grid.tiles((1, 1, 1))[0].window)
    tile[...] = 0
    assert tile.dtype == np.int16
    assert field.any()


def test_sources_are_read_by_slices_only():
    class Source:
        shape, dtype = (2, 16, 8, 8), np.dtype(np.float32)

        def __getitem__(self, key):
            lead, *axes = key
            assert lead is Ellipsis
            assert all(isinstance(axis, slice) and axis.start >= 0 for axis in axes)
            return data[key]

    data = np.random.default_rng(0).normal(size=Source.shape).astype(np.float32)
    grid = Grid((16, 8, 8), (True, True, False))
    window = ((-1, 3), (0, 2), (0, 1))
    wrapped = np.concatenate([data[:, 8:], data, data[:, :8]], axis=1)
    wrapped = np.concatenate([wrapped, wrapped], axis=2)
    assert (grid.gather_voxels(Source(), window) == wrapped).all()


def test_pad_edge_replicates_the_last_voxel():
    padded = pad_edge(np.arange(4).reshape(1, 2, 2), (2, 2, 3))
    assert padded.tolist() == [[[0, 1, 1], [2, 3, 3]]] * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Grid((0, 8, 8)), "at least 1 voxel"),
        (lambda: Grid((8, 8)), "3 axes"),
        (lambda: Grid((12, 8, 8), (True, False, False)), "periodic axis z has 12 voxels.* multiple of 8"),
        (lambda: Grid((5, 8, 8), (True, False, False)), "periodic axis z has 5 voxels.* leave z out"),
        (lambda: Grid((8, 8, 8)).tiles((0, 1, 1)), "core of at least 1 cell"),
        (lambda: Grid((8, 8, 8)).tiles((1, 1, 1), -1), "halo of at least 0"),
        (lambda: Grid((8, 8, 8)).tiles((1, 1, 1), 0, ((0, 2), (0, 1), (0, 1))), "do not lie inside"),
        (lambda: Grid((8, 8, 8)).cells_of(((0, 9), (0, 1), (0, 1))), r"region z=0:9 .* 0:8"),
        (lambda: Grid((8, 8, 8)).cells_of(((0, 1), (3, 3), (0, 1))), r"region y=3:3"),
        (lambda: Grid((8, 8, 8)).gather_voxels(np.zeros((8, 8, 9)), ((0, 1),) * 3), "expected"),
        (
            lambda: Grid((8, 8, 8)).gather_cells(np.zeros((1, 1, 1)), ((0, 2), (0, 1), (0, 1))),
            "does not wrap",
        ),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises(IdlatError, match=message):
        make()
