"""The default model by itself: fitted to a field, through bytes, and back."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import idlat
from idlat.datasets import RandomFieldOptions, random_field
from idlat.errors import CorruptStreamError, ModelError
from idlat.model import SubbandModel, model_from
from idlat.model.subband.chunk_coder import levels_of_cells
from idlat.model.subband.coding_settings import CodingSettings
from idlat.model.subband.fitting import coding_candidate, fit_coding
from idlat.model.subband.fitting.fit_effort import FitEffort
from idlat.model.subband.rdo_quantisation import BITS_OF_ERROR
from idlat.model.subband.second_tiles import MEAN
from support.fields.smooth_field import smooth
from support.models.subband_boxes import in_plain_python

KINDS = list(itertools.product(("lapped", "octaves"), repeat=3))
shapes = st.one_of(
    st.tuples(*(st.integers(1, 40),) * 3), st.sampled_from([(1, 1, 37), (1, 1, 1), (10, 25, 41), (2, 3, 200)])
)


@pytest.fixture(scope="module")
def model() -> SubbandModel:
    return idlat.load_model()


def with_kinds(model, kinds, **modes):
    return model._with(CodingSettings(kinds, {MEAN: "scaled", **modes}))


def through_bytes(model, x, importance, gain):
    """The whole of a field as one window: bytes and values."""
    shape = x.shape
    found = model.analyse_tile(x, importance, gain, None, shape)
    low = model.encode_low(found.low, found.latents[0], shape)
    chunks = [
        tuple(slice(a, min(a + 8, n)) for a, n in zip(at, found.latents.shape[1:], strict=True))
        for at in itertools.product(*(range(0, n, 8) for n in found.latents.shape[1:]))
    ]
    sizes = [tuple(min(s.stop * 8, n) - s.start * 8 for s, n in zip(c, shape, strict=True)) for c in chunks]
    parts = [np.ascontiguousarray(found.latents[(slice(None), *c)]) for c in chunks]
    streams = model.encode_chunks(parts, sizes)
    latents = np.zeros_like(found.latents)
    for c, decoded in zip(chunks, model.decode_chunks(streams), strict=True):
        inside = tuple(s.stop - s.start for s in c)  # an empty chunk comes back whole
        latents[(slice(None), *c)] = decoded[(slice(None), *map(slice, inside))]
    values = model.synthesise(latents, gain, model.decode_low(low, shape), shape)
    return streams, low, values


@settings(max_examples=25, deadline=None)
@given(shape=shapes, kinds=st.sampled_from(KINDS), seed=st.integers(0, 5))
def test_any_field_comes_back_to_a_share_of_the_step(model, shape, kinds, seed):
    x = smooth(shape, seed)
    fitted = with_kinds(model, kinds)
    gain = 4.0
    _, _, values = through_bytes(fitted, x, np.ones(shape, np.float32), gain)
    error = values - x
    assert np.sqrt(np.mean(error**2)) < 0.75 * fitted.step(gain)


def test_the_best_quality_is_that_of_float32(model):
    x = smooth((24, 30, 41))
    high = model.gain_limits[1]
    _, _, values = through_bytes(model, x, np.ones(x.shape, np.float32), high)
    assert 20 * np.log10(np.ptp(x) / np.sqrt(np.mean((values - x) ** 2))) > 100


def test_the_same_fit_comes_of_the_same_field(model):
    x = smooth((17, 40, 70), 2)
    importance = np.linspace(0, 1, x.size, dtype=np.float32).reshape(x.shape)
    first, second = (model.fitted([(x.copy(), importance.copy())], 3.0).coding for _ in range(2))
    assert first == second
    assert first.tables


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_psnr_rises_with_quality(model, seed):
    x, importance = smooth((20, 33, 40), seed), np.ones((20, 33, 40), np.float32)
    errors = []
    for gain in np.linspace(*model.gain_limits, 13):
        fitted = model.fitted([(x, importance)], gain)
        errors.append(np.mean((through_bytes(fitted, x, importance, gain)[2] - x) ** 2))
    assert errors == sorted(errors, reverse=True)


def test_what_matters_is_kept(model):
    x = smooth((40, 40, 40))
    importance = (x > np.percentile(x, 95)).astype(np.float32)
    fitted = model.fitted([(x, importance)], 0.0)
    _, _, values = through_bytes(fitted, x, importance, 0.0)
    error = np.square(values - x)
    assert error[importance == 1].mean() < 0.4 * error[importance == 0].mean()


def test_a_map_saves_bytes(model):
    x = smooth((64, 64, 64))
    sizes = []
    for importance in (np.ones(x.shape, np.float32), (x > np.percentile(x, 99)).astype(np.float32)):
        fitted = model.fitted([(x, importance)], 2.0)
        streams, low, _ = through_bytes(fitted, x, importance, 2.0)
        sizes.append(sum(map(len, streams)) + len(low))
    assert sizes[1] < 0.4 * sizes[0]


def test_an_empty_chunk_is_one_byte(model):
    nothing = np.zeros((model.channels, 8, 8, 8), np.int32)
    assert model.encode_chunks([nothing]) == [b"\0"]


def test_the_fit_chooses_octaves_for_a_profile_and_tells_it_in_json(model):
    z = np.exp(-np.arange(41) / 9)[:, None, None]
    x = np.broadcast_to(z, (41, 64, 64)) + 0.01 * smooth((41, 64, 64))
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    fitted = model.fitted([(x, np.ones(x.shape, np.float32))], 4.0)
    assert fitted.coding.kinds[0] == "octaves"
    assert len(fitted.coding.modes) > 1
    again = model.with_coding(fitted.coding_json)
    assert again.coding == fitted.coding
    assert (again.contexts.tables == fitted.contexts.tables).all()


def test_fitting_is_worth_its_bytes(model):
    x, importance = smooth((41, 48, 48)), np.ones((41, 48, 48), np.float32)
    costs = []
    for fitted in (model, model.fitted([(x, importance)], 0.0)):
        streams, low, values = through_bytes(fitted, x, importance, 0.0)
        bits = 8 * (sum(map(len, streams)) + len(low) + len(fitted.coding.tables))
        costs.append(bits + BITS_OF_ERROR * np.square((values - x) / fitted.step(0.0)).sum())
    assert costs[1] < costs[0]


def test_windows_of_an_analysis_agree_with_the_whole(model):
    x, importance = smooth((96, 40, 40)), np.ones((96, 40, 40), np.float32)
    for kinds in (KINDS[0], KINDS[-1]):
        fitted = with_kinds(model, kinds)
        whole = fitted.analyse_tile(x, importance, 3.0, ((0, 8), (0, 5), (0, 5)))
        halo = fitted.window_halo[0]
        part = fitted.analyse_tile(
            x[: 8 * (8 + halo)], importance[: 8 * (8 + halo)], 3.0, ((0, 8), (0, 5), (0, 5))
        )
        assert (whole.latents[:, :8] == part.latents[:, :8]).all()
        assert all((whole.low[k][:8] == part.low[k][:8]).all() for k in whole.low)


@pytest.fixture(scope="module")
def coded(model):
    """A fitted model, and the bytes of a small field's chunk and of its second transform."""
    x = smooth((20, 20, 20))
    importance = (x > 0.5).astype(np.float32)
    fitted = model.fitted([(x, importance)], 2.0)
    streams, low, _ = through_bytes(fitted, x, importance, 2.0)
    return fitted, streams[0], low


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_refused_or_decode_to_something(coded, data):
    fitted, chunk, low = coded
    for stream, decode in (
        (chunk, lambda b: fitted.decode_chunks([b])),
        (low, lambda b: fitted.decode_low(b, (20, 20, 20))),
    ):
        damaged = bytearray(stream)
        for _ in range(data.draw(st.integers(1, 3))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(damaged)))
        for bad in (bytes(damaged), bytes(damaged[:cut])):
            try:
                decode(bad)
            except CorruptStreamError:
                continue


@pytest.mark.parametrize(
    "change",
    [
        {"transform": ["lapped", "lapped"]},
        {"transform": ["lapped", "lapped", "wavelets"]},
        {"second": []},
        {"second": [[0, 0, 0, "other"]]},
        {"second": [[0, 0, 9, "scaled"], [0, 0, 0, "scaled"]]},
        {"tables": "###"},
        {"tables": "/////w=="},
        {"more": 1},
    ],
)
def test_damaged_settings_are_refused(model, change):
    with pytest.raises(CorruptStreamError):
        model.with_coding({**model.coding_json, **change})


def test_a_damaged_model_file_is_refused(model):
    data = bytearray(model.to_bytes())
    data[data.find(model.contexts.tables.astype("<i4").tobytes())] ^= 1
    with pytest.raises(ModelError, match="damaged"):
        model_from(bytes(data))


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("levels", [0, 3])
def test_coefficients_in_steps_are_those_of_numpy(model, kinds, levels):
    rng = np.random.default_rng(0)
    coder = with_kinds(model, kinds).coder
    where = coder.map_of((20, 17, 40))
    c = rng.standard_cauchy((512, *where.cells)).astype(np.float32) * np.float32(1e6)
    of_cells = rng.integers(0, levels + 1, where.cells)
    compiled = coder.in_steps(c, of_cells, where)
    assert np.abs(compiled).max() == 2.0**30 - 1
    with in_plain_python():
        np.testing.assert_array_equal(coder.in_steps(c, of_cells, where), compiled)


@pytest.mark.parametrize("size", [1.0, 1e-4])
def test_levels_are_those_of_numpy(model, size):
    rng = np.random.default_rng(0)
    c = (rng.standard_cauchy((512, 3, 4, 5)) * size).astype(np.float32)
    c[0] = 50
    wanted = rng.uniform(0, 5, (3, 4, 5))
    compiled = levels_of_cells(c, wanted, model.coder.level_tables)
    assert len(np.unique(compiled)) > 2
    with in_plain_python():
        np.testing.assert_array_equal(levels_of_cells(c, wanted, model.coder.level_tables), compiled)


def test_an_analysis_codes_what_its_latents_code(model):
    x = smooth((40, 24, 70))
    importance = np.clip(x, 0, 1).astype(np.float32)
    analysis = model.analyse_tile(x, importance, 4.0)
    chunks = [analysis.latents[..., :8], analysis.latents[..., 8:]]
    streams = model.encode_chunks([np.ascontiguousarray(c) for c in chunks], [(40, 24, 64), (40, 24, 6)])
    assert analysis.coded is not None
    assert analysis.coded() == streams
    assert len(streams[0]) > 100


def test_a_rough_variable_is_fitted_to_less(monkeypatch):
    sizes = []

    class Candidate(coding_candidate.CodingCandidate):
        def __init__(self, windows, *rest, **options):
            sizes.append(sum(window.x.size for window in windows))
            super().__init__(windows, *rest, **options)

    monkeypatch.setattr(fit_coding, "CodingCandidate", Candidate)
    model = idlat.load_model()
    model._effort = FitEffort(2**18, 2**17, 1, few=2**16, glance=2**15)
    even = np.ones((64, 64, 64), np.float32)
    rough = random_field(even.shape, 0, RandomFieldOptions(slope=2.0)).values
    model.fitted([(rough / rough.std(), even)], 3.0)
    assert sizes == [2**15, 2**17]  # by their coefficients octaves would cost more along each axis
    sizes.clear()
    columns = np.repeat(np.random.default_rng(0).normal(size=(13, 64, 64)).astype(np.float32), 5, axis=0)
    model.fitted([(columns[:64], even)], 3.0)
    assert sizes == [2**15, 2**15, 2**17]  # along z they would cost less, so they are tried
    sizes.clear()
    monkeypatch.setattr(fit_coding, "_TELLING", np.inf)
    model.fitted([(rough / rough.std(), even)], 3.0)
    assert sizes == [2**15] * 4 + [2**17]
    sizes.clear()
    z, y, x = np.indices(even.shape, np.float32)
    model.fitted([(np.sin(z / 30) + np.cos(y / 40 + x / 50), even)], 6.0)
    assert sizes == [2**15] + [2**17] * 4 + [2**18]
