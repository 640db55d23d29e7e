"""Exported archives are what VTK's own readers make of them: values, places, vectors, times, NaN."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.cli.app import run
from idlat.errors import IdlatError, OutputBusyError, OutputError, OutputExistsError, Remark
from idlat.outputs import lock_output

vtk = pytest.importorskip("vtk", reason="the extra vtk is not installed")
from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: E402

SHAPE = (9, 10, 13)
PLACES = {
    "z": 100 + 10.0 * np.arange(SHAPE[0]),
    "y": -1 + 0.25 * np.arange(SHAPE[1]),
    "x": 2.0 * np.arange(13),
}
TIMES = [0.5, 1.0, 4.0]


def waves(*lead: int) -> np.ndarray:
    """Smooth values of an odd size, another frame each."""
    z, y, x = np.meshgrid(*[np.linspace(0, 3, n) for n in SHAPE], indexing="ij")
    frames = [np.sin(x + i) + np.cos(y) * z for i in range(int(np.prod(lead)))]
    return np.reshape(frames, (*lead, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series of a scalar with missing voxels, a vector, and integers of which one value is missing."""
    values = waves(3)
    values[:, 2:4, :3, 5] = np.nan
    values[1, 8, 9, 12] = np.inf
    counts = np.rint(20 * waves(3)).astype(np.int16)
    counts[0, :2] = -999
    fields = [
        xr.DataArray(values, dims=("time", "z", "y", "x"), name="p", attrs={"units": "Pa", "of": "run 7"}),
        xr.DataArray(
            waves(3, 3),
            dims=("time", "component", "z", "y", "x"),
            name="wind & more",
            attrs={"units": "m/s", "of": "run 7"},
        ),
        xr.DataArray(
            counts,
            dims=("time", "z", "y", "x"),
            name="n",
            attrs={"_FillValue": np.int16(-999), "of": "run 7"},
        ),
    ]
    path = tmp_path_factory.mktemp("made") / "run.idlat"
    idlat.compress([each.assign_coords({**PLACES, "time": TIMES}) for each in fields], path, quality=70)
    return path


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field without steps, of no place."""
    path = tmp_path_factory.mktemp("steady") / "still.idlat"
    idlat.compress(xr.DataArray(waves(1)[0], dims=("z", "y", "x"), name="p"), path)
    return path


def image_of(path: Path, time: float | None = None) -> "vtk.vtkImageData":
    """Read an image with VTK's reader of its suffix."""
    reader = vtk.vtkXMLImageDataReader() if path.suffix == ".vti" else vtk.vtkHDFReader()
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    if time is not None:
        reader.GetOutputInformation(0).Set(vtk.vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP(), time)
    reader.Update()
    return reader.GetOutputDataObject(0)


def array_of(image: "vtk.vtkImageData", name: str) -> np.ndarray:
    """An array as (z, y, x) or (z, y, x, component)."""
    values = vtk_to_numpy(image.GetPointData().GetArray(name))
    return values.reshape(*reversed(image.GetDimensions()), *values.shape[1:])


def expected(path: Path, name: str, step: int) -> np.ndarray:
    """What the archive holds, NaN where it is missing, the components last."""
    values = idlat.open_archive(path).decode(name, time=step).values
    if values.dtype.kind != "f":
        return np.where(values == -999, np.nan, values)
    values = np.where(np.isfinite(values), values, np.nan)
    return np.moveaxis(values, 0, -1) if values.ndim == 4 else values


def times_in(pvd: Path) -> list[tuple[float, str]]:
    return [
        (float(time), name)
        for time, name in re.findall(r'timestep="(.*?)" part="0" file="(.*?)"', pvd.read_text())
    ]


def test_a_series_of_images(made: Path, tmp_path: Path) -> None:
    pvd = idlat.export(made, tmp_path / "out")
    assert pvd == tmp_path / "out" / "run.pvd"
    names = [f"run_000{step}.vti" for step in range(3)]
    assert times_in(pvd) == list(zip(TIMES, names, strict=True))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run.pvd", *names]
    for step, name in enumerate(names):
        image = image_of(tmp_path / "out" / name)
        assert image.GetOrigin() == (0.0, -1.0, 100.0)
        assert image.GetSpacing() == (2.0, 0.25, 10.0)
        assert image.GetPointData().GetVectors().GetName() == "wind & more"
        assert image.GetPointData().GetScalars().GetName() == "p"
        for variable in ("p", "wind & more", "n"):
            np.testing.assert_array_equal(array_of(image, variable), expected(made, variable, step))
    assert np.isnan(expected(made, "n", 0)).sum() == 2 * 10 * 13
    assert np.isnan(array_of(image_of(tmp_path / "out" / names[1]), "p")).sum() == 7


def test_idlat_reads_it_back(made: Path, tmp_path: Path) -> None:
    with pytest.warns(Remark, match="attributes units of p, which not all variables share"):
        pvd = idlat.export(made, tmp_path / "out")
    assert idlat.list_variables(pvd) == ["p", "wind & more", "n"]
    back = idlat.open_field(pvd, variable="n")
    np.testing.assert_array_equal(back["time"], TIMES)
    np.testing.assert_array_equal(back["x"], PLACES["x"])
    assert back.attrs == {"of": "run 7"}
    np.testing.assert_array_equal(back.values[1], expected(made, "n", 1))


def test_one_file_with_steps(made: Path, tmp_path: Path) -> None:
    file = idlat.export(made, tmp_path / "out", "vtkhdf")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["run.vtkhdf"]
    for step, time in enumerate(TIMES):
        image = image_of(file, time)
        assert image.GetSpacing() == (2.0, 0.25, 10.0)
        for variable in ("p", "wind & more", "n"):
            np.testing.assert_array_equal(array_of(image, variable), expected(made, variable, step))
    back = idlat.open_field(file, variable="p")
    np.testing.assert_array_equal(back["time"], TIMES)
    np.testing.assert_array_equal(back.values[2], expected(made, "p", 2))
    assert back.attrs["units"] == "Pa"


@pytest.mark.parametrize("format", ["vti", "vtkhdf"])
def test_one_step_of_one_variable(made: Path, tmp_path: Path, format: str) -> None:
    file = idlat.export(made, tmp_path / "out", format, variables=["p"], time=-1)
    if format == "vti":
        assert times_in(file) == [(4.0, "run_0002.vti")]
        file = file.with_name("run_0002.vti")
        assert idlat.open_field(file).attrs == {"units": "Pa", "of": "run 7"}
    image = image_of(file)
    assert image.GetPointData().GetNumberOfArrays() == 1
    np.testing.assert_array_equal(array_of(image, "p"), expected(made, "p", 2))


@pytest.mark.parametrize("format", ["vti", "vtkhdf"])
def test_without_steps_and_place(steady: Path, tmp_path: Path, format: str) -> None:
    file = idlat.export(idlat.open_archive(steady), tmp_path / "out", format)
    if format == "vti":
        assert times_in(file) == [(0.0, "still.vti")]
        file = file.with_name("still.vti")
    image = image_of(file)
    assert (image.GetOrigin(), image.GetSpacing()) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    np.testing.assert_array_equal(array_of(image, "p"), idlat.open_archive(steady).decode().values)
    with pytest.raises(IdlatError, match="time"):
        idlat.export(steady, tmp_path / "other", format, time=0)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == ["out"]


@pytest.mark.parametrize("format", ["vti", "vtkhdf"])
def test_means_of_blocks(made: Path, tmp_path: Path, format: str) -> None:
    file = idlat.export(made, tmp_path / "out", format, coarse=8)
    means = idlat.open_archive(made).decode("wind & more", time=1, coarse=8)
    assert means.shape == (3, 2, 2, 2)
    image = image_of(file.with_name("run_0001.vti")) if format == "vti" else image_of(file, 1.0)
    assert image.GetDimensions() == (2, 2, 2)
    np.testing.assert_array_equal(array_of(image, "wind & more"), np.moveaxis(means.values, 0, -1))
    assert image.GetOrigin()[0] == means["x"].values[0] == 7.0
    with pytest.raises(IdlatError, match="ask for 8"):
        idlat.export(made, tmp_path / "other", format, coarse=7)


@pytest.mark.parametrize("format", ["vti", "vtkhdf"])
@pytest.mark.parametrize("shape", [(2, 1, 5, 6), (2, 3, 1, 1), (2, 1, 1, 1), (3, 4, 5, 1)])
def test_flat_axes(tmp_path: Path, format: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    field = xr.DataArray(values, dims=("time", "z", "y", "x"), name="p")
    archive = idlat.compress(field, tmp_path / "flat.idlat", quality=90)
    file = idlat.export(archive, tmp_path / "out", format)
    last = shape[0] - 1
    image = image_of(file.with_name(f"flat_000{last}.vti")) if format == "vti" else image_of(file, last)
    np.testing.assert_array_equal(array_of(image, "p"), archive.decode(time=last).values)


@pytest.mark.parametrize("format", ["vti", "vtkhdf"])
def test_a_slab_at_a_time(made: Path, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = idlat.export(made, tmp_path / "whole", format)
    monkeypatch.setattr("idlat.archive.vtk.viewed_variable._SLAB_BYTES", 4 * 10 * 13 * 4)
    told: list[tuple[str, int, int]] = []
    parts = idlat.export(made, tmp_path / "parts", format, progress=lambda *each: told.append(each))
    for file in whole.parent.glob("*.vti"):
        assert file.read_bytes() == (parts.parent / file.name).read_bytes()
    for time in TIMES if format == "vtkhdf" else ():
        for name in ("p", "wind & more", "n"):
            np.testing.assert_array_equal(
                array_of(image_of(parts, time), name), array_of(image_of(whole, time), name)
            )
    total = 3 * 5 * 9 * 10 * 13
    assert told[-1] == ("export", total, total)
    assert len(told) > 3 * 3 * 2


@pytest.mark.parametrize(
    ("times", "attrs", "known"),
    [
        (np.array(["2001-01-01T06", "2001-01-02T00"], "M8[ns]"), {}, True),
        ([3.0, 1.0], {"units": "s"}, False),
        ([2.0, 2.0], {}, False),
    ],
)
def test_dates_and_times_without_order(tmp_path: Path, times: object, attrs: dict, known: bool) -> None:
    coords = {"time": ("time", times, attrs)}
    field = xr.DataArray(waves(2), coords, ("time", "z", "y", "x"), "p")
    if known:
        field["time"].encoding["units"] = "hours since 2001-01-01"
    archive = idlat.compress(field, tmp_path / "a.idlat")
    if known:
        pvd = idlat.export(archive, tmp_path / "out")
    else:
        with pytest.warns(Remark, match="'time', which is not ascending"):
            pvd = idlat.export(archive, tmp_path / "out")
    assert [time for time, _ in times_in(pvd)] == ([6.0, 24.0] if known else [0.0, 1.0])


def test_what_exists_stays(made: Path, steady: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    idlat.export(made, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(OutputExistsError, match="--overwrite"):
        idlat.export(steady, out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds what is no export, such as 'notes\.txt'"):
        idlat.export(steady, out, overwrite=True)
    (out / "notes.txt").unlink()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    idlat.export(steady, out, overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == ["still.pvd", "still.vti"]


@pytest.mark.parametrize("place", [".", "..", "/", "absent/out", "file"])
def test_a_place_that_cannot_be(
    steady: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    with pytest.raises(OutputError):
        idlat.export(steady, place, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("format", ["vti", "vtkhdf"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
@pytest.mark.parametrize("exists", [False, True])
def test_what_ends_early_leaves_nothing(
    made: Path, tmp_path: Path, format: str, error: type[BaseException] | BaseException, exists: bool
) -> None:
    if exists:
        idlat.export(made, tmp_path / "out", variables=["n"])
    before = sorted(path for path in tmp_path.rglob("*") if path.name != ".out.lock")

    def stop(_: str, done: int, total: int) -> None:
        if done > total / 2:
            assert [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]
            raise error

    raised = KeyboardInterrupt if error is KeyboardInterrupt else OutputError
    with pytest.raises(raised):
        idlat.export(made, tmp_path / "out", format, progress=stop, overwrite=exists)
    assert sorted(path for path in tmp_path.rglob("*") if path.name != ".out.lock") == before


def test_a_damaged_chunk_leaves_nothing(made: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(made, tmp_path / "broken.idlat")
    for path in broken.rglob("*"):
        if path.is_file() and "latents" in str(path) and path.name != "zarr.json":
            path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(IdlatError, match="damaged"):
        idlat.export(broken, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == ["broken.idlat"]


def test_what_a_killed_job_left_goes(steady: Path, tmp_path: Path) -> None:
    left = tmp_path / ".out.0123abcd.tmp"
    left.mkdir()
    (left / "still.vti").write_text("half")
    idlat.export(steady, tmp_path / "out")
    assert not left.exists()


def test_one_job_at_a_time(steady: Path, tmp_path: Path) -> None:
    with lock_output(tmp_path / "out"), pytest.raises(OutputBusyError):
        idlat.export(steady, tmp_path / "out")


def test_no_such_format_or_variable(steady: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="vti, vtkhdf"):
        idlat.export(steady, tmp_path / "out", "vtu")  # type: ignore[arg-type]
    with pytest.raises(IdlatError, match="'q'"):
        idlat.export(steady, tmp_path / "out", variables=["q"])
    assert not (tmp_path / "out").exists()


def test_the_command(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["export", str(made), "-o", str(out), "--variable", "p", "--variable", "n", "--coarse"]) == 0
    assert capsys.readouterr().out == f"{out / 'run.pvd'}: written\n"
    image = image_of(out / "run_0000.vti")
    assert image.GetDimensions() == (2, 2, 2)
    assert image.GetPointData().GetNumberOfArrays() == 2
    assert run(["export", str(made), "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--overwrite" in error
    more = ["--format", "vtkhdf", "--time", "1", "--overwrite"]
    assert run(["export", str(made), "-o", str(out), *more]) == 0
    assert [path.name for path in out.iterdir()] == ["run.vtkhdf"]
