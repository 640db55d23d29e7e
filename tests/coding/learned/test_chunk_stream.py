"""Chunks to bytes and back: exact for any latents, batch, thread count and instruction set."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.learned.chunk_stream import EMPTY
from idlat.coding.learned.network_chunk_header import Header
from idlat.errors import CorruptStreamError, IdlatError
from idlat.model import LearnedModel, load_model
from support.models.tiny_network import random_latents


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(1, 8)] * 3),
    st.sampled_from([0.1, 1.0, 30.0, 3000.0, 3e5]),
)
def test_latents_come_back(
    tiny_model: LearnedModel, seed: int, extent: tuple[int, int, int], size: float
) -> None:
    latents = random_latents(np.random.default_rng(seed), 2, tiny_model.channels, size)
    latents = latents[:, :, : extent[0], : extent[1], : extent[2]]
    for chunk, decoded in zip(
        latents, tiny_model.decode_chunks(tiny_model.encode_chunks(list(latents))), strict=True
    ):
        z, y, x = extent
        assert np.array_equal(decoded[:, :z, :y, :x], chunk)
        assert np.count_nonzero(decoded) == np.count_nonzero(chunk)


def test_means_far_from_their_prediction_come_back(tiny_model: LearnedModel) -> None:
    """Coarse cells of large means predict a fine one: what is left of it does not fit 32 bits."""
    chunk = np.zeros((tiny_model.channels, 4, 4, 4), dtype=np.int64)
    chunk[0], chunk[1] = -12, 2**31 - 1
    chunk[0, 3, 3, 3], chunk[1, 3, 3, 3] = 0, 1 - 2**31
    decoded = tiny_model.decode_chunks(tiny_model.encode_chunks([chunk]))[0]
    np.testing.assert_array_equal(decoded[:, :4, :4, :4], chunk)


def test_an_empty_chunk_is_one_byte(tiny_model: LearnedModel) -> None:
    zeros = np.zeros((tiny_model.channels, 8, 8, 8), dtype=np.int32)
    assert tiny_model.encode_chunks([zeros]) == [EMPTY]
    assert not tiny_model.decode_chunks([EMPTY])[0].any()


@pytest.mark.parametrize("value", [2**31 - 1, 1 - 2**31])
def test_the_largest_integers_survive(tiny_model: LearnedModel, value: int) -> None:
    chunk = np.zeros((tiny_model.channels, 8, 8, 8), dtype=np.int32)
    chunk[1:, 3, 2, 1] = value
    assert np.array_equal(tiny_model.decode_chunks(tiny_model.encode_chunks([chunk]))[0], chunk)


def test_levels_out_of_range_are_refused(tiny_model: LearnedModel) -> None:
    chunk = np.zeros((tiny_model.channels, 8, 8, 8), dtype=np.int32)
    chunk[0, 0, 0, 0] = 1
    with pytest.raises(IdlatError, match="out of range"):
        tiny_model.encode_chunks([chunk])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_streams_raise_or_decode_but_never_crash(
    tiny_model: LearnedModel, data: st.DataObject
) -> None:
    latents = random_latents(np.random.default_rng(5), 1, tiny_model.channels)
    stream = bytearray(tiny_model.encode_chunks(list(latents))[0])
    for _ in range(data.draw(st.integers(1, 3))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(stream)))
    try:
        decoded = tiny_model.decode_chunks([bytes(stream[:cut])])[0]
    except CorruptStreamError:
        return
    assert decoded.shape == latents[0].shape


@given(st.tuples(*[st.integers(1, 8)] * 3), st.integers(0, 511), st.booleans(), st.integers(0, 15))
def test_headers_come_back(extent: tuple[int, int, int], channels: int, escapes: bool, activity: int) -> None:
    header = Header(extent, channels, escapes, activity)
    assert Header.from_bytes(header.to_bytes()) == header


@pytest.fixture(scope="module")
def coded() -> tuple[LearnedModel, list[bytes], np.ndarray]:
    model = load_model("learned")
    latents = random_latents(np.random.default_rng(1), 8, model.channels)
    return model, model.encode_chunks(list(latents)), latents


def digest(latents: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(latents, dtype="<i4").tobytes()).hexdigest()


@pytest.mark.parametrize(("batch", "threads"), [(1, 2), (3, 1), (8, 2)])
def test_any_batch_and_thread_count_decodes_alike(
    coded: tuple[LearnedModel, list[bytes], np.ndarray], batch: int, threads: int
) -> None:
    model, streams, latents = coded
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        parts = [model.decode_chunks(streams[i : i + batch]) for i in range(0, len(streams), batch)]
    finally:
        torch.set_num_threads(before)
    assert digest(np.stack([chunk for part in parts for chunk in part])) == digest(latents)


SETTINGS = [
    pytest.param({name: value}, id=f"{name}={value}", marks=marks)
    for name, value, marks in (
        ("ATEN_CPU_CAPABILITY", "default", ()),
        ("ATEN_CPU_CAPABILITY", "avx2", pytest.mark.slow),
        ("ONEDNN_MAX_CPU_ISA", "SSE41", ()),
        ("ONEDNN_MAX_CPU_ISA", "AVX2", pytest.mark.slow),
    )
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_any_instruction_set_decodes_alike(
    coded: tuple[LearnedModel, list[bytes], np.ndarray],
    setting: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _, streams, latents = coded
    folder = tmp_path_factory.mktemp("streams")
    for number, stream in enumerate(streams):
        (folder / f"{number:02}").write_bytes(stream)
    script = (
        "import hashlib, pathlib, sys, numpy as np; from idlat.model import load_model\n"
        "streams = [p.read_bytes() for p in sorted(pathlib.Path(sys.argv[1]).iterdir())]\n"
        "chunks = np.stack(load_model('learned').decode_chunks(streams)).astype('<i4')\n"
        "print(hashlib.sha256(chunks.tobytes()).hexdigest())"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env=os.environ | setting,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == digest(latents)
