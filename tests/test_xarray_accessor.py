"""``ds.idlat`` and ``da.idlat``: there however xarray was imported, and the same as idlat's functions."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import IdlatError


@pytest.fixture(scope="module")
def dataset() -> xr.Dataset:
    z, y, x = np.meshgrid(*(np.arange(n) / 5 for n in (16, 20, 24)), indexing="ij")
    pressure = (np.sin(z + y) * np.cos(x)).astype(np.float32)
    dims = ("level", "lat", "lon")
    coords = {"lat": ("lat", np.arange(20.0), {"units": "degrees_north"})}
    return xr.Dataset({"p": (dims, pressure), "t": (dims, pressure**2)}, coords)


def run(code: str) -> str:
    """Run code in a new interpreter, warnings as errors, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "order",
    [
        "import xarray as xr; import idlat",
        "import idlat; import xarray as xr",
        "import idlat; import xarray as xr; import importlib; importlib.reload(idlat)",
        "import idlat; import xarray.backends; import xarray as xr",
    ],
)
def test_the_accessor_is_there_whichever_is_imported_first(order: str) -> None:
    code = order + "; import sys; print(type(xr.Dataset().idlat).__name__, "
    code += "type(xr.DataArray(0).idlat).__name__, 'zarr' in sys.modules or 'idlat.archive' in sys.modules)"
    assert run(code) == "DatasetAccessor DataArrayAccessor False"


def test_opening_any_file_brings_it_without_importing_idlat(tmp_path, dataset) -> None:
    dataset.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    path = str(tmp_path / "a.nc")
    code = f"import xarray as xr; print(type(xr.open_dataset({path!r}).idlat).__name__)"
    assert run(code) == "DatasetAccessor"


def test_importing_idlat_imports_no_xarray() -> None:
    assert run("import sys, idlat; print('xarray' in sys.modules, len(sys.meta_path))").startswith("False")


def test_a_dataset_is_compressed_as_the_function_does(dataset, tmp_path) -> None:
    archive = dataset.idlat.compress(tmp_path / "a.idlat", importance="gradient()", quality=40)
    assert list(archive) == ["p", "t"]
    other = idlat.compress(dataset, tmp_path / "b.idlat", "gradient()", quality=40)
    assert archive.record.id == other.record.id
    with pytest.raises(IdlatError, match="--overwrite"):
        dataset.idlat.compress(tmp_path / "a.idlat")
    replaced = dataset.idlat.compress(tmp_path / "a.idlat", importance="gradient()", mode="w")
    assert replaced["p"].isel(z=slice(0, 8)).decode().shape == (8, 20, 24)
    assert set(replaced.to_xarray().data_vars) == {"p", "t"}


def test_an_array_is_compressed(dataset, tmp_path) -> None:
    archive = dataset.p.idlat.compress(tmp_path / "p.idlat", psnr=40)
    back = archive["p"].decode()
    assert back.dtype == np.float32
    assert 40 <= archive.record.variables[0].errors.wpsnr < 40.2


def test_importance_is_that_of_the_function_on_the_array_s_own_axes(dataset) -> None:
    found = dataset.p.idlat.importance("isosurface(0.5, decay=0.2)")
    assert found.dims == ("level", "lat", "lon")
    assert found.lat.attrs == {"units": "degrees_north"}
    expected = idlat.importance.isosurface(dataset.p.values, 0.5, decay=0.2)
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.max() > 0.99


def test_importance_of_dask_arrays_is_lazy(dataset) -> None:
    found = dataset.p.chunk({"level": 8}).idlat.importance("value > 0.5")
    assert found.chunks is not None
    np.testing.assert_array_equal(found.values, dataset.p.values > 0.5)


def test_what_is_wrong_is_idlat_s_error(dataset, tmp_path) -> None:
    with pytest.raises(IdlatError, match="nowhere"):
        dataset.p.idlat.importance("nowhere(3)")
    with pytest.raises(IdlatError, match="unknown"):
        dataset.idlat.compress(tmp_path / "a.idlat", mode="x")
    assert not list(tmp_path.iterdir())


def test_variables_that_are_no_fields_are_named_with_a_way_out(dataset, tmp_path) -> None:
    extras = {
        "flag": ((), 3),
        "names": ("lat", list("abcdefghijklmnopqrst")),
        "edges": (("time", "n"), np.zeros((3, 2))),
    }
    for name, variable in extras.items():
        with pytest.raises(IdlatError, match=rf"'{name}'.*or leave it out, as by dataset\[\['p', 't'\]\]"):
            dataset.assign({name: variable}).idlat.compress(tmp_path / "a.idlat")


def test_an_archive_that_is_there_names_the_modes(dataset, tmp_path) -> None:
    archive = dataset.idlat.compress(tmp_path / "a.idlat", quality=40)
    with pytest.raises(IdlatError, match=r"--overwrite \(mode='w'\)"):
        dataset.idlat.compress(tmp_path / "a.idlat", quality=40)
    with pytest.raises(KeyError, match="has no variable 'u'; it has: p, t"):
        archive["u"]
