import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import idlat
from idlat.cli.app import run
from idlat.errors import FieldError, OutputError
from idlat.fields.arrays.tiled_array import ArrayTile, TiledArray, covers

SHAPE = (8, 4, 6)  # z, y, x
FORMATS = {
    "<f8": "FAB ((8, (64 11 52 0 1 12 0 1023)),(8, (8 7 6 5 4 3 2 1)))",
    ">f8": "FAB ((8, (64 11 52 0 1 12 0 1023)),(8, (1 2 3 4 5 6 7 8)))",
    "<f4": "FAB ((8, (32 8 23 0 1 9 0 127)),(4, (4 3 2 1)))",
}


def values(index):
    return np.arange(192.0).reshape(SHAPE) + 1000 * index


def box(low, high):
    return f"(({','.join(map(str, low))}) ({','.join(map(str, high))}) (0,0,0))"


def plotfile(path, names=("density", "Temp"), boxes=None, dtype="<f8", ghost=0, time=0.25, encoding="utf-8"):
    """Write a plotfile of two levels as AMReX does; indices begin at (2, 0, -1)."""
    first = np.array([2, 0, -1])
    boxes = boxes or [((2, 0, -1), (4, 3, 2)), ((5, 0, -1), (7, 3, 2)), ((2, 0, 3), (7, 3, 6))]
    (path / "Level_0").mkdir(parents=True)
    places, files = [], [b"", b""]
    for number, (low, high) in enumerate(boxes):
        low, high = np.array(low), np.array(high)
        outer = [tuple((low - ghost).tolist()), tuple((high + ghost).tolist())]
        parts = []
        for index in range(len(names)):
            padded = np.pad(values(index), ghost, constant_values=-1)
            a, b = (low - first)[::-1], (high - first)[::-1] + 1 + 2 * ghost
            parts.append(padded[tuple(map(slice, a, b))].astype(dtype).tobytes())
        which = number % 2
        places.append(f"FabOnDisk: Cell_D_0000{which} {len(files[which])}")
        files[which] += f"{FORMATS[dtype]}{box(*outer)} {len(names)}\n".encode() + b"".join(parts)
    for which, content in enumerate(files):
        (path / "Level_0" / f"Cell_D_0000{which}").write_bytes(content)
    listed = [box(*ends) for ends in boxes]
    (path / "Level_0" / "Cell_H").write_text(
        "\n".join(
            [
                "1",
                "1",
                str(len(names)),
                str(ghost),
                f"({len(boxes)} 0",
                *listed,
                ")",
                str(len(boxes)),
                *places,
                "",
                "0,0",
                "",
            ]
        )
    )
    ends = ["0 3", "0 2", "0 4"] * len(boxes)
    finer = box((4, 0, -2), (9, 7, 13))
    lines = ["HyperCLaw-V1.1", str(len(names)), *names, "3", str(time), "1", "0 0 0", "3 2 4", "2"]
    lines += [f"{box((2, 0, -1), (7, 3, 6))} {finer}", "10 20", "0.5 0.5 0.5", "0.25 0.25 0.25", "0", "0"]
    lines += [f"0 {len(boxes)} {time}", "10", *ends, "Level_0/Cell"]
    lines += ["1 1 0.25", "20", "0 1", "0 1", "0 1", "Level_1/Cell"]
    (path / "Header").write_text("\n".join(lines), encoding)
    return path


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("ghost", [0, 1])
def test_boxes_are_put_together(tmp_path, dtype, ghost):
    path = plotfile(tmp_path / "plt00010", dtype=dtype, ghost=ghost)
    assert idlat.list_variables(path) == ["density", "Temp"]
    got = idlat.open_field(path, "Temp")
    assert (got.name, got.dims, got.dtype) == ("Temp", ("z", "y", "x"), np.dtype(dtype[1:]))
    np.testing.assert_array_equal(got.values, values(1))
    np.testing.assert_array_equal(got[3:6, 1:2, 2:5].values, values(1)[3:6, 1:2, 2:5])
    np.testing.assert_allclose(got["x"], 0.25 + 0.5 * np.arange(6))
    assert got["time"].item() == 0.25


def test_plotfiles_become_a_series(tmp_path):
    paths = [plotfile(tmp_path / f"plt0000{i}", ("rho",), time=i / 2) for i in range(3)]
    got = idlat.open_field(paths)
    assert got["time"].values.tolist() == [0, 0.5, 1]
    np.testing.assert_array_equal(got.isel(time=2).values, values(0))
    idlat.write_field(got, tmp_path / "all.h5")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "all.h5")["time"].values, [0, 0.5, 1])


def test_faults_are_one_line(tmp_path):
    path = plotfile(tmp_path / "plt")
    with pytest.raises(FieldError, match=r"choose a variable .* density, Temp"):
        idlat.open_field(path)
    with pytest.raises(OutputError, match="plt"):
        idlat.write_field(idlat.open_field(path, "Temp"), path, overwrite=True)
    hole = plotfile(tmp_path / "hole", boxes=[((2, 0, -1), (4, 3, 2)), ((5, 0, -1), (7, 3, 2))])
    with pytest.raises(FieldError, match="do not cover its domain"):
        idlat.open_field(hole, "Temp")
    (path / "Level_0" / "Cell_D_00001").write_bytes((path / "Level_0" / "Cell_D_00001").read_bytes()[:-1])
    with pytest.raises(FieldError, match="Cell_D_00001: cut short"):
        idlat.open_field(path, "Temp")


@pytest.mark.parametrize("name", ["Header", "Level_0/Cell_H", "Level_0/Cell_D_00000"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_damaged_plotfiles_are_one_line(tmp_path, name, data):
    shutil.rmtree(tmp_path / "plt", ignore_errors=True)
    path = plotfile(tmp_path / "plt")
    content = bytearray((path / name).read_bytes())
    at = data.draw(st.integers(0, min(len(content), 500) - 1))
    damage = st.one_of(st.binary(max_size=5), st.sampled_from([b"9" * 15, b"-1", b"../../x", b"nan"]))
    content[at : at + data.draw(st.integers(0, 9))] = data.draw(damage)
    (path / name).write_bytes(content)
    complaint = ""
    try:
        idlat.open_field(path, "Temp").load()
    except FieldError as error:
        complaint = str(error)
    assert "\n" not in complaint


@given(st.data())
def test_any_part_of_any_mosaic(data):
    shape = tuple(data.draw(st.integers(1, 6)) for _ in range(3))
    whole = np.arange(np.prod(shape)).reshape(shape)
    cut = data.draw(st.integers(0, shape[0]))
    tiles = tuple(
        ArrayTile((start, 0, 0), whole[start:stop])
        for start, stop in ((0, cut), (cut, shape[0]))
        if start < stop
    )
    assert covers(shape, [(tile.start, tile.stop) for tile in tiles])
    key = []
    for size in shape:
        start = data.draw(st.integers(0, size))
        key.append(slice(start, data.draw(st.integers(start, size))))
    np.testing.assert_array_equal(TiledArray(shape, whole.dtype, tiles)[tuple(key)], whole[tuple(key)])


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_names_beyond_ascii(tmp_path, encoding):
    names = ("Geschwindigkeit_süd", "temp (°C)")
    path = plotfile(tmp_path / "plt00010", names, encoding=encoding)
    assert idlat.list_variables(path) == list(names)
    for index, name in enumerate(names):
        np.testing.assert_array_equal(idlat.open_field(path, name).values, values(index))
    assert run(["compress", str(path), "--variable", names[0], "-o", str(tmp_path / "a.idlat")]) == 0
    assert run(["decompress", str(tmp_path / "a.idlat"), "-o", str(tmp_path / "a.nc")]) == 0
    assert idlat.list_variables(tmp_path / "a.nc") == [names[0]]
