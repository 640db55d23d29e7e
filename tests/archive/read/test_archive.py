"""Reading: regions, latents, coarse view, other stores, and damage of every kind."""

from __future__ import annotations

import contextlib
import json
import shutil

import fsspec
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import idlat
from idlat.archive import verify
from idlat.archive.codecs import model_lookup
from idlat.archive.storage.archive_store import open_store
from idlat.errors import ArchiveError, IdlatError, MissingFileError, ModelError
from support.models.linear_model import LinearModel


@pytest.fixture(scope="module")
def field(make_field):
    field = make_field((20, 70, 140), steps=2)
    field.values[:, :3, :3, :3] = np.nan
    return field.assign_coords(z=np.arange(20.0), time=[3, 4])


@pytest.fixture(scope="module")
def path(tmp_path_factory, field, model):
    path = tmp_path_factory.mktemp("reader") / "a.idlat"
    idlat.compress(field, path, "value > 11", model)
    return path


@pytest.fixture
def copy(path, tmp_path):
    return shutil.copytree(path, tmp_path / "copy.idlat")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_region_equals_that_part_of_the_whole(path, model, data):
    archive = idlat.open_archive(path, model)
    whole = _whole(archive)
    picks = []
    for length in (20, 70, 140):
        start = data.draw(st.integers(0, length - 1))
        picks.append(slice(start, data.draw(st.integers(start + 1, length))))
    step = data.draw(st.sampled_from([0, 1, -1]))
    part = archive.decode(time=step, z=picks[0], y=picks[1], x=picks[2])
    np.testing.assert_allclose(part, whole[step][tuple(picks)], atol=1e-5)
    np.testing.assert_array_equal(part.z, whole.z[picks[0]])


@pytest.fixture(scope="module")
def small(tmp_path_factory, make_field, model):
    """Two chunks of one voxel layer, with a mask and a coordinate; quick to decode."""
    field = make_field((1, 8, 70)).assign_coords(z=[5.0])
    field.values[0, 0, 0] = np.nan
    path = tmp_path_factory.mktemp("small") / "a.idlat"
    idlat.compress(field, path, model=model)
    return path


@contextlib.contextmanager
def changed(file, content):
    """Give a file another content for a while."""
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(before)


_cache = {}


def _whole(archive):
    if archive.path not in _cache:
        _cache[archive.path] = archive.decode()
    return _cache[archive.path]


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ({"z": slice(0, 21)}, "z=0:21 is empty or leaves the field, whose z runs from 0 to 20"),
        ({"y": slice(5, 5)}, "y=5:5"),
        ({"x": slice(0, 10, 2)}, "x="),
        ({"x": slice(-200, 10)}, "x="),
        ({"time": 2}, "time 2 is outside"),
        ({"time": slice(5, 9)}, "selects none"),
        ({"variable": "nope"}, "no variable 'nope'; it has: speed"),
    ],
    ids=str,
)
def test_regions_that_are_not_there(path, model, region, message):
    with pytest.raises(ArchiveError, match=message):
        idlat.open_archive(path, model).decode(**region)


_PICKS = {
    "a layer": ({"z": 5}, np.s_[:, 5]),
    "the last": ({"z": -1}, np.s_[:, -1]),
    "a NumPy integer": ({"y": np.int32(7)}, np.s_[:, :, 7]),
    "an array of one": ({"x": np.array(3)}, np.s_[..., 3]),
    "a voxel": ({"time": 1, "z": 0, "y": 69, "x": -140}, np.s_[1, 0, 69, 0]),
    "a layer of a region": ({"z": slice(2, 9), "y": 8, "x": slice(None, -5)}, np.s_[:, 2:9, 8, :-5]),
    "bounds of NumPy": ({"z": slice(np.int64(2), np.uint8(4))}, np.s_[:, 2:4]),
    "an open slice": ({"z": slice(None), "x": slice(-9, None)}, np.s_[..., -9:]),
    "steps backwards": ({"time": slice(None, None, -1)}, np.s_[::-1]),
    "every second step": ({"time": slice(None, None, 2)}, np.s_[::2]),
    "a NumPy step": ({"time": np.int64(-1)}, np.s_[-1]),
}


@pytest.mark.parametrize(("asked", "where"), _PICKS.values(), ids=_PICKS)
def test_indices_and_slices_pick_as_in_numpy(path, model, asked, where):
    archive = idlat.open_archive(path, model)
    whole = _whole(archive)
    part = archive.decode(**asked)
    np.testing.assert_allclose(part, whole.values[where], atol=1e-5)
    expected = whole.isel(
        {k: v.item() if np.ndim(v) == 0 and hasattr(v, "item") else v for k, v in asked.items()}
    )
    assert part.dims == expected.dims
    assert {n: c.values.tolist() for n, c in part.coords.items()} == {
        n: c.values.tolist() for n, c in expected.coords.items()
    }


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"z": 20}, "z 20 is outside the archive, which has 0 to 19"),
        ({"z": -21}, "z -21 is outside"),
        ({"z": 1.5}, "z takes an index or a slice, got 1.5"),
        ({"z": True, "y": "3"}, "y takes an index or a slice, got '3'"),
        ({"z": slice(0.5, 2)}, "z takes slices of whole numbers, got 0.5:2"),
        ({"time": slice(0, 2, 0)}, "time takes slices whose step is not 0"),
        ({"time": slice(1, 0)}, "time 1:0 selects none of the 2 there are"),
        ({"z": slice(3, 3)}, "region z=3:3 is empty"),
        ({"z": [1, 2]}, "z takes an index or a slice"),
    ],
    ids=str,
)
def test_indices_that_are_none(path, model, asked, message):
    with pytest.raises(ArchiveError, match=message):
        idlat.open_archive(path, model).decode(**asked)


def test_latents_and_slabs_need_all_axes(path, model):
    archive = idlat.open_archive(path, model)
    with pytest.raises(ArchiveError, match="give z as a slice here"):
        archive.latents(z=0)
    with pytest.raises(ArchiveError, match="give x as a slice here"):
        list(archive.variable().isel(x=0).slabs())


def test_latents_of_every_second_step(path, model):
    archive = idlat.open_archive(path, model)
    np.testing.assert_array_equal(archive.latents(time=slice(None, None, -1)), archive.latents()[::-1])


def test_time_of_what_has_none(tmp_path, make_field, model):
    archive = idlat.compress(make_field((8, 8, 8)), tmp_path / "a", model=model)
    with pytest.raises(ArchiveError, match="no time axis"):
        archive.decode(time=0)


def test_one_and_two_workers_decode_alike(path, model):
    results = [idlat.open_archive(path, model).decode(workers=n).values for n in (1, 2)]
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("time", [None, 1, slice(1, 2)])
def test_slabs_are_the_same_in_parts(path, model, time):
    archive = idlat.open_archive(path, model)
    box = {"z": slice(3, 19), "y": slice(0, 9), "x": slice(100, 140)}
    template = archive.template(time=time, **box)
    whole = archive.decode(time=time, **box)
    assert template.sizes == whole.sizes
    assert template.encoding == whole.encoding
    pieces = template.copy(data=np.zeros(template.shape, template.dtype))
    count = 0
    for where, values in archive.variable().isel(time=time, **box).slabs(5 * 9 * 40 * 4):
        pieces[where] = values
        count += 1
    np.testing.assert_allclose(pieces, whole, atol=1e-5)
    assert count == 4 * whole.sizes.get("time", 1)


def test_latents_are_blocks_of_cells(path, model):
    archive = idlat.open_archive(path, model)
    plain = zarr.open_array(path / "speed/latents", mode="r")[...]
    cells = archive.latents(block=8)
    assert cells.dims == ("time", "z_block", "y_block", "x_block", "feature")
    assert cells.dtype == np.int32
    np.testing.assert_array_equal(cells, plain.transpose(0, 2, 3, 4, 1))
    blocks = archive.latents(time=1)
    assert blocks.dims == ("z_block", "y_block", "x_block", "feature")
    assert blocks.shape == (2, 5, 9, 8 * model.channels)
    one = blocks[0, 1, 2].values.reshape(model.channels, 2, 2, 2)
    np.testing.assert_array_equal(one, plain[1, :, 0:2, 2:4, 4:6])
    np.testing.assert_array_equal(blocks[1, 4, 8].values.reshape(-1, 2, 2, 2)[:, 1], 0)  # beyond the field
    with pytest.raises(IdlatError, match="16 or 8"):
        archive.latents(block=4)


def test_the_coarse_view_shows_the_means_of_cells(path, model, field):
    coarse = idlat.open_archive(path, model).decode(coarse=8)
    assert coarse.shape == (2, 3, 9, 18)
    assert coarse.z.values[:2].tolist() == [3.5, 11.5]
    mean = field.values[:, :16, 8:64, :136].reshape(2, 2, 8, 7, 8, 17, 8).mean((2, 4, 6))
    np.testing.assert_allclose(coarse.values[:, :2, 1:8, :17], mean, atol=1.0)
    assert idlat.open_archive(path, model).decode(time=1, coarse=8).shape == (3, 9, 18)


def test_info(path, model, field):
    info = idlat.open_archive(path, model).info()
    files = [p for p in path.rglob("*") if p.is_file()]
    assert info.bytes_archive == sum(p.stat().st_size for p in files)
    chunks = [p for p in files if "/latents/c/" in str(p) or "/mask/c/" in str(p)]
    assert info.bytes_streams == sum(p.stat().st_size for p in chunks)
    assert (info.format_version, info.preset, info.model_sha256) == (2, "linear", model.sha256)
    (variable,) = info.variables
    assert (variable.name, variable.shape, variable.dtype) == ("speed", (2, 20, 70, 140), "float32")
    assert variable.chunks == (1, 64, 64, 64)
    assert variable.importance == "value > 11.0"
    evaluation = idlat.evaluate(idlat.open_archive(path, model), field)
    assert variable.errors.wpsnr == pytest.approx(evaluation.wpsnr)


def test_any_zarr_reader_sees_the_latents(path, model):
    latents = zarr.open_group(path, mode="r")["speed/latents"]
    assert latents.shape == (2, model.channels, 3, 9, 18)
    assert latents.chunks == (1, model.channels, 8, 8, 8)
    reader = idlat.open_archive(path, model).decoder().latents
    np.testing.assert_array_equal(latents[1, :, 0:3, 2:9, 5:18], reader.frame(1)[:, 0:3, 2:9, 5:18])


def test_an_archive_on_another_file_system(path, model):
    memory = fsspec.filesystem("memory")
    memory.put(str(path), "/remote/a.idlat", recursive=True)
    archive = idlat.open_archive("memory://remote/a.idlat", model)
    np.testing.assert_array_equal(archive.decode(), idlat.open_archive(path, model).decode())
    assert archive.info().bytes_archive == idlat.open_archive(path, model).info().bytes_archive


def test_a_lost_chunk_is_an_error_that_names_it(copy, model):
    (copy / "speed/latents/c/1/0/0/1/2").unlink()
    archive = idlat.open_archive(copy, model)
    with pytest.raises(ArchiveError, match="chunk speed/latents/c/1/0/0/1/2 is missing"):
        archive.decode()
    assert archive.decode(time=0).shape == (20, 70, 140)
    assert archive.decode(time=1, x=slice(0, 60), y=slice(0, 30)).shape == (20, 30, 60)


def test_a_lost_mask_or_coordinate_is_an_error_that_names_it(copy, model):
    (copy / "mask/c/0/0/0/1").unlink()
    with pytest.raises(ArchiveError, match="chunk mask/c/0/0/0/1 is missing"):
        idlat.open_archive(copy, model).decode()
    (copy / "z/c/0").unlink()
    with pytest.raises(ArchiveError, match=r"z/c/0 is missing.*coordinate z"):
        idlat.open_archive(copy, model).decode(x=slice(0, 8))


def test_lost_or_damaged_importance_is_an_error_that_names_it(tmp_path, make_field, model):
    importance = np.zeros((20, 70, 260), np.float32)  # what Zarr would fill in
    archive = idlat.compress(
        make_field((20, 70, 260), steps=2), tmp_path / "a", importance, model, keep_importance=True
    )
    assert not archive.importance().any()
    chunk = tmp_path / "a/speed/importance/c/1/0/0/2"
    chunk.write_bytes(chunk.read_bytes()[:-1] + b"?")
    with pytest.raises(ArchiveError, match="chunk speed/importance/c/1/0/0/2 is damaged"):
        archive.importance()
    chunk.unlink()
    with pytest.raises(ArchiveError, match="chunk speed/importance/c/1/0/0/2 is missing"):
        archive.importance()
    assert archive.importance(time=0).shape == (2, 5, 17)
    (fault,) = verify(archive).faults
    assert "chunk speed/importance/c/1/0/0/2 is missing" in fault


CHUNKS = [
    "speed/latents/c/0/0/0/0/0",
    "speed/latents/c/0/0/0/0/1",
    "mask/c/0/0/0/0",
]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(CHUNKS), data=st.data())
def test_a_flipped_bit_is_an_error_that_names_the_chunk(small, model, name, data):
    content = bytearray((small / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with changed(small / name, content):
        with pytest.raises(ArchiveError, match=f"chunk {name} is damaged"):
            idlat.open_archive(small, model).decode()
        with pytest.raises((ValueError, RuntimeError)):  # a plain Zarr reader refuses it too
            zarr.open_array(small / name.split("/c/")[0], mode="r")[...]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(CHUNKS), data=st.data())
def test_a_cut_chunk_is_an_error(small, model, name, data):
    content = (small / name).read_bytes()
    with (
        changed(small / name, content[: data.draw(st.integers(0, len(content) - 1))]),
        pytest.raises(ArchiveError, match=f"chunk {name} is damaged"),
    ):
        idlat.open_archive(small, model).decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3) | st.just("nan"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def _places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


def raised(function):
    """Return the error of ours that a call raises, None for none; any other error passes through."""
    try:
        function()
    except IdlatError as error:
        return error
    return None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", ["zarr.json", "speed/zarr.json", "speed/latents/zarr.json", "z/zarr.json"])
def test_tampered_metadata_are_one_clear_error_or_harmless(small, model, name, data):
    root = json.loads((small / name).read_text())
    place = data.draw(st.sampled_from([p for p in _places(root) if p]))
    inner = root
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = data.draw(JSON)
    with changed(small / name, json.dumps(root).encode()):
        error = raised(lambda: idlat.open_archive(small, model).decode())
    assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["zarr.json", "speed/zarr.json", "speed/latents/zarr.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"zarr_format": 3}', "\x00\xff"])
def test_broken_json(copy, model, name, text):
    (copy / name).write_text(text)
    with pytest.raises(ArchiveError, match=r"damaged|not an idlat archive") as caught:
        idlat.open_archive(copy, model).decode()
    assert "\n" not in str(caught.value)


def test_another_format_version(copy, model):
    root = json.loads((copy / "zarr.json").read_text())
    root["attributes"]["format_version"] = 99
    (copy / "zarr.json").write_text(json.dumps(root))
    with pytest.raises(ArchiveError, match="format version 99, this release reads version 2"):
        idlat.open_archive(copy, model)


def test_what_is_no_archive(tmp_path, model):
    with pytest.raises(MissingFileError, match="does not exist"):
        idlat.open_archive(tmp_path / "absent", model)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and then nothing")
    zarr.create_group(tmp_path / "other", attributes={"format": "else"})
    for name, message in [
        ("text", "not an idlat archive"),
        ("folder", "not an idlat archive"),
        ("cut.zip", "not a whole zip file"),
        ("other", "not an idlat archive"),
    ]:
        with pytest.raises(ArchiveError, match=message):
            idlat.open_archive(tmp_path / name, model)
    with pytest.raises(ArchiveError, match="cannot be opened"):
        open_store("nonsense://bucket/a")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_zip_is_one_clear_error(tmp_path_factory, make_field, model, data):
    folder = tmp_path_factory.getbasetemp() / "zips"
    folder.mkdir(exist_ok=True)
    whole = folder / "a.zip"
    if not whole.exists():
        idlat.compress(make_field((16, 16, 16)), whole, model=model)
    content = bytearray(whole.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (folder / "broken.zip").write_bytes(content)

    def decode():
        with idlat.open_archive(folder / "broken.zip", model) as archive:
            archive.decode()

    assert "\n" not in str(raised(decode))


def test_models_are_looked_up_by_their_hash(tmp_path, make_field, monkeypatch):
    unknown = LinearModel("unknown")
    path = tmp_path / "a.idlat"
    idlat.compress(make_field((8, 8, 8)), path, model=unknown)
    assert idlat.open_archive(path).model is unknown  # registered by compress
    monkeypatch.delitem(model_lookup._registered, unknown.sha256)
    with pytest.raises(ModelError, match=LinearModel("other").sha256):
        idlat.open_archive(path, LinearModel("other"))
    shutil.rmtree(path / "model")
    with pytest.raises(ModelError, match=f"no model with SHA-256 {unknown.sha256}"):
        idlat.open_archive(path)
    assert idlat.open_archive(path, unknown).decode().shape == (8, 8, 8)
