"""What binds the bytes of an archive: its id, the checksums of its metadata, the tags of its objects."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

import idlat
from idlat.archive.format.root_document import read_record
from idlat.archive.format.zarr_documents import check_document, parse_document
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.errors import ArchiveError, IdlatError
from support.models.linear_model import LinearModel


@pytest.fixture(scope="module")
def field(make_field):
    field = make_field((9, 10, 70), steps=2).assign_coords(z=np.arange(9.0))
    field.values[0, 0, 0, 0] = field.values[1, 0, 0, 1] = np.nan
    return field


@pytest.fixture(scope="module")
def path(tmp_path_factory, field, model):
    path = tmp_path_factory.mktemp("seals") / "a.idlat"
    idlat.compress(field, path, "value > 11", model, keep_importance=True)
    return path


def _id(field, model, folder, **options):
    idlat.compress(field, folder / "a.idlat", model=model, mode="w", **options)
    return idlat.open_archive(folder / "a.idlat", model).record.id


def test_the_id_is_that_of_the_input(field, model, tmp_path):
    same = [_id(field, model, tmp_path, workers=workers) for workers in (1, 2)]
    others = [
        _id(field + 1e-6, model, tmp_path),
        _id(field.assign_coords(z=np.arange(9.0) + 1), model, tmp_path),
        _id(field.assign_attrs(units="m"), model, tmp_path),
        _id(field.rename("other"), model, tmp_path),
        _id(field, model, tmp_path, quality=51),
        _id(field, model, tmp_path, importance="value > 11"),
        _id(field, LinearModel("another"), tmp_path),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 1 + len(others)


@pytest.mark.parametrize("bits", [1, pytest.param(8, marks=pytest.mark.slow)])  # of each byte
def test_no_flipped_bit_of_the_record_is_believed(path, bits):
    content = (path / "zarr.json").read_bytes()
    store = ArchiveStore(MemoryStore(), "a")
    store.put("zarr.json", content)
    record, believed, messages = read_record(store), 0, []
    for at in range(len(content)):
        for bit in range(at % (8 // bits), 8, 8 // bits):
            flipped = bytearray(content)
            flipped[at] ^= 1 << bit
            store.put("zarr.json", bytes(flipped))
            try:
                assert read_record(store) == record
                believed += 1  # white space between members
            except IdlatError as error:
                messages.append(str(error))
    assert not [message for message in messages if "\n" in message]
    assert believed < 0.05 * bits * len(content)


@pytest.mark.parametrize("name", ["speed", "speed/latents", "mask", "speed/importance"])
def test_no_flipped_bit_of_other_metadata_is_believed(path, name):
    content = (path / name / "zarr.json").read_bytes()
    archive, document = json.loads((path / "zarr.json").read_bytes())["attributes"]["id"], json.loads(content)
    check_document(document, archive, name, "here")
    for at in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        try:
            found = parse_document(bytes(flipped), "here")
            check_document(found, archive, name, "here")
        except ArchiveError:
            continue
        assert found == document


@pytest.mark.parametrize(("archive", "name"), [("0" * 64, "mask"), (None, "speed/importance")])
def test_metadata_are_bound_to_archive_and_place(path, archive, name):
    document = json.loads((path / "mask/zarr.json").read_bytes())
    own = json.loads((path / "zarr.json").read_bytes())["attributes"]["id"]
    with pytest.raises(ArchiveError, match="belongs to another archive"):
        check_document(document, archive or own, name, "here")


@pytest.mark.parametrize("kind", ["speed/latents", "mask", "speed/importance"])
def test_an_object_in_anothers_place_is_named(path, model, tmp_path, kind):
    copy = shutil.copytree(path, tmp_path / "copy.idlat")
    first, *_, second = sorted(p for p in (copy / kind / "c").rglob("*") if p.is_file())
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    faults = idlat.verify(copy).faults
    assert len(faults) == 2
    for fault, moved in zip(faults, (first, second), strict=True):
        assert f"chunk {moved.relative_to(copy)} is damaged, it belongs to another place" in fault


def test_a_tag_takes_four_bytes_of_an_object(path, model):
    reader = idlat.open_archive(path, model).decoder().latents
    for index in reader.indices():
        (chunk,) = reader.decode([index])
        extent = np.minimum([8, 8, 8], np.array([2, 2, 9]) - 8 * np.array(index[1:]))
        inside = chunk[(slice(None), *map(slice, extent))]
        stream = model.encode_chunks([np.ascontiguousarray(inside)])[0]
        assert len(reader.store.get(reader._key(index))) == len(stream) + 4 + 4


def test_any_zarr_reader_sees_the_mask(path, field):
    mask = zarr.open_array(path / "mask", mode="r")[...]
    assert np.array_equal(mask != 0, np.isnan(field.values))
    code = "from zarr.registry import get_codec_class; print(get_codec_class('idlat_place').__module__)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "idlat.archive.codecs.place_codec"
