"""Blocks to streams and back: exact for any latents, threads and batch; damage is found."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding.learned.block_stream import EMPTY
from idlat.errors import CorruptStreamError, IdlatError
from idlat.model import BlockModel
from support.models.paper_networks import random_block_model


@pytest.fixture(scope="module")
def paper() -> BlockModel:
    return random_block_model()


@pytest.fixture(scope="module")
def baseline() -> BlockModel:
    return random_block_model("baseline")


def latents_of(model: BlockModel, extent: tuple[int, int, int], seed: int, size: float) -> np.ndarray:
    values = np.random.default_rng(seed).laplace(size=(model.channels, *extent)) * size
    return (np.rint(values) if model.latent_dtype.kind == "i" else values).astype(model.latent_dtype)


@settings(max_examples=20)
@given(
    st.integers(0, 2**32 - 1), st.tuples(*[st.integers(1, 4)] * 3), st.sampled_from([0.05, 2.0, 300.0, 1e6])
)
def test_blocks_come_back(
    paper: BlockModel, baseline: BlockModel, seed: int, extent: tuple[int, int, int], size: float
) -> None:
    for model in (paper, baseline):
        latents = latents_of(model, extent, seed, size)
        (stream,) = model.encode_chunks([latents])
        (decoded,) = model.decode_chunks([stream])
        if stream == EMPTY:
            assert not latents.any()
        else:
            assert decoded.dtype == latents.dtype
            assert np.array_equal(decoded, latents)


def test_streams_do_not_depend_on_threads_or_batch(paper: BlockModel) -> None:
    chunks = [latents_of(paper, (4, 4, 3), seed, 2.0) for seed in range(3)]
    hashes = set()
    threads = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            together = paper.encode_chunks(chunks)
            alone = [paper.encode_chunks([chunk])[0] for chunk in chunks]
            for streams in (together, alone):
                decoded = np.concatenate(paper.decode_chunks(streams), 2)
                hashes.add(hashlib.sha256(b"".join(streams) + decoded.tobytes()).hexdigest())
    finally:
        torch.set_num_threads(threads)
    assert len(hashes) == 1


def test_an_empty_chunk_is_one_byte(paper: BlockModel) -> None:
    zeros = np.zeros((paper.channels, 2, 1, 4), np.int32)
    assert paper.encode_chunks([zeros]) == [EMPTY]
    assert paper.decode_chunks([EMPTY])[0].shape == (paper.channels, 4, 4, 4)


def test_a_whole_chunk_of_the_baseline_is_its_values_and_nothing_else(baseline: BlockModel) -> None:
    chunk = latents_of(baseline, (4, 4, 4), 0, 1.0)
    assert baseline.encode_chunks([chunk]) == [chunk.tobytes()]


def test_the_cost_is_what_the_tables_say(paper: BlockModel) -> None:
    """Few symbols that the model expects cost few bits: the stream is within 2 % of its entropy."""
    latents = latents_of(paper, (4, 4, 4), 1, 2.0)
    (stream,) = paper.encode_chunks([latents])
    y, z = (torch.from_numpy(part).float() for part in paper._split(latents))
    prior = paper.network.prior
    from idlat.model.learned.symbol_probabilities import bits

    with torch.no_grad():
        expected = bits(y, prior.parameters_of(z)).sum()
        expected += prior.hyper_table.bits(z, torch.zeros(len(z), dtype=torch.long)).sum()
    assert 8 * len(stream) == pytest.approx(float(expected), rel=0.02)


def test_latents_out_of_range_are_refused(paper: BlockModel) -> None:
    chunk = np.full((paper.channels, 1, 1, 1), -(2**31), np.int64)
    with pytest.raises(IdlatError, match="out of range"):
        paper.encode_chunks([chunk])


@settings(max_examples=60)
@given(st.data())
def test_damaged_streams_are_errors_or_other_latents(
    paper: BlockModel, baseline: BlockModel, data: st.DataObject
) -> None:
    model = data.draw(st.sampled_from([paper, baseline]))
    (stream,) = model.encode_chunks([latents_of(model, (2, 1, 2), 3, 2.0)])
    cut = data.draw(st.integers(0, len(stream) - 1))
    damaged = bytearray(stream[:cut]) if data.draw(st.booleans()) else bytearray(stream)
    for position in data.draw(st.lists(st.integers(0, max(len(damaged) - 1, 0)), max_size=3)):
        if damaged:
            damaged[position] ^= data.draw(st.integers(1, 255))
    try:
        (decoded,) = model.decode_chunks([bytes(damaged)])
    except CorruptStreamError:
        return
    assert decoded.shape[0] == model.channels


def test_a_truncated_stream_is_an_error(paper: BlockModel, baseline: BlockModel) -> None:
    for model in (paper, baseline):
        (stream,) = model.encode_chunks([latents_of(model, (2, 2, 2), 3, 2.0)])
        for cut in (0, 5, len(stream) - 4):
            with pytest.raises(CorruptStreamError):
                model.decode_chunks([stream[:cut]])
