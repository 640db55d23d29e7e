"""What lies behind links, in other files or behind filters is what h5py gives, or one line."""

import os

import h5py
import numpy as np
import pytest

import idlat
from idlat.errors import FieldError

VALUES = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)


@pytest.fixture
def linked(tmp_path):
    """Two files: one links to datasets and groups of itself and of the other, which links back."""
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["fields/rho"] = VALUES * 10
        other["only/there"] = VALUES * 20
        other["back"] = h5py.ExternalLink("run.h5", "/")
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["fields/rho"] = VALUES
        file["linked/density"] = h5py.ExternalLink("other.h5", "/fields/rho")
        file["linked/all"] = h5py.ExternalLink("other.h5", "/")
        file["soft"] = h5py.SoftLink("/fields/rho")
        file["chain"] = h5py.SoftLink("/linked/density")
        file["hard"] = file["fields/rho"]
        file["circle"] = h5py.SoftLink("/circle")
        file["dangling"] = h5py.SoftLink("/nowhere/rho")
        file["absent"] = h5py.ExternalLink("gone.h5", "/rho")
        file["lacking"] = h5py.ExternalLink("other.h5", "/fields/none")
        file["lost"] = h5py.ExternalLink("gone.h5", "/group")
    return tmp_path / "run.h5"


@pytest.mark.parametrize(
    "name",
    [
        "fields/rho",
        "linked/density",
        "linked/all/fields/rho",
        "linked/all/only/there",
        "soft",
        "chain",
        "hard",
    ],
)
def test_links_give_what_h5py_gives(linked, name):
    with h5py.File(linked) as file:
        expected = file[name][...]
    np.testing.assert_array_equal(idlat.open_field(linked, name).values, expected)


@pytest.mark.parametrize("name", ["x", "group/y", "group/inner/z"])
def test_links_through_several_files(tmp_path, name):
    for number, content in enumerate(
        (VALUES, h5py.ExternalLink("0.h5", "/d"), h5py.ExternalLink("1.h5", "/d"))
    ):
        with h5py.File(tmp_path / f"{number}.h5", "w") as file:
            file["d"] = content
    with h5py.File(tmp_path / "2.h5", "a") as file:
        file["x"], file["group/y"] = h5py.ExternalLink("1.h5", "/d"), h5py.SoftLink("/d")
        file["group/inner/z"] = h5py.ExternalLink("1.h5", "/d")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "2.h5", name).values, VALUES)
    (only,) = idlat.list_variables(tmp_path / "2.h5")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "2.h5").values, VALUES)
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "2.h5", only).values, VALUES)


def test_from_another_folder_too(linked, tmp_path, monkeypatch):
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    np.testing.assert_array_equal(idlat.open_field("../run.h5", "linked/density").values, VALUES * 10)


def test_every_dataset_is_listed_once_though_links_go_in_circles(linked):
    names = idlat.list_variables(linked)
    assert len(names) == 3
    with h5py.File(linked) as file:
        factors = sorted(round(float(file[name][0, 0, 0] / VALUES[0, 0, 0])) for name in names)
    assert factors == [1, 10, 20]


def test_a_file_of_links_alone(linked, tmp_path):
    with h5py.File(tmp_path / "links.h5", "w") as file:
        file["rho"] = h5py.ExternalLink("run.h5", "/soft")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "links.h5").values, VALUES)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("circle", "'circle' is not there: the link 'circle' leads to '/circle'"),
        ("dangling", "the link 'dangling' leads to '/nowhere/rho', which the file does not hold"),
        ("absent", r"the link 'absent' leads to '/rho' of the file 'gone\.h5', which is absent"),
        ("lacking", r"leads to '/fields/none' of the file 'other\.h5', which is absent or does not hold it"),
        ("lost/rho", r"'lost/rho' is not there: the link 'lost' leads to '/group' of the file 'gone\.h5'"),
    ],
)
def test_links_that_lead_nowhere(linked, name, message):
    with pytest.raises(FieldError, match=message):
        idlat.open_field(linked, name)


def virtual(tmp_path, *, fill=0.0, nested=False, suffix=".h5"):
    """A dataset made of halves of two files; nested, of one that is itself so made."""
    for half in range(2):
        with h5py.File(tmp_path / f"part{half}.h5", "w") as file:
            file["data"] = VALUES[2 * half : 2 * half + 2]
    layout = h5py.VirtualLayout(VALUES.shape, "f4")
    for half in range(2):
        layout[2 * half : 2 * half + 2] = h5py.VirtualSource(f"part{half}.h5", "data", (2, 5, 6))
    path = tmp_path / f"virtual{suffix}"
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("v", layout, fillvalue=fill)
    if not nested:
        return path
    layout = h5py.VirtualLayout(VALUES.shape, "f4")
    layout[:] = h5py.VirtualSource(path.name, "v", VALUES.shape)
    with h5py.File(tmp_path / "outer.h5", "w") as file:
        file.create_virtual_dataset("v", layout)
    return tmp_path / "outer.h5"


@pytest.mark.parametrize("fill", [0.0, np.nan])
@pytest.mark.parametrize("nested", [False, True])
def test_virtual_datasets_need_all_their_sources(tmp_path, fill, nested):
    path = virtual(tmp_path, fill=fill, nested=nested)
    np.testing.assert_array_equal(idlat.open_field(path).values, VALUES)
    (tmp_path / "part1.h5").rename(tmp_path / "moved.h5")
    with pytest.raises(FieldError, match=r"lies in 'data' of the file 'part1\.h5', which is absent"):
        idlat.open_field(path)
    (tmp_path / "part1.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(FieldError, match=r"'part1\.h5', which cannot be opened"):
        idlat.open_field(path)
    with h5py.File(tmp_path / "part1.h5", "w") as file:
        file["other"] = VALUES
    with pytest.raises(FieldError, match=r"'part1\.h5', which does not hold it"):
        idlat.open_field(path)


def test_virtual_datasets_of_netcdf_files(tmp_path):
    path = virtual(tmp_path)
    with h5py.File(path, "a") as file:
        for axis, (name, size) in enumerate(zip("zyx", VALUES.shape, strict=True)):
            file[name] = np.arange(float(size))
            file[name].make_scale(name)
            file["v"].dims[axis].attach_scale(file[name])
    path.rename(tmp_path / "virtual.nc")
    np.testing.assert_array_equal(idlat.open_field(tmp_path / "virtual.nc").values, VALUES)
    (tmp_path / "part0.h5").unlink()
    with pytest.raises(FieldError, match=r"'part0\.h5', which is absent"):
        idlat.open_field(tmp_path / "virtual.nc")


def test_sources_are_sought_where_hdf5_seeks_them(tmp_path, monkeypatch):
    path = virtual(tmp_path)
    (tmp_path / "store").mkdir()
    for half in range(2):
        (tmp_path / f"part{half}.h5").rename(tmp_path / "store" / f"part{half}.h5")
    monkeypatch.chdir(tmp_path / "store")
    np.testing.assert_array_equal(idlat.open_field(path).values, VALUES)


def test_gaps_that_a_virtual_dataset_means_are_its_fill_value(tmp_path):
    virtual(tmp_path)
    layout = h5py.VirtualLayout(VALUES.shape, "f4")
    layout[:2] = h5py.VirtualSource("part0.h5", "data", (2, 5, 6))
    with h5py.File(tmp_path / "gap.h5", "w") as file:
        file.create_virtual_dataset("v", layout, fillvalue=-5)
    got = idlat.open_field(tmp_path / "gap.h5").values
    np.testing.assert_array_equal(got, np.concatenate([VALUES[:2], np.full((2, 5, 6), -5)]))


def test_numbered_sources_without_end(tmp_path):
    for block in range(3):
        with h5py.File(tmp_path / f"b{block}.h5", "w") as file:
            file["d"] = np.full((2, 3, 2), float(block))
    unlimited = h5py.h5s.UNLIMITED
    space = h5py.h5s.create_simple((2, 3, 2), (unlimited, 3, 2))
    space.select_hyperslab((0, 0, 0), (unlimited, 1, 1), (2, 1, 1), (2, 3, 2))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_virtual(space, b"b%b.h5", b"d", h5py.h5s.create_simple((2, 3, 2)))
    with h5py.File(tmp_path / "all.h5", "w") as file:
        h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_DOUBLE, space, properties)
    got = idlat.open_field(tmp_path / "all.h5").values
    assert got[:, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_raw_values_in_files_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    VALUES[:3].tofile("a.bin")
    (tmp_path / "b.bin").write_bytes(bytes(8) + VALUES[3:].tobytes())
    parts = [("a.bin", 0, VALUES[:3].nbytes), ("b.bin", 8, h5py.h5f.UNLIMITED)]
    with h5py.File("a.h5", "w") as file:
        file.create_dataset("v", VALUES.shape, "f4", external=parts)
    np.testing.assert_array_equal(idlat.open_field("a.h5").values, VALUES)
    os.truncate("b.bin", 100)
    with pytest.raises(FieldError, match=r"'b\.bin', which is cut short: expected 128 bytes, found 100"):
        idlat.open_field("a.h5")
    os.unlink("a.bin")
    with pytest.raises(FieldError, match=r"lie in the file 'a\.bin', which is absent: HDF5 looks"):
        idlat.open_field("a.h5")


def test_an_unknown_filter_is_named(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk(VALUES.shape)
        properties.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (4,))
        space = h5py.h5s.create_simple(VALUES.shape)
        h5py.Dataset(h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_FLOAT, space, properties))[...] = VALUES
    content = (tmp_path / "a.h5").read_bytes()
    # The filter's number, the length of its name and its flags, as HDF5 stores them in a message of filters.
    at = content.index(b"\x01\x00\x08\x00\x00\x00\x01\x00deflate\x00")
    (tmp_path / "a.h5").write_bytes(content[:at] + b"\x31\x75" + content[at + 2 :])
    with pytest.raises(FieldError, match=r"stored with the filter 30001 \(deflate\).*install hdf5plugin"):
        idlat.open_field(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        ([("re", "f4"), ("im", "f4")], "has dtype"),
        (h5py.ref_dtype, "has dtype object"),
        (h5py.regionref_dtype, "has dtype object"),
        (h5py.string_dtype(), "has dtype object"),
        (np.complex64, "its real and imaginary parts"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path, dtype, message):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("v", (2, 2, 2), dtype)
        file["null"] = h5py.Empty("f4")
    assert idlat.list_variables(tmp_path / "a.h5") == []
    with pytest.raises(FieldError, match=message):
        idlat.open_field(tmp_path / "a.h5", "v")
    with pytest.raises(FieldError, match="'null' is empty"):
        idlat.open_field(tmp_path / "a.h5", "null")


NUMBERS = np.arange(60).reshape(3, 4, 5)


@pytest.mark.parametrize(
    ("dtype", "options"),
    [
        (">f4", {}),
        (">i2", {"chunks": (2, 3, 2), "shuffle": True, "compression": "gzip", "fletcher32": True}),
        ("f2", {"chunks": True, "maxshape": (None, 4, 5)}),
        (h5py.enum_dtype({"A": 0, "B": 1}, "i1"), {}),
        ("i4", {"chunks": (2, 4, 5), "scaleoffset": 7}),
        ("f4", {"chunks": (2, 4, 5), "scaleoffset": 3}),
        ("f8", {"compression": "lzf"}),
    ],
)
def test_ways_to_store_numbers(tmp_path, dtype, options):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("v", data=NUMBERS.astype(dtype), dtype=dtype, **options)
    with h5py.File(tmp_path / "a.h5") as file:
        expected = file["v"][...]
    got = idlat.open_field(tmp_path / "a.h5")
    assert got.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(got.values, expected)


def test_chunks_never_written_are_the_fill_value(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("v", (4, 4, 4), "f4", chunks=(2, 4, 4), fillvalue=7)[:2] = 1
    assert idlat.open_field(tmp_path / "a.h5").values[:, 0, 0].tolist() == [1, 1, 7, 7]
