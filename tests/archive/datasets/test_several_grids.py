"""Variables on several grids in one archive, such as the staggered ones of a weather model."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError, IdlatError

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


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("grids") / "wrf.idlat"
    dataset().idlat.compress(path, importance="gradient()", max_error=0.05)
    return path


@pytest.fixture
def path(written, tmp_path):
    return shutil.copytree(written, tmp_path / "wrf.idlat")


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
    with pytest.raises(IdlatError):
        dataset().idlat.compress(tmp_path / "map.idlat", importance=np.ones(SHAPES["P"], "float32"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["vtk", "wrf.idlat"]


@pytest.fixture
def holed():
    """Missing in each of its ways: NaN that moves, a fill value, one far value, and nothing missing in W."""
    found = dataset()
    found.P[:, 2:4, 3, 4:9] = np.nan
    found.U[0, 2:4, 3, 4:9] = np.nan
    found.U[1, 5, :, 7:] = np.inf
    found.V[:, :, 5:8, 20:] = -9999.0
    found.V.attrs["_FillValue"] = np.float32(-9999)
    found.V[1, 0, 0, 0] = 1e30
    return found


@pytest.fixture
def holed_path(tmp_path, holed):
    holed.idlat.compress(tmp_path / "holed.idlat", importance="gradient()", max_error=0.05)
    return tmp_path / "holed.idlat"


def check_holed(path, holed) -> None:
    with idlat.open_archive(path) as archive:
        for name, given in holed.data_vars.items():
            back = archive[name].decode().values
            usual = np.isfinite(given.values) & (np.abs(given.values) < 1000)
            np.testing.assert_array_equal(back[~usual], given.values[~usual])
            assert np.abs(back[usual] - given.values[usual]).max() <= 0.05
        assert idlat.verify(archive, holed).ok
        assert idlat.evaluate(archive, holed).max_error <= 0.05


def test_each_grid_has_masks_of_its_own(holed_path, holed) -> None:
    check_holed(holed_path, holed)
    arrays = sorted(each.name for each in holed_path.iterdir() if each.name.startswith("mask"))
    assert arrays == ["mask", "mask_10_20_25", "mask_10_21_24"]
    chunks = {name: sorted(each.name for each in (holed_path / name / "c").iterdir()) for name in arrays}
    assert chunks == {"mask": ["0"], "mask_10_20_25": ["1", "2"], "mask_10_21_24": ["3", "4"]}
    with idlat.open_archive(holed_path) as archive:
        told = archive.info().bytes_streams
        for name in arrays:
            shutil.rmtree(holed_path / name / "c")
        masks = told - archive.info().bytes_streams
    assert masks >= 5 * 9  # chunks of a tag, a checksum, and something to check


def test_one_mask_on_two_grids_of_as_many_voxels_is_two(tmp_path) -> None:
    values = np.random.default_rng(0).normal(size=(2, 8, 16, 24)).astype("float32")
    values[0, :4] = values[1, :4] = np.nan  # the same bytes of categories, however they are cut
    turned = values[1].reshape(8, 24, 16)
    fields = [xr.DataArray(values[0], dims=("z", "y", "x"), name="a"),
              xr.DataArray(turned, dims=("z", "y", "x"), name="b")]  # fmt: skip
    with idlat.compress(fields, tmp_path / "two.idlat", quality=40) as archive:
        assert len(archive.record.masks) == 2
        for field in fields:
            back = archive[str(field.name)].decode()
            np.testing.assert_array_equal(np.isnan(back), np.isnan(field))


def test_steps_bring_masks_of_their_grids(holed, tmp_path) -> None:
    more = dataset(1, 2)
    more.U[0, 1, 1, 1] = np.nan
    more.W[0, 10, 5:7] = np.nan  # the first of its grid
    both = [holed.drop_vars("V"), more.drop_vars("V")]
    both[0].idlat.compress(tmp_path / "holed.idlat", importance="gradient()", max_error=0.05)
    both[1].idlat.compress(tmp_path / "holed.idlat", mode="a")
    check_holed(tmp_path / "holed.idlat", xr.concat(both, "Time"))
    assert (tmp_path / "holed.idlat/mask_11_20_24/c/4").is_dir()


def test_an_append_that_fails_takes_its_masks_back(holed_path, holed) -> None:
    more = dataset(1, 2)
    more.V.attrs["_FillValue"] = np.float32(-9999)
    more.U[0, 1, 1, 1] = more.W[0, 10, 5:7] = np.nan
    before = {each: each.read_bytes() for each in holed_path.rglob("*") if each.is_file()}

    def stop(stage, done, total):
        if stage == "measure":
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        more.idlat.compress(holed_path, mode="a", progress=stop)
    assert {each: each.read_bytes() for each in holed_path.rglob("*") if each.is_file()} == before
    check_holed(holed_path, holed)


def test_damage_is_named_and_repaired(holed_path, holed, tmp_path) -> None:
    shutil.copytree(holed_path, tmp_path / "copy.idlat")
    victim = holed_path / "mask_10_21_24/c/3/0/0/0"
    victim.write_bytes(victim.read_bytes()[:-1])
    with (
        idlat.open_archive(holed_path) as archive,
        pytest.raises(ArchiveError, match="mask_10_21_24/c/3/0/0/0"),
    ):
        archive["V"].decode()
    assert [fault for fault in idlat.verify(holed_path).faults if "mask_10_21_24/c/3/0/0/0" in fault]
    (holed_path / "mask_10_20_25/zarr.json").unlink()
    assert idlat.repair(holed_path, tmp_path / "copy.idlat").lost == ()
    check_holed(holed_path, holed)
    victim.unlink()
    lost = idlat.repair(holed_path)
    assert [each.key for each in lost.lost] == ["mask_10_21_24/c/3/0/0/0"]
    with idlat.open_archive(holed_path) as archive:
        assert (archive["V"].isel(time=0).decode() == -9999).all()
        np.testing.assert_array_equal(np.isnan(archive["P"].decode()), np.isnan(holed.P.values))


def test_a_variable_may_be_called_as_an_array_of_masks(tmp_path) -> None:
    field = xr.DataArray(values_of("P"), dims=dims_of("P"), name="mask_10_20_25")
    field[:, 0, 0, 0] = np.nan
    with idlat.compress(field, tmp_path / "odd.idlat", quality=40) as archive:
        assert archive.record.variables[0].path == "mask_10_20_25_"
        assert np.isnan(archive["mask_10_20_25"].decode()[:, 0, 0, 0]).all()


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
