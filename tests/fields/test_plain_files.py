"""Files that are none, and files that change while they are read: one line, no hang, no killed process."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import idlat
from idlat.errors import FieldError, MissingFileError
from idlat.fields.arrays.array_file import ArrayFile

VALUES = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
RAW = {"shape": (4, 5, 6), "dtype": "float32"}


@pytest.mark.parametrize("suffix", [".npy", ".raw", ".nc", ".h5", ".nrrd", ".mha", ".vti", ".vtk", ".zarr"])
def test_a_pipe_is_refused_unopened(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"a{suffix}")
    with pytest.raises(FieldError, match="is a pipe, not a file"):
        idlat.open_field(tmp_path / f"a{suffix}", **(RAW if suffix == ".raw" else {}))


def test_devices_and_sockets_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npy").symlink_to("/dev/zero")
    with pytest.raises(FieldError, match="is a device"):
        idlat.open_field(tmp_path / "a.npy")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "b.npy"))
    with pytest.raises(FieldError, match="is a socket"):
        idlat.open_field(tmp_path / "b.npy")
    listening.close()


@pytest.mark.parametrize("header", ["a.nhdr", "a.mhd"])
def test_a_pipe_in_place_of_the_values_is_refused(tmp_path: Path, header: str) -> None:
    idlat.write_field(idlat.fields.as_field(VALUES), tmp_path / header)
    (tmp_path / "a.raw").unlink()
    os.mkfifo(tmp_path / "a.raw")
    with pytest.raises(FieldError, match="is a pipe"):
        idlat.open_field(tmp_path / header)


FILES = [".npy", ".raw", ".nrrd", ".nhdr", ".mha", ".mhd", ".vti", ".vtk"]


def saved(folder: Path, suffix: str) -> tuple[Path, Path]:
    """Write a field; return its file, and the one that holds its values."""
    path = idlat.write_field(idlat.fields.as_field(VALUES, "a"), folder / f"a{suffix}")
    return path, path.with_suffix(".raw") if suffix in (".nhdr", ".mhd") else path


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_cut_while_it_is_read(tmp_path: Path, suffix: str) -> None:
    path, values = saved(tmp_path, suffix)
    field = idlat.open_field(path, **(RAW if suffix == ".raw" else {}))
    os.truncate(values, values.stat().st_size // 2)
    with pytest.raises(FieldError, match="was changed while it was read"):
        np.asarray(field)


@pytest.mark.parametrize("suffix", FILES)
def test_a_file_removed_while_it_is_read(tmp_path: Path, suffix: str) -> None:
    path, values = saved(tmp_path, suffix)
    field = idlat.open_field(path, **(RAW if suffix == ".raw" else {}))
    values.unlink()
    with pytest.raises((FieldError, MissingFileError), match="was removed while it was read"):
        np.asarray(field)


def test_a_file_replaced_by_another_of_its_size(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, ".npy")
    field = idlat.open_field(path)
    np.save(tmp_path / "other.npy", VALUES + 1)
    (tmp_path / "other.npy").replace(path)
    with pytest.raises(FieldError, match="was changed while it was read"):
        np.asarray(field)


def test_a_file_rewritten_in_place(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, ".npy")
    field = idlat.open_field(path)
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"\1\2\3\4")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(FieldError, match="was changed while it was read"):
        np.asarray(field)


@settings(max_examples=150)
@given(data=st.data())
def test_parts_are_those_of_numpy(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=5, max_side=5))
    order = data.draw(st.sampled_from("CF"))
    dtype = data.draw(st.sampled_from(["<f4", ">i2", "u1"]))
    whole = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    path = tmp_path_factory.mktemp("parts") / "a.bin"
    path.write_bytes(b"head" + whole.tobytes(order))
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=False))
    part = ArrayFile(path, 4, shape, np.dtype(dtype), order)[key]
    np.testing.assert_array_equal(part, whole[key])
    assert part.dtype == np.dtype(dtype).newbyteorder("=")
