"""Figures 9 to 11 of a small volume of tubes, and what of the paper's findings shows in it."""

import json
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
import xarray as xr

pytest.importorskip("vtkmodules", reason="needs the extra idlat[vtk]")

from idlat.cli.app import run
from idlat.reproduce.kept import kept_arrays
from idlat.reproduce.latent_findings import (
    cluster_findings,
    gradient_findings,
    groups_in_plane,
    uniform_findings,
)
from idlat.reproduce.latent_study import blocks_with_surface, study_latents


def tubes(n=64):
    """Noise, smooth over a few voxels, and three strong tubes along z through the middle of blocks."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(0).normal(size=(n, n, n)), 3, mode="wrap")
    _, y, x = np.indices((n, n, n))
    near = [np.exp(-((y - a) ** 2 + (x - b) ** 2) / 12) for a, b in ((8, 24), (40, 40), (56, 8))]
    return (3 + 0.5 * noise / noise.std() + 20 * sum(near)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "data" / "vortex").mkdir(parents=True)
    field = xr.DataArray(tubes(), dims=("z", "y", "x"), name="vorticity")
    field.to_netcdf(folder / "data" / "vortex" / "vortex_0000.nc", engine="h5netcdf")
    return folder


@pytest.fixture
def study(folder):
    return study_latents(folder / "out", folder / "data", quick=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["figure9", "figure10", "figure11"])
def test_each_figure_has_a_picture_its_findings_and_its_parameters(folder, name, capsys):
    out = folder / "out"
    assert run(["reproduce", name, "-o", str(out), "--data", str(folder / "data"), "--quick"]) == 0
    image = matplotlib.image.imread(out / f"{name}.png")
    assert np.ptp(image[..., :3], axis=-1).max() > 0.3  # colours on it
    said = json.loads((out / f"{name}.json").read_text())
    assert said["parameters"]["file"] == "vortex_0000.nc"
    assert said["parameters"]["shape"] == [64, 64, 64]
    assert said["parameters"]["scaling"] == "energy"
    clusters = {cluster["name"]: cluster for cluster in said["clusters"]["isosurface"]}
    assert clusters["A"]["blocks"] == clusters["A1"]["blocks"] + clusters["A2"]["blocks"]
    assert clusters["A"]["blocks"] + clusters["B"]["blocks"] + clusters["C"]["blocks"] == 64
    assert clusters["A"]["mean_importance"] > clusters["C"]["mean_importance"]
    low, high = said["clusters"]["uniform"]
    assert low["mean_value"] < high["mean_value"]
    words, printed = (out / f"{name}.md").read_text(), capsys.readouterr().out
    for finding in said["findings"]:
        assert f"| {finding['verdict']} |" in words
        assert f"{finding['verdict']}: {finding['paper']}" in printed


@pytest.mark.slow
def test_an_imported_vortex_is_used_whole_under_the_isovalue_of_the_paper(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("idlat.datasets.published.vortex_volumes._SHAPE", (64, 64, 64))
    values = tubes()
    published = 0.006 + 10.5 * (values - values.min()) / np.ptp(values)  # the known range
    for step in (2, 1):
        (tmp_path / f"vorts{step:02d}.data").write_bytes((published / step).astype("<f4").tobytes())
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    files = [str(tmp_path / f"vorts{step:02d}.data") for step in (1, 2)]
    assert run(["datasets", "import", "vortex", *files, "-o", str(data / "vortex")]) == 0
    capsys.readouterr()
    for name in ("figure9", "figure10", "figure11"):
        assert run(["reproduce", name, "-o", str(out), "--data", str(data), "--quick"]) == 0
        assert f"{name}.png" in capsys.readouterr().out
        assert (out / f"{name}.png").stat().st_size > 10_000
        said = json.loads((out / f"{name}.json").read_text())["parameters"]
        assert said["file"] == "vorticity_01.zarr"
        assert said["shape"] == [64, 64, 64]
        assert said["importance"] == "isosurface(8, decay=0.2)"
    assert [each.name for each in data.iterdir()] == ["vortex"]  # nothing is simulated beside it


def test_the_cluster_of_the_tubes_is_found_under_the_map(study):
    space, groups = study.spaces["isosurface"], study.groups
    held = space.of_blocks(study.holds)[groups.rows("A")]
    assert held.sum() >= 0.8 * study.holds.sum() > 0
    assert cluster_findings(study)[0].verdict == "shows"
    assert space.weights[groups.rows("A")].mean() > 2 * space.weights[groups.rows("C")].mean()


def test_what_stands_is_kept_and_what_is_damaged_is_made_again(folder, study):
    kept = {name: folder / "out" / f"latents_{name}.npz" for name in ("isosurface", "uniform")}
    before = {name: path.read_bytes() for name, path in kept.items()}
    kept["uniform"].write_bytes(before["uniform"][:200])
    again = study_latents(folder / "out", folder / "data", quick=True)
    assert kept["isosurface"].read_bytes() == before["isosurface"]
    np.testing.assert_array_equal(again.spaces["uniform"].features, study.spaces["uniform"].features)
    with np.load(kept["uniform"]) as whole:
        np.testing.assert_array_equal(whole["features"], study.spaces["uniform"].features)


def test_arrays_of_other_parameters_are_made_again(tmp_path, study):
    made = []

    def make():
        made.append(1)
        return {"values": np.arange(3) * len(made)}

    for parameters in (study.parameters, study.parameters, replace(study.parameters, seed=1)):
        kept = kept_arrays(tmp_path / "a.npz", parameters, make)
    assert kept["values"].tolist() == [0, 2, 4]


def test_findings_say_when_they_do_not_show(study):
    shuffled = {
        name: replace(
            space,
            features=np.random.default_rng(0).permutation(space.features),
            directed=np.random.default_rng(0).permutation(space.directed),
        )
        for name, space in study.spaces.items()
    }
    other = replace(study, spaces=shuffled)  # nothing belongs together any more
    assert cluster_findings(other)[0].verdict == "does not show"
    assert gradient_findings(other)[0].verdict != "shows"
    assert uniform_findings(other)[2].verdict != "shows"


def test_blocks_that_the_surface_passes_through():
    values = np.zeros((16, 16, 48), np.float32)
    values[..., 20:] = 5.0
    assert blocks_with_surface(values, 3.0).tolist() == [[[False, True, False]]]


def test_groups_have_gaps_between_them_and_are_no_stragglers():
    rng = np.random.default_rng(1)
    cloud = rng.normal(size=(200, 2))
    assert groups_in_plane(cloud) == 1
    two = np.concatenate([cloud, cloud + np.array([30.0, 0.0]), [[300.0, 300.0], [301.0, 300.0]]])
    assert groups_in_plane(two) == 2
