"""Records that announce what cannot be: one line, before memory is taken or steps are counted."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

import idlat
from idlat.archive.format.checked_json import Finite, from_json
from idlat.archive.format.zarr_documents import read_whole, write_document, write_whole
from idlat.archive.read.plausibility import check_chunks
from idlat.archive.storage.archive_location import location_of
from idlat.errors import ArchiveError
from idlat.tiling import Grid
from support.archives.rewriting import rewrite_record


@pytest.fixture
def path(tmp_path, make_field, model):
    idlat.compress(make_field((20, 24, 20), steps=2), tmp_path / "a", model=model)
    return tmp_path / "a"


@pytest.mark.parametrize("gain", [2000.0, -2000.0, 12.1, 1e308])
def test_a_gain_that_the_model_does_not_have(path, model, gain):
    rewrite_record(path, lambda record: replace(record, gain=gain))
    with pytest.raises(ArchiveError, match="its model has gains from -2 to 12"):
        idlat.open_archive(path, model)


@pytest.mark.parametrize("shape", [(2, 10**9, 24, 20), (2, 10**9, 10**9, 10**9), (10**9, 20, 24, 20)])
def test_a_giant_shape_of_which_nothing_is_there(path, model, shape):
    with idlat.open_archive(path, model) as archive:
        (variable,) = archive.record.variables
        check_chunks(archive.store, variable, Grid(variable.volume), model)
        giant = replace(variable, shape=shape)
        with pytest.raises(ArchiveError, match=r"of 16 that were looked for 1 is there"):
            check_chunks(archive.store, giant, Grid(shape[-3:]), model)


def test_a_large_archive_with_lost_chunks_opens(tmp_path, make_field, model):
    idlat.compress(make_field((8, 8, 8), steps=70), tmp_path / "a", model=model)
    for step in range(5, 60):
        (tmp_path / f"a/speed/latents/c/{step}/0/0/0/0").unlink()
    with idlat.open_archive(tmp_path / "a", model) as archive:
        assert archive.decode(time=69).shape == (8, 8, 8)


def test_a_giant_record_is_refused(path, model):
    def grown(record):
        (variable,) = record.variables
        (part,) = variable.parts
        parts = (replace(part, steps=10**9),)
        return replace(record, variables=(replace(variable, shape=(10**9, 20, 24, 20), parts=parts),))

    rewrite_record(path, grown)
    with pytest.raises(ArchiveError):
        idlat.open_archive(path, model)


@pytest.mark.parametrize("shape", [[10**12], [2**40], ["9"], [None]])
def test_an_array_larger_than_its_object(tmp_path, shape):
    store = location_of(tmp_path / "a").open()
    write_whole(store, "x", np.arange(4.0), "id", compressors=None, fill_value=0, dimension_names=["x"])
    content = store.get("x/c/0")
    document = {**json.loads(store.get("x/zarr.json")), "shape": shape}
    store.put("x/c/" + "/".join("0" * len(shape)), content)
    write_document(store, "x", document, "id", content)
    with pytest.raises(ArchiveError, match="announces the shape"):
        read_whole(store, "x", "id")


def test_an_array_of_a_million_objects_where_one_is_written(tmp_path):
    store = location_of(tmp_path / "a").open()
    write_whole(store, "x", np.arange(4.0), "id", compressors=None, fill_value=0, dimension_names=["x"])
    document = {**json.loads(store.get("x/zarr.json")), "shape": [4_000_000]}
    write_document(store, "x", document, "id", store.get("x/c/0"))
    with pytest.raises(ArchiveError, match="announces more than one object"):
        read_whole(store, "x", "id")


@pytest.mark.parametrize("change", [{"chunk": 0}, {"shape": 2**40}])
def test_importance_in_chunks_of_nothing_or_of_more_blocks_than_voxels(tmp_path, make_field, model, change):
    idlat.compress(make_field((20, 24, 20)), tmp_path / "a", "value > 0", model, keep_importance=True).close()
    store = location_of(tmp_path / "a").open()
    document = json.loads(store.get("speed/importance/zarr.json"))
    document["shape"][3] = change.get("shape", document["shape"][3])
    chunks = document["chunk_grid"]["configuration"]["chunk_shape"]
    chunks[3] = change.get("chunk", chunks[3])
    with idlat.open_archive(tmp_path / "a", model) as archive:
        write_document(store, "speed/importance", document, archive.record.id)
        with pytest.raises(ArchiveError, match="announces chunks"):
            archive.importance()


@dataclass
class Record:
    gain: Finite


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf"), True, "1", [[[[[[]]]]]]])
def test_numbers_that_are_none(value):
    with pytest.raises(ArchiveError, match="a is damaged: gain: "):
        from_json({"gain": value}, Record, "a")


def test_an_absent_member_is_named():
    with pytest.raises(ArchiveError, match="a is damaged: Object missing required field `gain`"):
        from_json({}, Record, "a")


def test_deep_values_are_shown_short():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ArchiveError, match="gain: Expected `float`, got `array`"):
        from_json({"gain": deep}, Record, "a")
