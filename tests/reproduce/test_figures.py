"""Figures 6 to 8 of small simulated volumes."""

import json

import matplotlib.image
import numpy as np
import pytest
import xarray as xr

pytest.importorskip("vtkmodules", reason="needs the extra idlat[vtk]")

from idlat.cli.app import run
from idlat.datasets import make
from idlat.errors import IdlatError
from idlat.render import Look, Viewpoint
from idlat.reproduce import CASES, make_figure
from idlat.reproduce.figures.coded import find_models
from idlat.reproduce.figures.pictures import Scale, SurfacePicture, VolumePicture
from idlat.reproduce.figures.subjects import subjects_of

VIEW = Viewpoint(size=(64, 64))


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
    make("hurricane", folder / "hurricane", 16, 6)
    return folder


def test_a_figure_and_its_numbers(tmp_path, data, capsys):
    assert run(["reproduce", "figure8", "-o", str(tmp_path / "out"), "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert "no model hurricane_paper.safetensors: left out" in said
    assert "no model hurricane_default.safetensors: the shipped model stands for it" in said
    (stored,) = json.loads((tmp_path / "out" / "figure8.json").read_text())
    assert (stored["dataset"], stored["preset"], stored["surface"]) == ("hurricane", "default", None)
    assert stored["importance"].startswith("box(")
    assert stored["psnr"] > 20
    image = matplotlib.image.imread(tmp_path / "out" / "figure8.png")
    assert np.ptp(image[..., :3], axis=-1).max() > 0.3


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    assert run(["reproduce", "figure6", "-o", str(tmp_path / "absent" / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_surface_map_is_drawn_as_its_surface(tmp_path):
    rows = subjects_of(CASES[0], [labelled(tmp_path / "a.nc", "vorticity", ball())])
    assert [row.picture.isovalue for row in rows] == [row.scene.isovalue for row in rows]
    assert f"{rows[0].picture.isovalue:.6g}" in rows[0].scene.importance


def test_other_maps_are_drawn_as_volumes_with_errors_of_one_scale(tmp_path):
    paths = [labelled(tmp_path / f"{n}.nc", "log_density", ball() + n) for n in range(2)]
    rows = subjects_of(CASES[1], paths)
    assert len(rows) == 6
    assert {row.picture.scale.high for row in rows} == {2.0}
    assert rows[0].picture.look.high == pytest.approx(np.percentile(ball(), 99.9), abs=0.01)


def test_what_is_not_in_the_folder_is_told(tmp_path):
    found, absent = find_models(tmp_path, CASES[0])
    assert list(found) == ["default"]
    assert absent == [f"vortex_{preset}.safetensors" for preset in ("baseline", "paper", "default")]


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
