"""Files that would hang or crash a library, or exhaust memory: one line."""

import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
import zarr

import idlat
from idlat.errors import FieldError
from idlat.fields import list_variables
from idlat.fields.hdf5 import hdf5_probe

VALUES = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
FIELD = xr.DataArray(VALUES, dims=("z", "y", "x"), name="t")


def scaled(path: Path) -> Path:
    """Write a dataset with three scales."""
    with h5py.File(path, "w") as file:
        file["t"] = VALUES
        for axis, (name, size) in enumerate(zip("zyx", VALUES.shape, strict=True)):
            file[name] = np.arange(float(size))
            file[name].make_scale(name)
            file["t"].dims[axis].attach_scale(file[name])
    return path


def point(item: h5py.Dataset, *targets: h5py.Dataset) -> None:
    """Give a dataset a list of dimensions of our own."""
    lists = np.empty(len(targets), object)
    for i, target in enumerate(targets):
        lists[i] = np.array([target.ref], h5py.ref_dtype)
    item.attrs.pop("DIMENSION_LIST", None)
    item.attrs.create("DIMENSION_LIST", lists, lists.shape, h5py.vlen_dtype(h5py.ref_dtype))


@pytest.mark.parametrize("suffix", [".h5", ".nc"])
@pytest.mark.parametrize("circle", [["z", "z"], ["z", "y", "x", "z"], ["t", "t"]])
def test_dimension_lists_in_a_circle(tmp_path: Path, suffix: str, circle: list[str]) -> None:
    path = scaled(tmp_path / f"a{suffix}")
    with h5py.File(path, "r+") as file:
        for name, other in pairwise(circle):
            point(file[name], *[file[other]] * file[name].ndim)
    with suppress(FieldError):
        np.testing.assert_array_equal(idlat.open_field(path, "t").values, VALUES)


def test_groups_and_links_in_a_circle(tmp_path: Path) -> None:
    path = scaled(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        file.create_group("g")["up"] = file["/"]
        file["g/self"] = file["g"]
        file["one"], file["two"] = h5py.SoftLink("/two"), h5py.SoftLink("/one")
        file["far"] = h5py.ExternalLink("a.h5", "/far")
    np.testing.assert_array_equal(idlat.open_field(path, "t").values, VALUES)
    assert "t" in list_variables(path)


def test_a_virtual_dataset_of_itself(tmp_path: Path) -> None:
    path = scaled(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        layout = h5py.VirtualLayout(VALUES.shape, "f4")
        layout[...] = h5py.VirtualSource(".", "v", VALUES.shape)
        file.create_virtual_dataset("v", layout)
    with pytest.raises(FieldError, match="damaged"):
        _ = idlat.open_field(path, "v").values


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os, signal; input(); os.kill(os.getpid(), signal.SIGSEGV)", "it crashes the HDF5 library"),
        ("import os, signal; input(); os.kill(os.getpid(), signal.SIGPROF)", "leads in a circle"),
    ],
)
def test_what_ends_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
) -> None:
    """A walk that crashes, or is out of its time, is a line; the next file is walked through again."""
    path = scaled(tmp_path / "a.h5")
    (tmp_path / "walk.py").write_text(program)
    hdf5_probe.stop()
    with monkeypatch.context() as patch:
        patch.setattr(hdf5_probe, "_WALKER", tmp_path / "walk.py")
        with pytest.raises(FieldError, match=message):
            idlat.open_field(path, "t")
    np.testing.assert_array_equal(idlat.open_field(path, "t").values, VALUES)


def test_a_walk_has_a_limit_of_time(tmp_path: Path) -> None:
    """The walker ends itself while HDF5 works, without help of Python."""
    path = scaled(tmp_path / "a.h5")
    code = (
        "import h5py, idlat.fields.hdf5.hdf5_walk as walk\nwalk._SECONDS = 0.2\n"
        "h5py.File = lambda *_: exec('while 1: pass')\nwalk.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], input=f"{path}\n", text=True, env=os.environ)
    assert -done.returncode in hdf5_probe._TIMED_OUT


GIANT = (10**6, 10**6, 10**6)


def test_giant_shapes_with_nothing_in_them(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("t", GIANT, "f4", chunks=(1, 64, 64))
    zarr.create_array(tmp_path / "a.zarr", shape=GIANT, chunks=(64, 64, 64), dtype="f4")
    zarr.create_array(tmp_path / "b.zarr", shape=GIANT, chunks=GIANT, dtype="f4")
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file.create_dataset("t", GIANT, "f4", chunks=(1, 64, 64))
        for axis, (name, size) in enumerate(zip("zyx", GIANT, strict=True)):
            file.create_dataset(name, size, "f8").make_scale(name)
            file["t"].dims[axis].attach_scale(file[name])
    for name in ("a.h5", "a.zarr", "b.zarr", "a.nc"):
        with pytest.raises(FieldError, match="bytes are stored: damaged, or never written"):
            idlat.open_field(tmp_path / name)


SIZES = {".nrrd": b"6 5 4", ".mha": b"6 5 4", ".vtk": b"6 5 4", ".vti": b"0 5 0 4 0 3"}


@pytest.mark.parametrize("suffix", [".npy", *SIZES])
def test_giant_headers(tmp_path: Path, suffix: str) -> None:
    path = idlat.write_field(FIELD, tmp_path / f"a{suffix}")
    content = path.read_bytes()
    if suffix == ".npy":
        header = io.BytesIO()
        shape = (900_000_004, 900_000_005, 900_000_006)
        entries = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, entries)
        content = header.getvalue() + VALUES.tobytes()
    else:
        assert SIZES[suffix] in content
        content = content.replace(SIZES[suffix], SIZES[suffix].replace(b"4", b"900000004"))
        content = content.replace(b"POINT_DATA 120", b"POINT_DATA 108000000600")
    path.write_bytes(content)
    with pytest.raises(FieldError):
        idlat.open_field(path)


@pytest.mark.parametrize("name", ["zarr.json", "t/zarr.json"])
@pytest.mark.parametrize("depth", [150, 990, 100_000])
def test_deep_metadata_of_zarr(tmp_path: Path, name: str, depth: int) -> None:
    FIELD.to_dataset().to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    document = json.loads((tmp_path / "a.zarr" / name).read_text())
    document["attributes"]["deep"] = "here"
    text = json.dumps(document).replace('"here"', "[" * depth + "]" * depth)
    (tmp_path / "a.zarr" / name).write_text(text)
    with pytest.raises(FieldError, match="nested more than 100 deep"):
        idlat.open_field(tmp_path / "a.zarr", "t")


@pytest.mark.parametrize("name", ["zarr.json", "t/zarr.json", "t/c/0/0/0"])
def test_a_pipe_in_a_zarr_store(tmp_path: Path, name: str) -> None:
    FIELD.to_dataset().to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    (tmp_path / "a.zarr" / name).unlink()
    os.mkfifo(tmp_path / "a.zarr" / name)
    with pytest.raises(FieldError, match=r"is a (pipe|folder)"):
        _ = idlat.open_field(tmp_path / "a.zarr", "t").values


@pytest.mark.parametrize("engine", ["scipy", "h5netcdf"])
@pytest.mark.parametrize("unlimited", [False, True])
@pytest.mark.parametrize("change", ["cut", "removed"])
def test_netcdf_that_changes_while_it_is_read(
    tmp_path: Path, engine: str, unlimited: bool, change: str
) -> None:
    path = tmp_path / "a.nc"
    dataset = FIELD.expand_dims(time=3).to_dataset()
    dataset["plain"] = FIELD
    dataset.to_netcdf(path, engine=engine, unlimited_dims=["time"] if unlimited else [])
    field, plain = idlat.open_field(path, "t"), idlat.open_field(path, "plain")
    np.testing.assert_array_equal(field.values, np.stack([VALUES] * 3))
    np.testing.assert_array_equal(field[1:3, 1, ::-2].values, np.stack([VALUES] * 3)[1:3, 1, ::-2])
    if change == "cut":
        os.truncate(path, 200)
    else:
        path.unlink()
    for one in (field, plain):
        with pytest.raises(FieldError, match="while it was read"):
            _ = one.values


@pytest.mark.parametrize("suffix", [".h5", ".vtkhdf"])
def test_hdf5_that_is_cut_while_it_is_read(tmp_path: Path, suffix: str) -> None:
    field = idlat.open_field(idlat.write_field(FIELD, tmp_path / f"a{suffix}"))
    os.truncate(tmp_path / f"a{suffix}", 1000)
    with pytest.raises(FieldError, match=r"was changed while it was read"):
        _ = field.values
