import numpy as np
import pytest
import xarray as xr

import idlat


@pytest.mark.parametrize("variable", ["U", "T", "P", "W", "QVAPOR", "Q2"])
def test_a_weather_models_file(real_data, tmp_path, variable):
    source = real_data / "formats" / "mercator_sample.nc"
    field = idlat.open_field(source, variable)
    assert field.dims == ("time", "z", "y", "x")
    idlat.write_field(field, tmp_path / "back.nc")
    with (
        xr.open_dataset(source, engine="h5netcdf") as first,
        xr.open_dataset(tmp_path / "back.nc", engine="h5netcdf") as second,
    ):
        xr.testing.assert_identical(second[variable], first[variable])
        assert set(second.attrs) == set(first.attrs)
    assert len(idlat.list_variables(source)) == 24


def test_a_headerless_file(real_data, tmp_path):
    source = real_data / "formats" / "subIsabel.raw"
    field = idlat.open_field(source, shape=(100, 100, 100), dtype="float32")
    idlat.write_field(field, tmp_path / "back.raw")
    assert (tmp_path / "back.raw").read_bytes() == source.read_bytes()


def test_a_vtk_image(real_data, tmp_path):
    source = real_data / "formats" / "isabel_02.vti"
    field = idlat.open_field(source)
    expected = np.load(real_data / "isabel_velocitymag" / "isabel_velocitymag_t02.npy")
    assert (field.name, field.dtype, field["time"].item()) == ("velocityMag", np.float64, 2)
    np.testing.assert_allclose(field.values, expected, atol=1e-5)
    assert field["x"].values[1] == 4.0080321286
    for suffix in (".vti", ".nrrd", ".mha", ".h5", ".zarr"):
        back = idlat.open_field(idlat.write_field(field, tmp_path / f"back{suffix}"))
        xr.testing.assert_identical(back.load(), field.load())


@pytest.mark.parametrize("suffix", [".h5", ".zarr"])
def test_a_weather_models_file_in_other_formats(real_data, tmp_path, suffix):
    field = idlat.open_field(real_data / "formats" / "mercator_sample.nc", "T")
    back = idlat.open_field(idlat.write_field(field, tmp_path / f"back{suffix}"))
    np.testing.assert_array_equal(back.values, field.values)
    assert back.encoding["idlat_dims"] == field.encoding["idlat_dims"]
    assert set(back.coords) == set(field.coords)
    np.testing.assert_array_equal(back["XLAT"].values, field["XLAT"].values)


def test_every_array_file_opens(real_data):
    paths = sorted(real_data.glob("*/*.npy"))
    assert len(paths) > 50
    for path in paths:
        field = idlat.open_field(path)
        assert field.dims == ("z", "y", "x")
        assert np.isfinite(field.isel(z=0).values.astype(float)).all()


def test_ocean_with_land(real_data):
    paths = sorted((real_data / "ocean_atlas_temp").glob("*.npy"))
    field = idlat.open_field(paths, missing=-1e10)
    kinds = idlat.fields.valid_mask(field.values, idlat.fields.fill_values_of(field))
    assert (kinds[0] == 4).mean() == pytest.approx(0.3938, abs=1e-4)
    assert set(np.unique(kinds)) == {0, 4}
