"""Nothing outside an archive is read, written or deleted, whatever its metadata and its folders say."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import idlat
from idlat.archive.format.zarr_documents import sealed_document
from idlat.archive.storage.archive_location import location_of
from idlat.archive.storage.local_store import check_key
from idlat.errors import ArchiveError, IdlatError
from support.archives.rewriting import rewrite_record


@pytest.fixture
def field(make_field):
    field = make_field((9, 10, 11), steps=2).assign_coords(z=np.arange(9.0), time=[0.0, 1.0])
    field.values[0, 0, 0, 0] = np.nan
    return field


@pytest.fixture
def path(tmp_path, field, model):
    path = tmp_path / "inside" / "a.idlat"
    path.parent.mkdir()
    idlat.compress(field, path, model=model, keep_importance=True)
    return path


def _everything(folder, but):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and but not in p.parents}


def _use(path, model, field):
    """Everything that reads or writes an archive; return the errors."""
    later = field.assign_coords(time=[2.0, 3.0])
    errors = []
    for work in (
        lambda: idlat.open_archive(path, model).decode(),
        lambda: idlat.open_archive(path, model).info(),
        lambda: idlat.verify(path),
        lambda: idlat.compress(later, path, model=model, mode="a"),
        lambda: idlat.compress(later, path, model=model, mode="a+w"),
        lambda: idlat.compress(later.rename("w"), path, model=model, mode="a"),
        lambda: idlat.compress(field, path, model=model, keep_importance=True, mode="resume"),
    ):
        try:
            work()
            errors.append(None)
        except IdlatError as error:
            errors.append(error)
    assert all("\n" not in str(error) for error in errors)
    return errors


@pytest.mark.parametrize("where", ["{outside}", "../outside", "speed/../../../outside", "..", ".", "", "/"])
def test_a_record_that_names_a_path_outside(where, path, field, model, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(path / "speed", outside)
    forged = where.format(outside=outside)

    def change(record):
        return replace(record, variables=tuple(replace(v, path=forged) for v in record.variables))

    rewrite_record(path, change)
    before = _everything(tmp_path, but=path)
    errors = _use(path, model, field)
    assert all("expected a plain name, inside the archive" in str(error) for error in errors)
    assert _everything(tmp_path, but=path) == before


@pytest.mark.parametrize("where", ["{outside}", "../outside/z", "..", "speed/latents", "z/../../outside/z"])
def test_a_coordinate_that_names_a_path_outside(where, path, field, model, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(path / "z", outside / "z")
    document = json.loads((path / "speed/zarr.json").read_text())
    document["attributes"]["coordinates"]["z"]["path"] = where.format(outside=outside / "z")
    archive = idlat.open_archive(path, model).record.id
    content, _ = sealed_document(document, archive, "speed")  # a forger's, under a checksum that is right
    (path / "speed/zarr.json").write_bytes(content)
    before = _everything(tmp_path, but=path)
    errors = _use(path, model, field)
    assert "of coordinate z is none inside the archive" in str(errors[0])
    assert all(error is not None for error in errors[3:6])
    assert not idlat.verify(path).ok
    assert _everything(tmp_path, but=path) == before


@pytest.mark.parametrize(
    "key",
    [
        *("zarr.json", "speed", "speed/zarr.json", "speed/latents", "speed/latents/zarr.json"),
        *("speed/latents/c", "speed/latents/c/0/0/0/0/0", "mask", "mask/c/0", "z", "z/c/0"),
        *("time", "model", "model/c", "speed/importance/c/0/0/0/0"),
    ],
)
def test_a_link_in_an_archive_is_not_followed(key, path, field, model, tmp_path):
    outside = tmp_path / "outside" / "it"
    outside.parent.mkdir()
    (path / key).rename(outside)
    (path / key).symlink_to(outside)
    before = _everything(tmp_path, but=path)
    errors = _use(path, model, field)
    assert errors[2] is not None or not idlat.verify(path).ok
    read_late = key.startswith(("speed/importance/c", "model"))
    assert read_late or "is a symbolic link" in str(errors[0])
    assert _everything(tmp_path, but=path) == before


def test_a_link_in_an_unfinished_archive_is_not_written_through(path, field, model, tmp_path):
    rewrite_record(path, lambda record: replace(record, complete=False))
    outside = tmp_path / "outside"
    (path / "speed/latents/c").rename(outside)
    (path / "speed/latents/c").symlink_to(outside)
    before = _everything(tmp_path, but=path)
    with pytest.raises(ArchiveError, match="is a symbolic link"):
        idlat.compress(field, path, model=model, keep_importance=True, mode="resume")
    assert _everything(tmp_path, but=path) == before


def test_a_link_in_place_of_a_temporary_file_is_not_written_through(path, field, model, tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    for document in list(path.rglob("zarr.json")):
        document.with_name("zarr.json.partial").symlink_to(outside)
    idlat.compress(field.assign_coords(time=[2.0, 3.0]), path, model=model, mode="a")
    assert outside.read_bytes() == b"mine"
    assert idlat.open_archive(path, model).decode().shape == (4, 9, 10, 11)


def test_a_link_to_the_archive_is_followed(path, model, tmp_path):
    (tmp_path / "link").symlink_to(path)
    assert idlat.open_archive(tmp_path / "link", model).decode().shape == (2, 9, 10, 11)


def test_members_of_a_zip_that_lead_out_are_not_unpacked(path, model, tmp_path):
    packed = tmp_path / "inside" / "a.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for member in sorted(p for p in path.rglob("*") if p.is_file()):
            file.write(member, member.relative_to(path).as_posix())
        file.writestr("../outside", b"x")
        file.writestr("/tmp/outside", b"x")
    before = _everything(tmp_path, but=path)
    with idlat.open_archive(packed, model) as archive:
        assert archive.decode().shape == (2, 9, 10, 11)
        assert idlat.verify(archive).ok
    assert _everything(tmp_path, but=path) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
@pytest.mark.parametrize("key", ["zarr.json", "speed/zarr.json", "speed/latents/c/0/0/0/0/0", "z/c/0"])
def test_a_pipe_in_place_of_an_object_does_not_hang(key, path, model):
    (path / key).unlink()
    os.mkfifo(path / key)
    with pytest.raises(ArchiveError, match="neither a file nor a folder"):
        idlat.open_archive(path, model).decode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_what_is_no_object_does_not_hang_an_append(path, field, model, tmp_path):
    for folder in (path, path / "speed"):
        os.mkfifo(folder / "pipe")
        (folder / "link").symlink_to(tmp_path)
    (path / "speed/folder.partial").mkdir()
    later = field.assign_coords(time=[2.0, 3.0])
    assert idlat.compress(later, path, model=model, mode="a").decode().shape == (4, 9, 10, 11)


@pytest.mark.parametrize("key", ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.", "a\\b", "a\0"])
def test_keys_that_lead_out_are_refused_on_every_store(key):
    with pytest.raises(ArchiveError, match="outside the archive"):
        check_key(key)
    store = location_of("memory://confined/a.idlat").open()
    for work in (store.get, store.exists, store.delete, store.size, lambda k: store.put(k, b"x")):
        with pytest.raises(ArchiveError, match="outside the archive"):
            work(key)


@pytest.mark.parametrize("name", ["..", ".", "zarr.json", "model", "c", "appending.json", "__x", "a:b"])
def test_coordinates_of_any_name_come_back(name, make_field, model, tmp_path):
    field = make_field((4, 5, 6)).assign_coords({name: ("z", np.arange(4.0))})
    idlat.compress(field, tmp_path / "a.idlat", model=model)
    decoded = idlat.open_archive(tmp_path / "a.idlat", model).decode()
    np.testing.assert_array_equal(decoded.coords[name], np.arange(4.0))
