"""Parts of fields that lie plainly in files: read without the rest, the same values as dask's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat.errors import FieldError
from idlat.fields import open_field
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
