"""Voxels of images lie where SimpleITK and VTK have them, read and written, mirrored and rotated."""

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import OutputError

sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")

VALUES = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
TURN = np.array([[np.cos(0.3), -np.sin(0.3), 0], [np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]])
SWAP = np.array([[0, 1.0, 0], [0, 0, 1], [1, 0, 0]])
DIRECTIONS = {
    "plain": np.eye(3),
    "mirrored": np.diag([1.0, -1, -1]),
    "rotated": TURN,
    "swapped": SWAP,
    "all": TURN @ np.diag([-1.0, 1, 1]) @ SWAP,
}


def seen(path):
    """Give SimpleITK's values, and the position of every voxel."""
    image = sitk.ReadImage(str(path))
    index = np.stack(np.meshgrid(*map(range, image.GetSize()[::-1]), indexing="ij"), -1)[..., ::-1]
    places = [image.TransformIndexToPhysicalPoint([int(i) for i in one]) for one in index.reshape(-1, 3)]
    return sitk.GetArrayFromImage(image), np.array(places).reshape(*index.shape)


def places_of(field):
    """Give the position of every voxel of a field."""
    grid = np.stack(np.meshgrid(field.z, field.y, field.x, indexing="ij"), -1)[..., ::-1]
    direction = np.reshape(field.encoding.get("idlat_direction", np.eye(3).ravel()), (3, 3))
    return grid[0, 0, 0] + (grid - grid[0, 0, 0]) @ direction


def image(direction):
    """Make an image of SimpleITK's."""
    made = sitk.GetImageFromArray(VALUES)
    made.SetSpacing((0.5, 0.25, 2))
    made.SetOrigin((10, 20, 30))
    made.SetDirection(np.ravel(direction).tolist())
    return made


@pytest.mark.parametrize("suffix", [".mha", ".mhd", ".nrrd", ".nhdr"])
@pytest.mark.parametrize("name", DIRECTIONS)
def test_directions(tmp_path, suffix, name):
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(image(DIRECTIONS[name]), str(path))
    values, places = seen(path)
    field = idlat.open_field(path)
    np.testing.assert_array_equal(field.values, values)
    np.testing.assert_allclose(places_of(field), places, atol=1e-9)
    part = field[1:3, 2:, 1:4]
    part.encoding = field.encoding
    for other in (".mha", ".nrrd", ".vti", ".vtkhdf"):
        idlat.write_field(field, tmp_path / f"b{other}")
        np.testing.assert_allclose(places_of(idlat.open_field(tmp_path / f"b{other}")), places, atol=1e-9)
        if other in (".mha", ".nrrd"):
            np.testing.assert_allclose(seen(tmp_path / f"b{other}")[1], places, atol=1e-9)
            idlat.write_field(part, tmp_path / f"c{other}")
            np.testing.assert_allclose(seen(tmp_path / f"c{other}")[1], places[1:3, 2:, 1:4], atol=1e-9)


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_coordinates_of_mirrored_grids_are_positions(tmp_path, suffix):
    sitk.WriteImage(image(DIRECTIONS["mirrored"]), str(tmp_path / f"a{suffix}"))
    field = idlat.open_field(tmp_path / f"a{suffix}")
    assert field["y"].values.tolist() == [20, 19.75, 19.5, 19.25, 19]
    idlat.write_field(field, tmp_path / "b.nc")
    assert idlat.open_field(tmp_path / "b.nc")["z"].values.tolist() == [30, 28, 26, 24]


@pytest.mark.parametrize(
    "space",
    ["right-anterior-superior", "left-anterior-superior", "left-posterior-superior", "RAS", "scanner-xyz"],
)
@pytest.mark.parametrize("direction", ["plain", "rotated"])
def test_spaces_of_nrrd(tmp_path, space, direction):
    rows = (np.array([[0.5], [0.25], [2]]) * DIRECTIONS[direction].T).tolist()
    vectors = " ".join("(" + ",".join(map(repr, row)) + ")" for row in rows)
    header = (
        f"NRRD0004\ntype: float\ndimension: 3\nspace: {space}\nsizes: 6 5 4\nspace directions: {vectors}\n"
        "kinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (10,20,30)\n\n"
    )
    (tmp_path / "a.nrrd").write_bytes(header.encode() + VALUES.tobytes())
    values, places = seen(tmp_path / "a.nrrd")
    field = idlat.open_field(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(field.values, values)
    np.testing.assert_allclose(places_of(field), places, atol=1e-9)
    for name in ("b.nrrd", "b.mha"):
        idlat.write_field(field, tmp_path / name)
        np.testing.assert_allclose(seen(tmp_path / name)[1], places, atol=1e-9)
    assert f"space: {space}".encode() in (tmp_path / "b.nrrd").read_bytes()


def test_files_in_two_spaces_are_one_series(tmp_path):
    sitk.WriteImage(image(np.eye(3)), str(tmp_path / "a.nrrd"))
    content = (tmp_path / "a.nrrd").read_bytes()
    (tmp_path / "b.nrrd").write_bytes(
        content.replace(b"left-posterior-superior", b"right-anterior-superior")
        .replace(b"(0.5,0,0) (0,0.25,0)", b"(-0.5,0,0) (0,-0.25,0)")
        .replace(b"(10,20,30)", b"(-10,-20,30)")
    )
    np.testing.assert_allclose(seen(tmp_path / "b.nrrd")[1], seen(tmp_path / "a.nrrd")[1])
    assert idlat.open_field([tmp_path / "a.nrrd", tmp_path / "b.nrrd"]).sizes["time"] == 2


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_latitudes_from_north_to_south(tmp_path, suffix):
    coords = {"z": [100.0, 90, 80, 70], "y": [30.0, 20, 10, 0, -10], "x": np.arange(6.0)}
    field = xr.DataArray(VALUES, coords, ("z", "y", "x"), name="t")
    idlat.write_field(field, tmp_path / f"a{suffix}")
    values, places = seen(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(values, VALUES)
    np.testing.assert_allclose(places, places_of(field))
    assert min(sitk.ReadImage(str(tmp_path / f"a{suffix}")).GetSpacing()) > 0
    assert idlat.open_field(tmp_path / f"a{suffix}")["y"].values.tolist() == coords["y"]


def test_legacy_vtk_refuses_what_it_cannot_place(tmp_path):
    sitk.WriteImage(image(TURN), str(tmp_path / "a.mha"))
    with pytest.raises(OutputError, match=r"the grid is rotated, which \.vtk cannot hold: write \.vti"):
        idlat.write_field(idlat.open_field(tmp_path / "a.mha"), tmp_path / "a.vtk")
