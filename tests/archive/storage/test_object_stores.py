"""Archives and fields on object stores: S3 on loopback, HTTP, memory, zip files; reads are counted."""

from __future__ import annotations

import asyncio
import gc
import shutil
import warnings
from collections import Counter

import fsspec
import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError, MissingFileError
from support.object_servers import ACCESS, MISSING, have_s3, http_server, s3_server


def settle() -> None:
    """Close what fsspec leaves open, its sessions and files: else some later test would be told of it."""
    aiohttp = pytest.importorskip("aiohttp")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for system in ("zip", "http", "s3"):
            fsspec.get_filesystem_class(system).clear_instance_cache()
        for left in [each for each in gc.get_objects() if isinstance(each, aiohttp.ClientSession)]:
            if not left.closed and left._loop.is_running():
                asyncio.run_coroutine_threadsafe(left.close(), left._loop).result(60)
            left._connector = None  # one whose loop has ended cannot be closed
        left = None
        gc.collect()


@pytest.fixture(scope="module", autouse=True)
def settled_at_last():
    yield
    settle()


@pytest.fixture(autouse=True)
def settled(settled_at_last):
    yield
    settle()


@pytest.fixture(scope="module")
def field():
    z, y, x = np.meshgrid(*(np.arange(n) / 9 for n in (16, 70, 80)), indexing="ij")
    steps = [np.sin(z + 0.3 * t) * np.cos(y) + 0.2 * np.sin(3 * x) for t in range(2)]
    made = xr.DataArray(np.stack(steps).astype("float32"), dims=("time", "z", "y", "x"), name="p")
    return made.assign_coords(time=[0.0, 1.0], z=np.arange(16.0))


@pytest.fixture(scope="module")
def folder(field, tmp_path_factory):
    """A folder with an archive, the same packed, and its field in files of two formats."""
    root = tmp_path_factory.mktemp("served")
    idlat.compress(field, root / "run.idlat", key_every=1)
    idlat.compress(field, root / "run.zip", key_every=1)
    field.to_dataset().to_zarr(root / "run.zarr", consolidated=False)
    idlat.write_field(field, root / "run.nc")
    return root


@pytest.fixture(scope="module")
def bucket(folder):
    """A bucket of an S3 server that holds the folder; its file system."""
    if not have_s3():
        pytest.skip(MISSING)
    with pytest.MonkeyPatch.context() as patch, s3_server() as address:
        for name, value in {**ACCESS, "AWS_ENDPOINT_URL": address}.items():
            patch.setenv(name, value)
        import s3fs

        system = s3fs.S3FileSystem(skip_instance_cache=True)
        system.mkdir("bucket")
        system.put(f"{folder}/", "bucket/here/", recursive=True)
        yield system
        s3fs.S3FileSystem.clear_instance_cache()


def test_fields_are_read_from_s3(bucket, field):
    for name in ("run.zarr", "run.nc"):
        np.testing.assert_array_equal(idlat.open_field(f"s3://bucket/here/{name}").values, field.values)
    with pytest.raises(MissingFileError, match="no such file"):
        idlat.open_field("s3://bucket/here/none.nc")


def test_an_archive_goes_to_s3_and_comes_back(bucket, field, folder, files_of):
    source = idlat.open_field("s3://bucket/here/run.zarr")
    archive = idlat.compress(source, "s3://bucket/new.idlat", key_every=1)
    stored = {
        key.removeprefix("bucket/new.idlat/"): bucket.cat(key) for key in bucket.find("bucket/new.idlat")
    }
    again = folder / "again.idlat"
    idlat.compress(idlat.open_field(folder / "run.zarr"), again, key_every=1)
    assert stored == files_of(again)
    assert idlat.verify("s3://bucket/new.idlat", source).ok
    np.testing.assert_array_equal(archive.decode().values, idlat.open_archive(again).decode().values)


def test_an_archive_on_s3_grows_and_is_replaced(bucket, field):
    url = "s3://bucket/growing.idlat"
    idlat.compress(field[:1], url)
    idlat.compress(field[1:], url, mode="a")
    assert idlat.open_archive(url).decode(z=3).shape == (2, 70, 80)
    idlat.compress(field[:1], url, mode="w")
    assert idlat.open_archive(url).decode(z=3).shape == (1, 70, 80)
    assert not bucket.exists("bucket/growing.idlat.partial")


def test_a_packed_archive_is_read_where_it_is(bucket, folder):
    whole = idlat.open_archive(folder / "run.zip").decode(time=1).values
    with http_server(folder) as (address, _):
        memory = fsspec.filesystem("memory")
        memory.pipe_file("/b/run.zip", (folder / "run.zip").read_bytes())
        for url in (
            "s3://bucket/here/run.zip",
            "zip://::s3://bucket/here/run.zip",
            f"{address}/run.zip",
            "memory://b/run.zip",
            f"zip://::file://{folder}/run.zip",
        ):
            np.testing.assert_array_equal(idlat.open_archive(url).decode(time=1).values, whole)


def test_a_field_in_a_zip_file_is_read(folder, field, tmp_path):
    shutil.make_archive(str(tmp_path / "packed"), "zip", folder, "run.nc")
    opened = idlat.open_field(f"zip://run.nc::file://{tmp_path}/packed.zip")
    np.testing.assert_array_equal(opened.values, field.values)


def test_what_is_absent_is_one_line(bucket):
    for url in ("s3://bucket/none.idlat", "s3://no-such-bucket/a.idlat"):
        with pytest.raises(ArchiveError) as caught:
            idlat.open_archive(url)
        assert "\n" not in str(caught.value)


def test_a_lazy_region_reads_its_chunks_and_metadata_once(folder):
    """Five slices of a step: the documents once, the chunks that they lie in once, and nothing else."""
    with http_server(folder) as (address, asked):
        lazy = idlat.open_archive(f"{address}/run.idlat").to_xarray()["p"]
        opening = len(asked)
        assert opening <= 10
        for z in range(5):
            lazy[0, z, :60, :60].load()
        read = Counter(path for method, path in asked[opening:])
        assert max(read.values()) == 1
        chunks = [path for path in read if "/latents/c/" in path]
        assert {path.rsplit("/c/", 1)[1] for path in chunks} == {
            f"0/0/0/{y}/{x}" for y in (0, 1) for x in (0, 1)
        }
        assert len(read) == len(chunks) + 1  # and the second transform's tile
        before = len(asked)
        lazy[0, 5, :60, :60].load()
        assert len(asked) == before
        lazy[1, 5, :20, :20].load()  # with its halo within one chunk
        beside = [path.rsplit("/run.idlat/", 1)[1] for _, path in asked[before:]]
        assert sorted(beside) == ["p/latents/c/1/0/0/0/0", "p/second/c/1/0/0/0/0"]


def test_a_lazy_field_reads_each_chunk_once_and_no_metadata_again(field, tmp_path):
    chunked = field.chunk({"time": 1, "z": 8, "y": 35, "x": 40}).to_dataset()
    chunked.to_zarr(tmp_path / "run.zarr", consolidated=False)
    with http_server(tmp_path) as (address, asked):
        lazy = idlat.open_field(f"{address}/run.zarr")
        opening = len(asked)
        assert opening <= 16
        values = lazy[1, :8, 35:, :40].values
        read = Counter(path for _, path in asked[opening:])
    np.testing.assert_array_equal(values, field[1, :8, 35:, :40].values)
    assert all("/p/c/" in path for path in read)
    assert max(read.values()) == 1
