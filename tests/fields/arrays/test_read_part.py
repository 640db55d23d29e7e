"""Parts of fields that lie plainly in files: read without the rest, the same values as dask's."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
import xarray as xr

from idlat.errors import FieldError
from idlat.fields import open_field, write_field
from idlat.fields.arrays import array_file
from idlat.fields.arrays.array_file import ArrayFile
from idlat.fields.arrays.read_part import read_part


@pytest.fixture(params=["C", "F"])
def written(request, tmp_path: Path) -> tuple[xr.DataArray, np.ndarray]:
    values = (
        np.random.default_rng(0).normal(size=(3, 20, 40, 70)).astype(">f4" if request.param == "F" else "<f4")
    )
    np.save(tmp_path / "field.npy", np.asarray(values, order=request.param))
    return open_field(tmp_path / "field.npy"), values


@pytest.mark.parametrize("gap", [0, 100, 9000, 1 << 14])
def test_parts_have_the_values_of_the_whole(written, gap, monkeypatch):
    monkeypatch.setattr(array_file, "_GAP", gap)
    field, values = written
    rng = np.random.default_rng(1)
    for _ in range(20):
        ends = [sorted(rng.integers(0, n + 1, 2)) for n in values.shape[1:]]
        key = (int(rng.integers(0, 3)), *(slice(int(a), int(b)) for a, b in ends))
        part = read_part(field.variable, key)
        assert part.dtype == values.dtype.newbyteorder("=")
        np.testing.assert_array_equal(part, values[key])


def test_a_tile_is_read_without_the_slabs_around(tmp_path, monkeypatch):
    np.save(tmp_path / "field.npy", np.zeros((16, 400, 9000), np.float32))
    field = open_field(tmp_path / "field.npy")
    asked, read = [], ArrayFile._fill

    def counted(self, file, shape, box, values):
        asked.append(values.nbytes)
        read(self, file, shape, box, values)

    monkeypatch.setattr(ArrayFile, "_fill", counted)
    assert read_part(field.variable, (slice(2, 4), slice(9, 59), slice(100, 200))).shape == (2, 50, 100)
    assert sum(asked) == 2 * 50 * 100 * 4
    asked.clear()
    assert read_part(field.variable, (slice(2, 4), slice(9, 59), slice(100, 8000))).shape == (2, 50, 7900)
    assert sum(asked) == 2 * 50 * 9000 * 4  # whole rows, for little is left out


def test_what_was_read_last_is_not_read_again(written, monkeypatch):
    field, values = written
    reads, read = [], ArrayFile.__getitem__
    monkeypatch.setattr(ArrayFile, "__getitem__", lambda self, key: reads.append(key) or read(self, key))
    around = (1, slice(2, 12), slice(0, 30), slice(5, 60))
    inside = (1, slice(3, 12), slice(1, 30), slice(6, 59))
    first = read_part(field.variable, around)
    again = read_part(field.variable, inside)
    np.testing.assert_array_equal(again, values[inside])
    assert again.flags.c_contiguous
    assert not np.shares_memory(first, again)
    assert len(reads) == 1
    for other in [(2, *inside[1:]), (1, slice(1, 12), *inside[2:]), (1, *inside[1:3], slice(6, 61))]:
        read_part(field.variable, around)
        reads.clear()
        np.testing.assert_array_equal(read_part(field.variable, other), values[other])
        assert reads == [other]


def test_parts_of_two_fields_are_not_taken_for_one_another(tmp_path):
    fields = []
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", np.full((4, 5, 6), ord(name), np.float32))
        fields.append(open_field(tmp_path / f"{name}.npy"))
    for field, name in zip(fields * 2, "abab", strict=True):
        assert (read_part(field.variable, (slice(4), slice(5), slice(6))) == ord(name)).all()


@pytest.mark.parametrize("suffix", ["h5", "nc", "zarr"])
def test_a_tile_of_a_chunked_file_is_read_without_the_slabs_around(tmp_path, suffix, monkeypatch):
    values = np.random.default_rng(0).normal(size=(12, 40, 50)).astype(np.float32)
    field = xr.DataArray(values, dims=("z", "y", "x"), name="p")
    write_field(field, tmp_path / f"p.{suffix}")
    opened = open_field(tmp_path / f"p.{suffix}")
    assert opened.chunks is not None
    key = (slice(1, 9), slice(3, 20), slice(4, 50))
    monkeypatch.setattr(dask.array.Array, "compute", None)  # nothing goes through dask
    np.testing.assert_array_equal(read_part(opened.variable, key), values[key])


def test_several_steps_are_a_part_too(written):
    field, values = written
    key = (slice(1, 3), slice(2, 5), slice(0, 9), slice(4, 9))
    np.testing.assert_array_equal(read_part(field.variable, key), values[key])
    inside = (slice(2, 3), slice(3, 5), slice(0, 9), slice(4, 8))
    np.testing.assert_array_equal(read_part(field.variable, inside), values[inside])


def test_what_is_computed_from_a_file_is_computed(written):
    field, values = written
    key = (1, slice(2, 5), slice(9), slice(9))
    np.testing.assert_array_equal(read_part((field * 2).variable, key), 2 * values[key])
    later = field.isel(time=slice(1, None)).variable
    np.testing.assert_array_equal(read_part(later, key), values[(2, *key[1:])])


def test_a_file_that_was_cut_is_an_error(written, tmp_path):
    field, _ = written
    data = (tmp_path / "field.npy").read_bytes()
    (tmp_path / "field.npy").write_bytes(data[:-50])
    with pytest.raises(FieldError):
        read_part(field.variable, (2, slice(0, 20), slice(0, 40), slice(0, 9)))
