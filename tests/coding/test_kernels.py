"""Compiled kernels give what NumPy and Python give: the same values, classes, bytes and errors."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlat.coding import subband_arrays
from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import LARGEST
from idlat.coding.subband_stream import decode_box, encode_symbols, symbols_of
from idlat.coding.subband_walk import NOT_CODED, Box, Symbols
from idlat.coding.symbol_counts import counts_of
from idlat.errors import CorruptStreamError
from idlat.jit import compiles
from idlat.model import load_model
from idlat.model.subband.rdo_quantisation import quantise_box
from idlat.transform import Kinds, Shape, cell_subbands, octave_subbands
from support.models.subband_boxes import KINDS, flat_box, in_plain_python, random_box, random_model
from support.property_examples import examples

ODD = [(1, 1, 37), (10, 25, 41), (37, 1, 2), (3, 64, 5), (16, 16, 16), (9, 7, 23)]
SHAPES = st.one_of(st.sampled_from(ODD), st.tuples(*(st.integers(1, 20),) * 3))
BOXES = {
    "shape": SHAPES,
    "kinds": st.sampled_from(KINDS),
    "seed": st.integers(0, 2**32),
    "spread": st.sampled_from([0, 1, 5, 10, 12, 20, 31]),
}


def same(a: Symbols, b: Symbols) -> None:
    np.testing.assert_array_equal(a.coefficients, b.coefficients)
    np.testing.assert_array_equal(a.classes, b.classes)
    assert a.last == b.last


def agree(coefficients: np.ndarray, box: Box, model: ContextModel) -> None:
    """Both forms list, encode and decode the same."""
    symbols = symbols_of(coefficients, box, model)
    data = encode_symbols(symbols, model)
    decoded = decode_box(data, box, model)
    np.testing.assert_array_equal(decoded, symbols.coefficients)
    counts = counts_of(symbols)
    assert counts.sum() == (symbols.classes != NOT_CODED).sum()
    with in_plain_python():
        same(symbols_of(coefficients, box, model), symbols)
        np.testing.assert_array_equal(counts_of(symbols), counts)
        assert encode_symbols(symbols, model) == data
        np.testing.assert_array_equal(decode_box(data, box, model), decoded)


def test_kernels_are_tested() -> None:
    assert compiles()
    with in_plain_python():
        assert not compiles()


def any_box(shape: Shape, kinds: Kinds, seed: int, spread: int, largest: bool) -> None:
    box, coefficients = random_box(shape, kinds, seed, spread)
    rng = np.random.default_rng(seed)
    if largest:
        coefficients[rng.random(len(coefficients)) < 0.1] = LARGEST
        coefficients[rng.random(len(coefficients)) < 0.1] = -LARGEST
    agree(coefficients, box, random_model(seed))


@settings(deadline=None, max_examples=examples(60))
@given(**BOXES, largest=st.booleans())
def test_any_box(shape: Shape, kinds: Kinds, seed: int, spread: int, largest: bool) -> None:
    any_box(shape, kinds, seed, spread, largest)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(200))
@given(**BOXES, largest=st.booleans())
def test_many_boxes(shape: Shape, kinds: Kinds, seed: int, spread: int, largest: bool) -> None:
    any_box(shape, kinds, seed, spread, largest)


@settings(deadline=None, max_examples=examples(80))
@given(**BOXES, scale=st.sampled_from([0.3, 3.0, 1e4, 1e8]), importances=st.booleans(), cells=st.booleans())
def test_any_quantisation(
    shape: Shape,
    kinds: Kinds,
    seed: int,
    spread: int,
    scale: float,
    importances: bool,
    cells: bool,
) -> None:
    box, _ = random_box(shape, kinds, seed, spread)
    rng = np.random.default_rng(seed)
    real = np.clip(
        rng.laplace(size=box.layout.size) * scale * rng.choice([0.1, 1], box.layout.size), -1e9, 1e9
    )
    real[rng.random(len(real)) < 0.1] = rng.choice([0.5, -0.5, 1.5, 2.5, -0.0])
    importance = rng.lognormal(sigma=2, size=len(real)) if importances else 1.7
    cell = rng.integers(0, len(real), len(real)).astype(np.int32) if importances and cells else None
    model = load_model().contexts if seed % 2 else random_model(seed)
    symbols = quantise_box(real, box, model, importance, cell)
    with in_plain_python():
        same(quantise_box(real, box, model, importance, cell), symbols)
    if cell is not None:
        same(quantise_box(real, box, model, importance[cell]), symbols)


@pytest.mark.parametrize("kinds", [("lapped",) * 3, ("octaves", "lapped", "lapped"), ("octaves",) * 3])
def test_a_box_of_any_strength(kinds: Kinds) -> None:
    """From one coefficient to all of them."""
    layout = cell_subbands((32, 40, 24), kinds)
    rng = np.random.default_rng(1)
    for share in (0, 1 / layout.size, 0.001, 0.1, 1):
        coefficients = np.where(rng.random(layout.size) < share, rng.integers(-9, 9, layout.size), 0)
        agree(coefficients, flat_box(layout), load_model().contexts)


def test_octaves_of_a_subband() -> None:
    layout = octave_subbands((6, 23, 25), (0, 1, 2))
    agree(np.random.default_rng(3).integers(-40, 40, layout.size), flat_box(layout), random_model())


def test_negative_weights() -> None:
    model = random_model()
    model = replace(model, weights=model.weights - model.weights.max() // 2)
    box, coefficients = random_box((17, 12, 10), ("lapped", "octaves", "lapped"), 5)
    agree(coefficients, box, model)


def test_sizes_in_int32_are_those_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    box, coefficients = random_box((20, 16, 18), ("lapped", "octaves", "lapped"), 6, spread=10)
    model = random_model()
    data = encode_symbols(symbols_of(coefficients, box, model), model)
    monkeypatch.setattr(subband_arrays, "_MOST_COARSE_INT32", -1)
    assert encode_symbols(symbols_of(coefficients, box, model), model) == data
    np.testing.assert_array_equal(decode_box(data, box, model), coefficients)


@settings(deadline=None, max_examples=examples(200))
@given(seed=st.integers(0, 2**32), random=st.booleans())
def test_damage(seed: int, random: bool) -> None:
    """Whatever the bytes say, both forms give the same values or the same error."""
    rng = np.random.default_rng(seed)
    box, coefficients = random_box((9, 12, 10), KINDS[seed % 8], seed)
    model = random_model()
    data = bytearray(encode_symbols(symbols_of(coefficients, box, model), model))
    if random:
        last, words = rng.integers(0, len(box.layout.bands) + 2), rng.integers(0, 20)
        data = bytearray([min(last, 127), words]) + rng.bytes(4 * words + rng.integers(0, 200))
    for _ in range(rng.integers(0, 4)):
        data[rng.integers(len(data))] = rng.integers(256)
    damaged = bytes(data[: rng.integers(1, len(data) + 1)]) if rng.random() < 0.3 else bytes(data)
    results = []
    for plain in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if plain:
                patch.setenv("IDLAT_PURE_PYTHON", "1")
            try:
                results.append(decode_box(damaged, box, model).tolist())
            except CorruptStreamError as error:
                results.append(str(error))
    assert results[0] == results[1]


@pytest.mark.parametrize("plain", [False, True])
def test_symbols_of_no_model_are_refused(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if plain:
        monkeypatch.setenv("IDLAT_PURE_PYTHON", "1")
    box, coefficients = random_box((9, 12, 10), KINDS[0])
    symbols = symbols_of(coefficients, box, random_model())
    symbols.classes[7] = 200
    with pytest.raises(ValueError, match="none of the model's"):
        encode_symbols(symbols, random_model())


def test_arrays_that_do_not_fit_are_refused() -> None:
    box, coefficients = random_box((9, 12, 10), KINDS[0])
    model = random_model()
    data = encode_symbols(symbols_of(coefficients, box, model), model)
    for wrong in (
        replace(box, coarseness={shape: values[:1] for shape, values in box.coarseness.items()}),
        replace(box, coarseness={shape: values + 40 for shape, values in box.coarseness.items()}),
        replace(box, coarseness={shape: values - 40 for shape, values in box.coarseness.items()}),
    ):
        with pytest.raises(ValueError):
            decode_box(data, wrong, model)
    with pytest.raises(ValueError, match="groups"):
        decode_box(data, box, replace(model, weights=model.weights[:3]))
    with pytest.raises(ValueError, match="coefficients"):
        symbols_of(coefficients[1:], box, model)
    with pytest.raises(ValueError, match="coefficients"):
        symbols_of(coefficients + LARGEST, box, model)


def test_threads_side_by_side() -> None:
    boxes = [random_box((16, 24, 16), KINDS[i % 8], i) for i in range(8)]
    model = random_model()
    with ThreadPoolExecutor(4) as pool:
        data = list(pool.map(lambda b: encode_symbols(symbols_of(b[1], b[0], model), model), boxes))
        back = list(pool.map(lambda d, b: decode_box(d, b[0], model), data, boxes))
    for values, (_, coefficients) in zip(back, boxes, strict=True):
        np.testing.assert_array_equal(values, coefficients)
