"""Raw files with headers and Fortran records; scipy writes the records that are read."""

import gzip

import numpy as np
import pytest
from scipy.io import FortranFile

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError

VALUES = np.random.default_rng(0).normal(size=(4, 5, 6)).astype("f4")
RAW = {"shape": VALUES.shape, "dtype": "float32"}


def test_a_header_is_left_out(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"H" * 64 + VALUES.tobytes())
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "a.raw", **RAW, offset=64).values, VALUES)
    (tmp_path / "a.raw.gz").write_bytes(gzip.compress(b"H" * 64 + VALUES.tobytes()))
    field = idlat.open_field(tmp_path / "a.raw.gz", **RAW, offset=64)
    np.testing.assert_array_equal(field.values, VALUES)
    series = idlat.open_field([tmp_path / "a.raw.gz"] * 2, **RAW, offset=64)
    np.testing.assert_array_equal(series.values, [VALUES, VALUES])
    with pytest.raises(FieldError, match=r"a header of 64 bytes\? then --offset 64"):
        idlat.open_field(tmp_path / "a.raw", **RAW)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mark", ["u4", "u8"])
@pytest.mark.parametrize("axes", [0, 1, 2])
def test_records_as_fortran_writes_them(tmp_path, order, mark, axes):
    with FortranFile(tmp_path / "run", "w", f"{order}{mark}") as file:
        for index in np.ndindex(*VALUES.shape[:axes]):  # a record for the whole, each layer, each row
            file.write_record(VALUES[index].astype(f"{order}f4"))
    field = idlat.open_field(tmp_path / "run", **RAW, format="fortran")
    assert (field.name, field.dims, field.dtype) == ("run", ("z", "y", "x"), np.float32)
    np.testing.assert_array_equal(field.values, VALUES)
    np.testing.assert_array_equal(field[1:3, 2, ::2].values, VALUES[1:3, 2, ::2])


def test_records_of_several_sizes_after_others(tmp_path):
    with FortranFile(tmp_path / "run.dat", "w") as file:
        file.write_record(np.array(VALUES.shape, "<i4"))
        file.write_record(VALUES[:3])
        file.write_record(VALUES[3:])
    options = {**RAW, "format": "fortran"}
    field = idlat.open_field(tmp_path / "run.dat", **options, offset=4 + 12 + 4)
    np.testing.assert_array_equal(field.values, VALUES)
    with pytest.raises(FieldError, match="3 Fortran records hold 492"):
        idlat.open_field(tmp_path / "run.dat", **options)


def test_a_record_cut_into_parts(tmp_path):
    content = VALUES.tobytes()
    parts = [content[:101], content[101:300], content[300:]]  # as where one is beyond 2 GiB
    marks = [(-101, 101), (-199, -199), (180, -180)]
    pieces = [
        np.int32(a).tobytes() + part + np.int32(b).tobytes()
        for part, (a, b) in zip(parts, marks, strict=True)
    ]
    (tmp_path / "a.dat").write_bytes(b"".join(pieces))
    field = idlat.open_field(tmp_path / "a.dat", **RAW, format="fortran")
    np.testing.assert_array_equal(field.values, VALUES)


def test_records_are_recognised_by_their_sizes(tmp_path, capsys):
    with FortranFile(tmp_path / "a.dat", "w") as file:
        file.write_record(VALUES)
    with pytest.raises(FieldError, match="sizes are those of Fortran records: pass --format fortran"):
        idlat.open_field(tmp_path / "a.dat", **RAW)
    described = ["--shape", "4,5,6", "--dtype", "float32"]
    archive = str(tmp_path / "a.idlat")
    assert run(["compress", str(tmp_path / "a.dat"), *described, "-o", archive]) == 2
    assert "--format fortran" in capsys.readouterr().err
    described += ["--format", "fortran"]
    assert run(["compress", str(tmp_path / "a.dat"), *described, "-o", archive, "--quality", "99"]) == 0
    assert run(["evaluate", archive, str(tmp_path / "a.dat"), *described]) == 0
    assert run(["verify", archive, str(tmp_path / "a.dat"), *described]) == 0
    decoded = idlat.open_archive(archive).decode().values
    assert np.abs(decoded - VALUES).max() < 0.1 * np.ptp(VALUES)


def test_what_has_no_records(tmp_path):
    (tmp_path / "a.dat").write_bytes(VALUES.tobytes())
    with pytest.raises(FieldError, match="no Fortran record marks at byte 0"):
        idlat.open_field(tmp_path / "a.dat", **RAW, format="fortran")
    (tmp_path / "a.dat").write_bytes(np.int32(480).tobytes() + VALUES.tobytes())
    with pytest.raises(FieldError, match="no Fortran record marks at byte 0, or is cut short"):
        idlat.open_field(tmp_path / "a.dat", **RAW, format="fortran")
