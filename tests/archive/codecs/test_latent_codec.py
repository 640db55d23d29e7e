"""The Zarr codec, as any Zarr program meets it."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import zarr
from zarr.codecs import Crc32cCodec
from zarr.storage import MemoryStore

from idlat.archive import IdlatCodec
from idlat.errors import ArchiveError, CorruptStreamError, ModelError
from support.models.linear_model import LinearModel

C = LinearModel.channels


@pytest.fixture
def latents():
    values = np.random.default_rng(0).integers(-3, 4, (2, C, 11, 8, 3)).astype(np.int32)
    values[1, :, :8] = 0
    return values


def _create(store, codec, shape=(2, C, 11, 8, 3), chunks=(1, C, 8, 8, 8), dtype="int32"):
    return zarr.create_array(
        store,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        serializer=codec,
        compressors=[Crc32cCodec()],
        fill_value=-(2**31),
    )


def test_what_zarr_writes_zarr_reads(model, latents):
    store = MemoryStore()
    _create(store, IdlatCodec(model=model.sha256, cells=(8, 8, 8)))[...] = latents
    again = zarr.open_array(store, mode="r")
    np.testing.assert_array_equal(again[...], latents)
    np.testing.assert_array_equal(again[0, 5, 3:9, ::2, 1], latents[0, 5, 3:9, ::2, 1])
    sizes = {key: len(value) for key, value in store._store_dict.items() if key.startswith("c/")}
    assert len(sizes) == 4
    assert sizes["c/1/0/0/0/0"] == 9  # an empty chunk is one byte, its tag and its checksum


def test_the_synchronous_form_is_the_same(model, latents):
    from zarr.core.array_spec import ArrayConfig, ArraySpec
    from zarr.core.buffer import default_buffer_prototype
    from zarr.core.dtype import parse_dtype

    codec = IdlatCodec(model=model.sha256, cells=(8, 8, 8))
    spec = ArraySpec(
        (1, C, 8, 8, 8),
        parse_dtype("int32", zarr_format=3),
        -(2**31),
        ArrayConfig("C", True),
        default_buffer_prototype(),
    )
    chunk = np.full((1, C, 8, 8, 8), -(2**31), np.int32)
    chunk[:, :, :, :, :3] = latents[:1, :, :8]
    stored = codec._encode_sync(spec.prototype.nd_buffer.from_numpy_array(chunk), spec)
    decoded = codec._decode_sync(stored, spec).as_numpy_array()
    np.testing.assert_array_equal(decoded[..., :3], chunk[..., :3])
    assert not decoded[..., 3:].any()


def test_its_metadata_name_model_and_cells(model):
    store = MemoryStore()
    _create(store, IdlatCodec(model=model.sha256, cells=(8, 8, 8)))
    metadata = json.loads(store._store_dict["zarr.json"].to_bytes())
    assert metadata["codecs"] == [
        {"name": "idlat", "configuration": {"cells": [8, 8, 8], "model": model.sha256}},
        {"name": "crc32c"},
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "float64"},
        {"shape": (C, 11, 8, 3), "chunks": (C, 8, 8, 8)},
        {"chunks": (2, C, 8, 8, 8)},
        {"chunks": (1, C, 4, 8, 8)},
        {"chunks": (1, 1, 8, 8, 8)},
    ],
    ids=str,
)
def test_arrays_that_it_does_not_code(model, change):
    with pytest.raises((ArchiveError, TypeError, ValueError)):
        _create(MemoryStore(), IdlatCodec(model=model.sha256, cells=(8, 8, 8)), **change)


def test_latents_of_another_type_than_the_models_are_refused(model):
    array = _create(MemoryStore(), IdlatCodec(model=model.sha256, cells=(8, 8, 8)), dtype="float32")
    with pytest.raises(ArchiveError, match="the latents of this model are int32, got float32"):
        array[...] = np.zeros(array.shape, np.float32)


@pytest.mark.parametrize(
    "configuration",
    [{}, {"model": "abc", "cells": [8, 8, 8]}, {"model": "0" * 64, "cells": [8, 8]}, {"cell": 8}],
    ids=str,
)
def test_configurations_that_are_none(configuration):
    with pytest.raises(ArchiveError, match="codec idlat"):
        IdlatCodec.from_dict({"name": "idlat", "configuration": configuration})


def test_an_unknown_model_is_named(latents):
    array = _create(MemoryStore(), IdlatCodec(model="ab" * 32, cells=(8, 8, 8)))
    with pytest.raises(ModelError, match="ab" * 32):
        array[...] = latents


def test_the_fill_value_is_no_latent(model, latents):
    latents[0, 3, 2, 2, 2] = -(2**31)
    with pytest.raises(ArchiveError, match="fill value"):
        _create(MemoryStore(), IdlatCodec(model=model.sha256, cells=(8, 8, 8)))[...] = latents


def test_another_models_stream(model, latents):
    store = MemoryStore()
    _create(store, IdlatCodec(model=model.sha256, cells=(8, 8, 8)))[...] = latents
    model_2 = LinearModel("two more channels")
    model_2.channels = C + 2
    from idlat.archive.codecs.latent_codec import decode_objects

    with pytest.raises(CorruptStreamError, match="a chunk"):
        decode_objects(model_2, [store._store_dict["c/0/0/0/0/0"].to_bytes()], (C + 2, 8, 8, 8))


def test_zarr_finds_it_without_idlat_being_imported():
    code = "from zarr.registry import get_codec_class; print(get_codec_class('idlat').__module__)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "idlat.archive.codecs.latent_codec"
