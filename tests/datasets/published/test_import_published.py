"""The paper's own data sets, in files of the form their authors publish, and in files that are wrong."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
import pytest

import idlat
from idlat.cli import main
from idlat.datasets.published import import_published, list_published
from idlat.errors import FieldError, IdlatError, MissingFileError, OutputExistsError

BRICK = (20, 60, 60)
SIZE = 4 * 20 * 60 * 60
LAND = np.float32(1e35)


@pytest.fixture(autouse=True)
def small(request, monkeypatch):
    """Smaller bricks and snapshots than the published ones, for all but the slow test."""
    if "slow" not in request.keywords:
        monkeypatch.setattr("idlat.datasets.published.isabel_bricks._SHAPE", BRICK)
        monkeypatch.setattr("idlat.datasets.published.nyx_snapshots._SHAPE", (32, 32, 32))


def run(*arguments):
    try:
        main([*map(str, arguments)])
    except SystemExit as end:
        return end.code or 0
    return 0


def brick(low=-5000.0, high=3000.0, shape=BRICK):
    """Values between two ends, each place's own, and a piece of land."""
    values = np.linspace(low, high, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    values[1:4, :20, :30] = LAND
    return values


def volume(high=10.0):
    return np.linspace(0.01, high, 128**3, dtype="<f4").reshape(128, 128, 128)


def save(path, values, dtype):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(values.astype(dtype).tobytes())
    return path


def pack(path, shape=BRICK):
    """Write Pf01.bin.gz in the contest's form."""
    path.write_bytes(gzip.compress(brick(shape=shape).astype(">f4").tobytes(), compresslevel=1))
    return path


@pytest.mark.parametrize("shape", [BRICK, pytest.param((100, 500, 500), marks=pytest.mark.slow)])
def test_a_packed_brick_of_isabel_becomes_a_store_with_land_missing(tmp_path, capsys, shape):
    pressure, out = pack(tmp_path / "Pf01.bin.gz", shape), tmp_path / "isabel"
    assert run("datasets", "import", "isabel", pressure, "-o", out) == 0
    assert "P_01.zarr" in capsys.readouterr().out
    field = idlat.open_field(out / "P_01.zarr")
    values = brick(shape=shape)
    assert field.dims == ("z", "y", "x")
    assert field.shape == shape
    assert field.dtype == np.float32
    np.testing.assert_array_equal(field.values, np.where(values == LAND, np.nan, values))
    assert field.encoding["_FillValue"] == LAND
    assert field.attrs["units"] == "Pa"
    assert "NCAR" in field.attrs["references"]
    assert [float(field[dim][-1]) for dim in "zyx"] == pytest.approx([19.835, 2004, 2139])
    assert [float(field.longitude[0]), float(field.latitude[-1])] == pytest.approx([-83, 41.7])
    assert float(field.time) == 1


def test_the_height_of_the_ground_is_imported_unpacked(tmp_path):
    heights = np.linspace(0, 2000, 3600).reshape(1, 60, 60)
    path = save(tmp_path / "HGTdata.bin", heights, ">f4")
    (store,) = import_published("isabel", [path], tmp_path / "out")
    np.testing.assert_array_equal(idlat.open_field(store).values, heights.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "values", "dtype", "said"),
    [
        ("Pf02.bin", lambda: brick(-5000, 4000), ">f4", "range -5000 … 4000, expected -5471.858 … 3225.426"),
        ("Pf02.bin", lambda: brick(0, 1), ">f4", "P has the range 0 … 1, expected"),
        ("Pf02.bin", lambda: brick(), "<f4", "Pf02.bin: P has"),
        ("QICEf02.bin", lambda: brick(-0.001, 0.0009), ">f4", "range -0.001 … 0.0009"),
        ("QICEf02.bin", lambda: np.zeros(BRICK), ">f4", "QICE has the range 0 … 0"),
        ("Pf02.bin", lambda: np.full(BRICK, LAND), ">f4", "all are missing"),
        ("Pf02.bin", lambda: np.where(brick() > 2900, np.inf, brick()), ">f4", "not finite"),
        ("HGTdata.bin", lambda: np.linspace(0, 20_000, 3600), ">f4", "range 0 … 20000"),
        ("vorts02.data", lambda: volume(60), "<f4", "range 0.01 … 60, expected 0.005305924 … 10.52087"),
        ("vorts02.data", lambda: volume(1), "<f4", "range 0.01 … 1"),
        ("vorts02.data", lambda: volume(), ">f4", "vorts02.data: vorticity has"),
        ("vorts02.data", lambda: volume() - 5, "<f4", "range -4.99"),
    ],
)
def test_other_values_are_refused_with_both_ranges(tmp_path, capsys, name, values, dtype, said):
    path = save(tmp_path / name, values(), dtype)
    kind = "vortex" if name.startswith("vorts") else "isabel"
    assert run("datasets", "import", kind, path, "-o", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_ranges_leave_room_for_other_steps(tmp_path):
    quick = save(tmp_path / "vorts30.data", volume(15), "<f4")
    import_published("vortex", [quick], tmp_path / "out")
    deep = save(tmp_path / "QICEf48.bin", brick(0, 0.000994), ">f4")
    import_published("isabel", [deep], tmp_path / "out")


def test_no_check_imports_them_as_they_are(tmp_path):
    path = save(tmp_path / "vorts02.data", volume(60), "<f4")
    assert run("datasets", "import", "vortex", path, "-o", tmp_path / "out", "--no-check") == 0
    assert idlat.open_field(tmp_path / "out" / "vorticity_02.zarr").max() == 60


def test_cut_and_longer_files_are_one_line(tmp_path, capsys):
    whole = pack(tmp_path / "Pf01.bin.gz").read_bytes()
    wrong = {
        ("isabel", "Pf01.bin.gz"): (whole[: len(whole) // 2], "cut short or damaged"),
        ("isabel", "Pf02.bin.gz"): (gzip.compress(b"\0" * 4000), "4000 bytes once unpacked"),
        ("isabel", "Pf03.bin"): (b"\0" * 1000, f"has 1000 bytes: expected {SIZE}"),
        ("isabel", "HGTdata.bin.gz"): (gzip.compress(b"\0" * 20_000), "more than 14400 bytes once"),
        ("vortex", "vorts01.data"): (volume().tobytes()[:-4], "has 8388604 bytes: expected 8388608"),
        ("vortex", "vorts02.data"): (volume().tobytes() + b"\0\0", "has 8388610 bytes"),
    }
    for (kind, name), (content, said) in wrong.items():
        (tmp_path / name).write_bytes(content)
        assert run("datasets", "import", kind, tmp_path / name, "-o", tmp_path / "out") == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("isabel", "Xf01.bin"),
        ("isabel", "Pf49.bin"),
        ("isabel", "P.bin"),
        ("vortex", "v.data"),
        ("nyx", "a.txt"),
    ],
)
def test_a_file_of_another_name_is_refused(tmp_path, kind, name):
    (tmp_path / name).write_bytes(b"\0" * 16)
    with pytest.raises(FieldError, match=name):
        import_published(kind, [tmp_path / name], tmp_path / "out")


def test_a_set_that_is_none_and_a_path_that_is_absent_are_one_line(tmp_path):
    with pytest.raises(IdlatError, match="vortex, nyx, isabel"):
        import_published("foot", [tmp_path], tmp_path / "out")
    with pytest.raises(MissingFileError):
        import_published("vortex", [tmp_path / "vorts01.data"], tmp_path / "out")
    for known in list_published():
        with pytest.raises(FieldError, match=r"holds no|no snapshot"):
            import_published(known.name, [tmp_path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_imported_as_a_series_and_gone_on_with(tmp_path):
    for step in (1, 2, 3):
        save(tmp_path / "in" / f"vorts{step:02d}.data", volume(step + 5), "<f4")
    (tmp_path / "in" / "readme.txt").write_text("no volume")
    wrong = tmp_path / "in" / "vorts03.data"
    good = wrong.read_bytes()
    wrong.write_bytes(good[:-1])
    out, told = tmp_path / "out", []
    with pytest.raises(FieldError, match="vorts03"):
        import_published("vortex", [tmp_path / "in"], out)
    made = {store.name: store.stat().st_ino for store in out.iterdir()}
    assert sorted(made) == ["vorticity_01.zarr", "vorticity_02.zarr"]
    wrong.write_bytes(good)
    stores = import_published(
        "vortex", [tmp_path / "in"], out, progress=lambda done, count: told.append((done, count))
    )
    assert {store.name: store.stat().st_ino for store in stores[:2]} == made
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    series = idlat.open_field(stores)
    assert series.dims == ("time", "z", "y", "x")
    assert list(series.time) == [1, 2, 3]
    np.testing.assert_array_equal(series[2].values, volume(8))


def test_a_store_from_another_file_is_not_replaced(tmp_path):
    path = save(tmp_path / "vorts01.data", volume(), "<f4")
    import_published("vortex", [path], tmp_path / "out")
    other = save(tmp_path / "b" / "vorts001.data", volume(9), "<f4")
    with pytest.raises(OutputExistsError, match="did not come from"):
        import_published("vortex", [other], tmp_path / "out")
    with pytest.raises(FieldError, match="both vorticity_01"):
        import_published("vortex", [path, other], tmp_path / "new")


def density(seed=0):
    return 10 ** np.random.default_rng(seed).uniform(9.6, 11.0, (32, 32, 32)).astype(np.float32)


def nyx_file(path, values, **universe):
    with h5py.File(path, "w") as file:
        file["native_fields/baryon_density"] = values
        file["native_fields/temperature"] = np.ones(values.shape, np.float32)
        file.create_group("universe").attrs.update(universe)
    return path


def test_nyx_in_hdf5_becomes_the_logarithm_of_its_density(tmp_path):
    values = density()
    absolute = nyx_file(tmp_path / "a.h5", values)
    mean = 0.0487 * 0.7**2 * 2.77536627e11
    relative = nyx_file(tmp_path / "b.hdf5", values / values.mean(), omega_b=0.0487, hubble=0.7)
    first, second = import_published("nyx", [absolute, relative], tmp_path / "out")
    assert [first.name, second.name] == ["log_density_a.zarr", "log_density_b.zarr"]
    np.testing.assert_allclose(idlat.open_field(first).values, np.log10(values), rtol=1e-6)
    np.testing.assert_allclose(
        idlat.open_field(second).values, np.log10(values / values.mean(dtype=float) * mean), rtol=1e-5
    )


def test_nyx_of_other_sizes_units_and_names_is_one_line(tmp_path):
    small = density()[:16, :16, :16]
    wrong = {
        "size": (nyx_file(tmp_path / "size.h5", small), "16×16×16 cells, expected 32×32×32"),
        "unit": (nyx_file(tmp_path / "unit.h5", density() * 1e-14), "range -4.399"),
        "mean": (nyx_file(tmp_path / "mean.h5", density() / density().mean()), "lacks omega_b"),
        "zero": (nyx_file(tmp_path / "zero.h5", density() * 0), "a density is above 0"),
    }
    with h5py.File(tmp_path / "name.h5", "w") as file:
        file["rho"] = small
    wrong["name"] = (tmp_path / "name.h5", "it has rho")
    for path, said in wrong.values():
        with pytest.raises(FieldError, match=said):
            import_published("nyx", [path], tmp_path / "out")
    import_published("nyx", [wrong["size"][0]], tmp_path / "out", check=False)


def test_plotfiles_of_one_name_are_told_by_their_folders(tmp_path, amrex_plotfile):
    paths = [amrex_plotfile(tmp_path / member / "plt00200") for member in ("one", "two")]
    stores = import_published("nyx", paths, tmp_path / "out", check=False)
    assert [store.name for store in stores] == [
        "log_density_one_plt00200.zarr",
        "log_density_two_plt00200.zarr",
    ]
    expected = np.log10(idlat.open_field(paths[0], "density").values)
    np.testing.assert_allclose(idlat.open_field(stores[0]).values, expected, rtol=1e-6)


def test_the_list_says_where_each_set_is_published_and_how_to_cite_it(capsys):
    assert run("datasets", "list") == 0
    told = capsys.readouterr().out
    for word in ("vis2004contest", "AMReX-Astro/Nyx", "doi:10.1088", "vorts01.data", "Pf01.bin.gz"):
        assert word in told
