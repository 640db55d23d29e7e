"""Variables on several grids in one archive, such as the staggered ones of a weather model."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import FieldError, IdlatError

SHAPES = {"P": (10, 20, 24), "U": (10, 20, 25), "V": (10, 21, 24), "W": (11, 20, 24)}
STAGGERED = {"U": "west_east_stag", "V": "south_north_stag", "W": "bottom_top_stag"}


def dims_of(name: str) -> tuple[str, ...]:
    plain = ("Time", "bottom_top", "south_north", "west_east")
    return tuple(STAGGERED[name] if STAGGERED.get(name) == f"{dim}_stag" else dim for dim in plain)


def values_of(name: str, steps: int = 2, first: int = 0) -> np.ndarray:
    z, y, x = np.meshgrid(*[np.linspace(0, 3, n) for n in SHAPES[name]], indexing="ij")
    frames = [np.sin(x + 0.2 * t + len(name)) * np.cos(y) + z for t in range(first, first + steps)]
    return (10 * np.stack(frames)).astype("float32")


def dataset(steps: int = 2, first: int = 0) -> xr.Dataset:
    return xr.Dataset({name: (dims_of(name), values_of(name, steps, first)) for name in SHAPES})


@pytest.fixture
def path(tmp_path):
    dataset().idlat.compress(tmp_path / "wrf.idlat", importance="gradient()", max_error=0.05)
    return tmp_path / "wrf.idlat"


def test_each_variable_comes_back_on_its_own_grid(path) -> None:
    with idlat.open_archive(path) as archive:
        for name in SHAPES:
            back = archive[name].decode()
            assert back.shape == (2, *SHAPES[name])
            assert np.abs(back.values - values_of(name)).max() <= 0.05
            part = archive[name].isel(z=slice(2, 9), y=3, time=1).decode()
            np.testing.assert_array_equal(part, back[1, 2:9, 3])
        assert archive.latents(16, "W").sizes["z_block"] == 1
        assert [v.shape for v in archive.info().variables] == [(2, *shape) for shape in SHAPES.values()]
        assert idlat.verify(archive, dataset()).ok
        assert idlat.evaluate(archive, dataset()).max_error <= 0.05


@pytest.mark.parametrize("chunks", [None, {}])
def test_xarray_names_the_axes_that_differ_after_their_variable(path, chunks) -> None:
    with xr.open_dataset(path, engine="idlat", chunks=chunks) as found:
        assert found.P.dims == ("time", "z", "y", "x")
        assert found.U.dims == ("time", "z", "y", "x_U")
        assert found.V.dims == ("time", "z", "y_V", "x")
        assert found.W.dims == ("time", "z_W", "y", "x")
        for name in SHAPES:
            assert float(np.abs(found[name].values - values_of(name)).max()) <= 0.05
        centred = 0.5 * (found.U.isel(x_U=slice(1, None)).values + found.U.isel(x_U=slice(0, -1)).values)
        assert centred.shape == found.P.shape


def test_steps_are_appended(path) -> None:
    dataset(1, 2).idlat.compress(path, mode="a")
    with idlat.open_archive(path) as archive:
        for name in SHAPES:
            assert np.abs(archive[name].decode().values - values_of(name, 3)).max() <= 0.05
        assert idlat.verify(archive).ok


def test_written_files_have_the_names_of_before(path, tmp_path) -> None:
    with idlat.open_archive(path) as archive:
        idlat.write_field(archive["U"].decode(), tmp_path / "U.nc")
    with xr.open_dataset(tmp_path / "U.nc") as back:
        assert back.U.dims == dims_of("U")


def test_what_needs_one_grid_says_so(path, tmp_path) -> None:
    with pytest.raises(IdlatError, match="lie on several grids: export those of one"):
        idlat.export(path, tmp_path / "vtk")
    assert idlat.export(path, tmp_path / "vtk", variables=["U"]).exists()
    with pytest.raises(IdlatError, match="lie on several grids: use a writer for each"):
        idlat.StreamWriter(tmp_path / "run.idlat", dataset())
    holed = dataset()
    holed.U[0, 2, 3, 4:9] = np.nan
    with pytest.raises(FieldError, match=r"U have missing values .* compress those of each grid"):
        holed.idlat.compress(tmp_path / "holed.idlat")
    with pytest.raises(IdlatError):
        dataset().idlat.compress(tmp_path / "map.idlat", importance=np.ones(SHAPES["P"], "float32"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["vtk", "wrf.idlat"]


def test_the_explorer_refuses_them(path) -> None:
    from idlat.explorer.data import Dataset

    with pytest.raises(IdlatError, match="its variables lie on several grids"):
        Dataset.open(path)


def test_staggered_winds_of_a_real_run(real_data, tmp_path) -> None:
    fields = [
        xr.DataArray(
            np.stack([np.load(file) for file in sorted((real_data / f"wrf_mercator_{name}").glob("*.npy"))]),
            dims=("time", "z", "y", "x"),
            name=name,
        )
        for name in ("P", "U", "V", "W")
    ]
    archive = idlat.compress(fields, tmp_path / "wrf.idlat", quality=50)
    for field in fields:
        assert archive[str(field.name)].decode().shape == field.shape
    assert idlat.evaluate(archive, fields).psnr > 40
