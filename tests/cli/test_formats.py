"""Fields of every format through an archive, on the command line."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import idlat
from idlat.cli.app import run
from support.fields.field_examples import NEW, field


def smooth():
    given = field((9, 10, 12), units="m s-1")
    z, y, x = np.meshgrid(*[np.linspace(0, 3, n) for n in given.shape], indexing="ij")
    return given.copy(data=(np.sin(x) + np.cos(y) * z).astype(np.float32))


@pytest.mark.parametrize("suffix", NEW)
def test_through_an_archive(tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    source, archive, back = tmp_path / f"p{suffix}", str(tmp_path / "p.idlat"), tmp_path / f"back{suffix}"
    idlat.write_field(smooth(), source)
    assert run(["compress", str(source), "-o", archive, "--quality", "90"]) == 0, capsys.readouterr().err
    assert run(["decompress", archive, "-o", str(back)]) == 0, capsys.readouterr().err
    first, second = idlat.open_field(source), idlat.open_field(back)
    assert (second.name, second.dims, second.dtype, second.attrs) == (
        (first.name, first.dims, first.dtype, first.attrs)
    )
    for dim in first.dims:
        np.testing.assert_array_equal(second[dim].values, first[dim].values)
    assert np.abs(second.values - first.values).max() < 0.1 * np.ptp(first.values)
    assert run(["evaluate", archive, str(source)]) == 0, capsys.readouterr().err
    assert run(["verify", archive, str(source)]) == 0, capsys.readouterr().err
    part = tmp_path / f"part{suffix}"
    assert run(["decompress", archive, "-o", str(part), "--region", "2:5,0:8,3:12"]) == 0
    corner = idlat.open_field(part)
    np.testing.assert_allclose(corner["x"].values, first["x"].values[3:12], rtol=1e-14)
    np.testing.assert_array_equal(corner.values, second.values[2:5, 0:8, 3:12])


def test_a_dataset_by_path_and_axes_by_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "nyx.h5", "w") as file:
        for name in ("temperature", "baryon_density"):
            file[f"native_fields/{name}"] = smooth().values.transpose(2, 1, 0)
    options = ["--variable", "native_fields/temperature", "--axes", "x,y,z", "--quality", "90"]
    archive, back = str(tmp_path / "t.idlat"), tmp_path / "back.h5"
    assert run(["compress", str(tmp_path / "nyx.h5"), *options, "-o", archive]) == 0
    assert run(["evaluate", archive, str(tmp_path / "nyx.h5"), "--axes", "x,y,z"]) == 0
    assert run(["decompress", archive, "-o", str(back)]) == 0
    with h5py.File(back) as file:
        decoded = file["native_fields/temperature"][:]
    assert np.abs(decoded - smooth().values.transpose(2, 1, 0)).max() < 0.3


@pytest.mark.parametrize("suffix", [".zarr", ".vti"])
def test_importance_maps_of_other_formats(tmp_path: Path, suffix: str) -> None:
    idlat.write_field(smooth(), tmp_path / "p.h5")
    made, archive = str(tmp_path / f"map{suffix}"), str(tmp_path / "p.idlat")
    assert run(["importance", str(tmp_path / "p.h5"), "value > 1", "-o", made]) == 0
    assert run(["compress", str(tmp_path / "p.h5"), "-o", archive, "--importance", made]) == 0
    assert run(["evaluate", archive, str(tmp_path / "p.h5"), "--importance", made]) == 0


def test_what_cannot_be_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wind = field((3, 4, 5, 6), ("component", "z", "y", "x"))
    idlat.write_field(wind, tmp_path / "wind.vti")
    (tmp_path / "cut.vti").write_bytes((tmp_path / "wind.vti").read_bytes()[:1500])
    idlat.write_field(field((2, 8, 8, 8)), tmp_path / "series.zarr")
    archive = str(tmp_path / "series.idlat")
    assert run(["compress", str(tmp_path / "series.zarr"), "-o", archive]) == 0
    for arguments, hint in (
        (["compress", str(tmp_path / "cut.vti"), "-o", str(tmp_path / "w")], "cut.vti: "),
        (["compress", archive, "-o", str(tmp_path / "w")], "use idlat decompress"),
        (["decompress", archive, "-o", str(tmp_path / "s.vti")], "--time T"),
    ):
        capsys.readouterr()
        assert run(arguments) == 2
        error = capsys.readouterr().err
        assert hint in error
        assert error.count("\n") == 1
    assert run(["decompress", archive, "-o", str(tmp_path / "s.vti"), "--time", "1"]) == 0
