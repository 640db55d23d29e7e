"""Figures 6 to 8 of small simulated volumes."""

import json

import matplotlib.image
import numpy as np
import pytest
import xarray as xr

pytest.importorskip("vtkmodules", reason="needs the extra idlat[vtk]")

from idlat.datasets import make
from idlat.errors import IdlatError
from idlat.render import Look, View
from idlat.reproduce import CASES, make_figure
from idlat.reproduce.figures.coded import model_files
from idlat.reproduce.figures.pictures import Scale, SurfacePicture, VolumePicture
from idlat.reproduce.figures.subjects import cosmology_subjects, eye_box, vortex_subjects

VIEW = View(size=(64, 64))


def labelled(path, name, values):
    xr.DataArray(values.astype(np.float32), dims=("z", "y", "x"), name=name).to_netcdf(
        path, engine="h5netcdf"
    )
    return path


def ball(n=16):
    return np.sqrt(sum((a - n / 2 + 0.5) ** 2 for a in np.indices((n, n, n))))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    make("hurricane", folder / "hurricane", 16, 5)
    return folder


def test_a_figure_and_its_numbers(tmp_path, data):
    outcomes, absent = make_figure("figure8", tmp_path / "out", data)
    assert absent == [f"hurricane_{preset}.safetensors" for preset in ("baseline", "paper", "default")]
    (found,) = outcomes
    assert (found.dataset, found.preset, found.surface) == ("hurricane", "default", None)
    assert found.wpsnr > 20
    (stored,) = json.loads((tmp_path / "out" / "figure8.json").read_text())
    assert stored["importance"] == found.importance
    image = matplotlib.image.imread(tmp_path / "out" / "figure8.png")
    assert np.ptp(image[..., :3], axis=-1).max() > 0.3


def test_the_eye_box_is_where_the_pressure_is_lowest(data):
    path = sorted((data / "hurricane").glob("hurricane_*.nc"))[0]
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        field = dataset["P"].load()
    lowest = np.unravel_index(np.nanargmin(field.values), field.shape)
    spans = {part[0]: part[2:].split(":") for part in eye_box(path, field)[4:-1].split(", ")}
    for axis, at in zip("zyx", lowest, strict=True):
        assert int(spans[axis][0]) <= at < int(spans[axis][1])
    assert spans["z"] == ["0", str(field.sizes["z"])]


def test_isovalues_lie_where_the_papers_do(tmp_path):
    values = np.linspace(2.0, 4.0, 64).reshape(4, 4, 4)
    rows = vortex_subjects([labelled(tmp_path / "a.nc", "vorticity", values)])
    parts = [(row.picture.isovalue - 2) / 2 for row in rows]
    assert parts == pytest.approx([(v - 0.0053) / 10.5156 for v in (5, 6, 7, 8)], abs=0.01)
    assert rows[0].importance == f"isosurface({rows[0].picture.isovalue}, decay=0.2)"


def test_two_members_that_were_not_trained_on(tmp_path):
    paths = [labelled(tmp_path / f"{n}.nc", "log_density", ball() + n) for n in range(7)]
    for count, members in ((7, {"3", "6"}), (5, {"3", "4"}), (2, {"0", "1"})):
        rows = cosmology_subjects(paths[:count])
        assert {row.label.split(",")[0].removeprefix("member ") for row in rows} == members
        assert len(rows) == 6


def test_models_are_found_by_case_and_preset(tmp_path):
    (tmp_path / "vortex_paper.safetensors").write_bytes(b"")
    assert model_files(tmp_path, CASES[0]) == {
        "paper": tmp_path / "vortex_paper.safetensors",
        "default": None,
    }


def test_a_model_that_cannot_be_read_is_one_line(tmp_path, data):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "hurricane_baseline.safetensors").write_bytes(b"nonsense")
    with pytest.raises(IdlatError) as caught:
        make_figure("figure8", tmp_path / "out", data, tmp_path / "models")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "figure8.png").exists()


def test_a_surface_is_coloured_by_how_far_it_moved():
    picture = SurfacePicture(5.0, VIEW)
    same, moved = (picture.difference(ball(), ball() + shift) for shift in (0.0, 2.5))
    assert same.reshape(-1, 3)[:, 2].min() < 120  # turbo's first colour is a dark blue
    reds = (moved[..., 0].astype(int) - moved[..., 2]).max()
    assert reds > 80 > (same[..., 0].astype(int) - same[..., 2]).max()


def test_no_error_is_an_empty_box():
    picture = VolumePicture(Look(0, 1, [(0, 0, 0)] * 2, [0, 1]), Scale("magma_r", 1.0, "error"), VIEW)
    nothing = picture.difference(ball(), ball())
    assert nothing.min() > 100  # the grey outline, on white
    assert picture.difference(ball(), ball() + 1).min() < 80
