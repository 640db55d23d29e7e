"""A field that changes between two passes is an error, and nothing is left of the archive."""

import dask.array
import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.archive.original import field_reader
from idlat.archive.original.reread_check import bit_sum
from idlat.errors import FieldError
from idlat.fields.arrays.read_part import read_part
from idlat.model.subband.model import SubbandModel
from idlat.tiling import box_slices


class Changing:
    """An array whose values are others from the n-th reading on."""

    def __init__(self, values, stays):
        self.values, self.stays, self.read = values, stays, 0
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key):
        part = np.array(self.values[key])
        self.read += part.size > 0  # dask asks for empty parts, to see what comes
        return part + (0 if self.read <= self.stays else 2)


def field_of(array):
    data = dask.array.from_array(array, chunks=array.shape, name=False, asarray=False)
    return xr.DataArray(data, dims=("z", "y", "x"), name="speed")


@pytest.fixture
def unkept(monkeypatch):
    """No frame stays in memory: each of the passes, to scan, encode and measure, reads again."""
    monkeypatch.setattr(field_reader, "_KEEP_BYTES", 0)


@pytest.mark.parametrize("stays", [1, 2])
def test_a_field_that_changes_between_passes(tmp_path, make_field, model, unkept, stays):
    changing = Changing(make_field((20, 24, 20)).values.astype("f4"), stays)
    with pytest.raises(FieldError, match="'speed' were changed while it was read"):
        idlat.compress(field_of(changing), tmp_path / "a", model=model, workers=1)
    with pytest.raises(idlat.IdlatError):
        idlat.open_archive(tmp_path / "a", model)


def test_a_zarr_store_that_another_program_writes(tmp_path, make_field, model, unkept):
    make_field((20, 24, 20)).to_dataset().to_zarr(tmp_path / "f.zarr", zarr_format=3, consolidated=False)
    field = idlat.open_field(tmp_path / "f.zarr")

    def progress(stage, done, total):
        if stage == "encode":
            zarr.open_array(tmp_path / "f.zarr/speed", mode="r+")[10] = 7.0

    with pytest.raises(FieldError, match="were changed while it was read"):
        idlat.compress(field, tmp_path / "a", model=model, progress=progress, workers=1)


class Counted:
    """A series that counts how often each of its steps is read."""

    def __init__(self, values):
        self.values, self.reads = values, np.zeros(len(values), int)
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __getitem__(self, key):
        part = np.array(self.values[key])
        if part.size:
            self.reads[key[0]] += 1
        return part


def series_of(array):
    chunks = (1, *array.shape[1:])
    data = dask.array.from_array(array, chunks=chunks, name=False, asarray=False)
    return xr.DataArray(data, dims=("time", "z", "y", "x"), name="speed")


@pytest.mark.parametrize("target", [{"quality": 50}, {"psnr": 45}])
@pytest.mark.parametrize(
    "importance", [None, "value > 0.2", "gradient()", "isosurface(10, decay=3)*rarity()"]
)
def test_a_field_that_fits_in_memory_is_read_once(tmp_path, make_field, target, importance):
    counted = Counted(make_field((16, 24, 16), steps=5).values.astype("f4"))
    idlat.compress(series_of(counted), tmp_path / "a", importance, **target)
    assert counted.reads.tolist() == [1] * 5


def test_frames_that_do_not_fit_in_memory_together_are_read_once_a_pass(tmp_path, make_field, monkeypatch):
    counted = Counted(make_field((16, 24, 16), steps=5).values.astype("f4"))
    monkeypatch.setattr(field_reader, "_KEEP_BYTES", 2 * 16 * 24 * 16 * 4)
    idlat.compress(series_of(counted), tmp_path / "a", key_every=1, workers=1)
    assert max(counted.reads) <= 4  # scan, the model's windows, encode, measure


def test_what_is_kept_is_forgotten_with_the_reader(make_field):
    counted = Counted(make_field((16, 24, 16), steps=2).values.astype("f4"))
    field = series_of(counted)
    (reader,) = field_reader.as_fields(field)
    reader.keep()
    part = read_part(field.variable, (1, slice(2, 9), slice(24), slice(3, 16)))
    np.testing.assert_array_equal(part, counted.values[1, 2:9, :, 3:])
    assert counted.reads.tolist() == [1, 1]
    del reader
    read_part(field.variable, (0, slice(2, 9), slice(24), slice(3, 16)))
    assert counted.reads.tolist() == [2, 1]


def test_each_chunk_is_decoded_once(tmp_path, make_field, monkeypatch):
    idlat.compress(make_field((70, 80, 90)), tmp_path / "a", "value > 0.2", quality=60)
    decoded = []
    decode = SubbandModel.decode_chunks
    monkeypatch.setattr(
        SubbandModel, "decode_chunks", lambda *given: decoded.extend(given[1]) or decode(*given)
    )
    idlat.open_archive(tmp_path / "a").decode().load()
    assert len(decoded) == 2 * 2 * 2


def test_sums_of_any_tiling_agree():
    values = np.random.default_rng(0).normal(size=(9, 10, 11)).astype("f4")
    halves = [((0, 4), (0, 10), (0, 11)), ((4, 9), (0, 10), (0, 11))]
    assert sum(bit_sum(values[box_slices(box)]) for box in halves) % 2**64 == bit_sum(values)
    changed = values.copy()
    changed[3, 2, 1] = np.nextafter(changed[3, 2, 1], 9)
    assert bit_sum(changed) != bit_sum(values)
