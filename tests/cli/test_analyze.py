"""The commands of `idlat analyze`, on a small simulated vortex."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat.cli.app import run
from idlat.datasets import hurricane


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, vortex_steps: np.ndarray) -> Path:
    """Three steps of a vortex, one .npy for all, and an archive of it."""
    made = tmp_path_factory.mktemp("analyze")
    np.save(made / "v.npy", vortex_steps)
    archive = ["-o", str(made / "v.idlat"), "--importance", "isosurface(6, decay=0.2)", "--keep-importance"]
    assert run(["compress", str(made / "v.npy"), *archive]) == 0
    assert (
        run(["analyze", "clusters", str(made / "v.idlat"), "-o", str(made / "out"), "--clusters", "3"]) == 0
    )
    return made


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def pictures(folder: Path, stem: str) -> bool:
    svg = (folder / f"{stem}.svg").read_text()
    return (folder / f"{stem}.png").read_bytes().startswith(b"\x89PNG") and "<svg" in svg


def test_clusters_hold_every_block_once(folder: Path) -> None:
    found = json.loads((folder / "out/clusters.json").read_text())
    leaves = [node for node in found["nodes"] if not node["children"]]
    assert len(leaves) == 3
    blocks = {tuple(block) for leaf in leaves for block in leaf["blocks"]}
    assert len(blocks) == sum(leaf["size"] for leaf in leaves) == 81
    assert blocks <= {(t, z, y, x) for t in range(3) for z in range(3) for y in range(3) for x in range(3)}
    root = found["nodes"][0]
    assert (root["id"], root["parent"], root["silhouette"]) == (0, None, None)
    assert 0 < root["mean_importance"] < 1
    assert sum(root["values"]["counts"]) == 3 * 6**3  # a value a cell
    assert pictures(folder / "out", "clusters")


@pytest.mark.parametrize("time", [pytest.param(None, marks=pytest.mark.slow), "1"])
def test_importance_that_was_not_kept_is_computed_again_on_the_field(
    folder: Path, tmp_path: Path, time: str | None
) -> None:
    field, bare, kept = str(folder / "v.npy"), str(tmp_path / "v.idlat"), str(folder / "v.idlat")
    assert run(["compress", field, "-o", bare, "--importance", "isosurface(6, decay=0.2)"]) == 0
    step = [] if time is None else ["--time", time]
    for archive, given, name in ((bare, [], "a"), (bare, ["--field", field], "b"), (kept, [], "c")):
        assert run(["analyze", "clusters", archive, "-o", str(tmp_path / name), *given, *step]) == 0
    a, b, c = (json.loads((tmp_path / name / "clusters.json").read_text())["nodes"] for name in "abc")
    assert all(node["mean_importance"] is None for node in a)
    means = [[node["mean_importance"] for node in nodes] for nodes in (b, c)]
    np.testing.assert_allclose(*means, atol=0.002)  # kept in 255 levels
    assert 0 < means[0][0] < 1


def test_the_same_seed_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    archive = str(folder / "v.idlat")
    assert run(["analyze", "clusters", archive, "-o", str(tmp_path / "o"), "--clusters", "3"]) == 0
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == sorted(
        f"clusters.{suffix}" for suffix in ("json", "png", "svg")
    )
    for path in (tmp_path / "o").iterdir():
        assert path.read_bytes() == (folder / "out" / path.name).read_bytes()


@pytest.mark.parametrize("how", [[], ["--time", "1", "--scaling", "steps", "--seed", "3", "--block", "8"]])
def test_a_tree_that_is_given_comes_out_as_it_was_made(folder: Path, tmp_path: Path, how: list[str]) -> None:
    made, again = tmp_path / "made", tmp_path / "again"
    archive = str(folder / "v.idlat")
    assert run(["analyze", "clusters", archive, "-o", str(made), "--clusters", "4", *how]) == 0
    file = made / "clusters.json"
    assert json.loads(file.read_text())["scaling"] == ("steps" if how else "energy")
    assert json.loads(file.read_text())["variables"] == ["v"]
    assert run(["analyze", "clusters", archive, "-o", str(again), "--tree", str(file)]) == 0
    assert (again / "clusters.json").read_text() == file.read_text()


def test_a_projection_with_clusters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    clusters = ["--clusters-file", str(out / "clusters.json")]
    assert run(["analyze", "project", str(folder / "v.idlat"), "-o", str(out), *clusters]) == 0
    assert "of neighbours are in the same cluster" in capsys.readouterr().out
    rows = table(out / "projection.csv")
    assert list(rows[0]) == ["t_block", "z_block", "y_block", "x_block", "u", "v", "cluster"]
    nodes = json.loads((out / "clusters.json").read_text())["nodes"]
    cluster_of = {tuple(block): node["id"] for node in nodes for block in node.get("blocks", [])}
    found = {tuple(int(row[f"{a}_block"]) for a in "tzyx"): int(row["cluster"]) for row in rows}
    assert found == cluster_of
    assert np.isfinite([[float(row["u"]), float(row["v"])] for row in rows]).all()
    assert pictures(out, "projection")


def test_one_step_projects_without_clusters(folder: Path, tmp_path: Path) -> None:
    arguments = ["analyze", "project", str(folder / "v.idlat"), "-o", str(tmp_path / "p"), "--time", "-1"]
    assert run([*arguments, "--block", "8", "--scaling", "steps"]) == 0
    rows = table(tmp_path / "p/projection.csv")
    assert len(rows) == 6**3
    assert {row["t_block"] for row in rows} == {"2"}
    assert {row["cluster"] for row in rows} == {""}


def test_tracks_of_a_cluster(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    arguments = ["--clusters-file", str(out / "clusters.json"), "--cluster", "0"]
    assert run(["analyze", "track", str(folder / "v.idlat"), "-o", str(out), *arguments]) == 0
    assert "1 track in 3 steps, the longest over 3; 0 births" in capsys.readouterr().out
    rows = table(out / "tracks.csv")
    assert [(row["track"], row["step"], row["blocks"]) for row in rows] == [
        ("0", str(t), "27") for t in range(3)
    ]
    assert {(row["z"], row["x0"], row["x1"]) for row in rows} == {("24.0", "0", "48")}
    assert pictures(out, "tracks")


def test_clusters_of_one_step_are_carried_to_the_others(folder: Path, tmp_path: Path) -> None:
    archive, out = str(folder / "v.idlat"), str(tmp_path / "o")
    assert run(["analyze", "clusters", archive, "-o", out, "--time", "1", "--clusters", "2"]) == 0
    nodes = json.loads((tmp_path / "o/clusters.json").read_text())["nodes"]
    assert {block[0] for node in nodes for block in node.get("blocks", [])} == {1}
    arguments = ["--clusters-file", f"{out}/clusters.json", "--cluster", "1", "--smallest", "1"]
    assert run(["analyze", "track", archive, "-o", out, *arguments]) == 0
    assert {row["step"] for row in table(tmp_path / "o/tracks.csv")} == {"0", "1", "2"}


@pytest.mark.parametrize("method", ["latent", "distance-field", "fast", "cell-overlap"])
def test_isosurfaces(folder: Path, tmp_path: Path, method: str) -> None:
    arguments = ["--isovalues", "9", "--select", "3", "--method", method, "--time", "1"]
    if method == "cell-overlap":
        arguments += ["--between", "0.5", "4.25"]
    assert run(["analyze", "isosurfaces", str(folder / "v.npy"), "-o", str(tmp_path / "i"), *arguments]) == 0
    with xr.open_dataset(tmp_path / "i/isosurfaces.nc", engine="h5netcdf") as found:
        low, high = np.percentile(np.load(folder / "v.npy")[1].astype(float), [1, 99])
        if method == "cell-overlap":
            low, high = 0.5, 4.25
        np.testing.assert_allclose(found["isovalue"], np.linspace(low, high, 9))
        assert found["similarity"].shape == (9, 9)
        np.testing.assert_allclose(np.diag(found["similarity"]), 1, atol=1e-6)
        for attributes in (found.attrs, found["similarity"].attrs):
            assert set(attributes["representative"]) <= set(found["isovalue"].values)
            assert len(attributes["representative"]) == 3
            assert attributes["seconds_representation"] > 0
            assert attributes["seconds_similarity"] > 0
    assert pictures(tmp_path / "i", "isosurfaces")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["clusters", "{v}.idlat", "--clusters", "82"], "81 blocks make 1 to 81 clusters, got 82"),
        (["clusters", "{v}.idlat", "--block", "4"], "--block 4"),
        (["clusters", "{v}.idlat", "--time", "3"], "time 3 is outside"),
        (["clusters", "{v}.idlat", "--variable", "u"], "no variable 'u'"),
        (["clusters", "{v}.npy"], "v.npy"),
        (["clusters", "{v}.idlat", "--scaling", "x"], "--scaling 'x'"),
        (["clusters", "{v}.idlat", "--tree", "{out}/clusters.json", "--clusters", "2"], "leave one out"),
        (["clusters", "{v}.idlat", "--tree", "{out}/clusters.json", "--scaling", "log"], "--scaling energy"),
        (["clusters", "{v}.idlat", "--tree", "{out}/clusters.json", "--time", "0"], "other blocks"),
        (["clusters", "{v}.idlat", "--tree", "{v}.npy"], "no file of clusters"),
        (["project", "{v}.idlat", "--method", "pca"], "--method 'pca'"),
        (["project", "{v}.idlat", "--clusters-file", "{v}.npy"], "no file of clusters"),
        (["project", "{v}.idlat", "--clusters-file", "absent.json"], "absent.json: no such file"),
        (["project", "{v}.idlat", "--block", "8", "--clusters-file", "{out}/clusters.json"], "of 16 voxels"),
        (
            ["track", "{v}.idlat", "--clusters-file", "{out}/clusters.json", "--cluster", "99"],
            "no cluster 99",
        ),
        (["track", "{v}.idlat", "--cluster", "1"], "--clusters-file"),
        (["clusters", "{v}.idlat", "--importance", "1"], "give both"),
        (["clusters", "{v}.idlat", "--field", "{v}.npy", "--importance", "value >"], "expression"),
        (["isosurfaces", "{v}.npy"], "choose one with --time"),
        (["isosurfaces", "{v}.npy", "--time", "3"], "--time 3"),
        (["isosurfaces", "{v}.npy", "--time", "0", "--method", "x"], "--method 'x'"),
        (["isosurfaces", "{v}.npy", "--time", "0", "--between", "3", "2"], "--between takes a lower"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    filled = [part.format(v=folder / "v", out=folder / "out") for part in arguments]
    assert run(["analyze", *filled, "-o", str(tmp_path / "e")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "e").exists()


def test_constant_fields_and_fields_without_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "c.npy", np.full((17, 16, 16), 3.0, np.float32))
    np.save(tmp_path / "n.npy", np.full((16, 16, 16), np.nan, np.float32))
    out = ["-o", str(tmp_path / "o")]
    assert run(["analyze", "isosurfaces", str(tmp_path / "c.npy"), *out]) == 2
    assert "both 3" in capsys.readouterr().err
    assert run(["analyze", "isosurfaces", str(tmp_path / "n.npy"), *out]) == 2
    assert "no valid value" in capsys.readouterr().err
    assert run(["compress", str(tmp_path / "n.npy"), "-o", str(tmp_path / "n.idlat")]) == 0
    assert run(["analyze", "clusters", str(tmp_path / "n.idlat"), *out]) == 2
    assert "every block is empty" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert run(["analyze", "isosurfaces", str(tmp_path / "c.npy"), "-o", str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["clusters", "project", "isosurfaces", "track"])
def test_help_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", command, "--help"]) == 0
    assert f"idlat analyze {command}" in capsys.readouterr().out.split("xample", 1)[1]


@pytest.mark.slow
def test_a_track_follows_the_eye_of_a_simulated_hurricane(tmp_path: Path) -> None:
    hours, size, block = (0, 6, 12, 18, 24), 64, 8
    steps = [next(hurricane(size, hour + 1, start=hour))[1] for hour in hours]
    np.save(tmp_path / "p.npy", np.stack([step["P"].values for step in steps]))
    archive, out = str(tmp_path / "p.idlat"), str(tmp_path / "out")
    options = ["--importance", "value < -2000", "--quality", "70"]
    assert run(["compress", str(tmp_path / "p.npy"), "-o", archive, *options]) == 0
    assert run(["analyze", "clusters", archive, "-o", out, "--clusters", "3", "--block", str(block)]) == 0
    nodes = json.loads((tmp_path / "out/clusters.json").read_text())["nodes"]
    leaves = [node for node in nodes if not node["children"]]
    eye = min(leaves, key=lambda node: node["mean_value"])  # of low pressure
    arguments = ["--clusters-file", f"{out}/clusters.json", "--cluster", str(eye["id"])]
    assert run(["analyze", "track", archive, "-o", out, *arguments]) == 0
    tracks = table(tmp_path / "out/tracks.csv")
    assert [(row["track"], row["step"]) for row in tracks] == [(tracks[0]["track"], str(t)) for t in range(5)]
    found = np.array([(float(row["y"]), float(row["x"])) for row in tracks]) - 0.5
    places = [
        (np.interp(step.eye_y, step.y, range(size)), np.interp(step.eye_x, step.x, range(size)))
        for step in steps
    ]
    truth = np.array(places)
    assert np.linalg.norm(truth[-1] - truth[0]) > 2 * block
    assert np.linalg.norm(found - truth, axis=1).max() < block
