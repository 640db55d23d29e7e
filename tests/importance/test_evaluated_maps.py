from __future__ import annotations

import cloudpickle
import dask.array
import numpy as np
import pytest
import xarray as xr

import idlat.importance.field_view as view_module
from idlat import importance
from idlat.errors import ImportanceError
from idlat.importance import parse
from idlat.importance.measures.local_statistics import gradient_magnitude, local_entropy
from idlat.tiling import box_shape


@pytest.fixture
def field():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(3, 9, 10, 11)).cumsum(axis=3).astype(np.float32)
    coords = {"time": [0.0, 0.5, 1.0], "z": np.linspace(0, 1, 9), "lon": ("x", np.arange(11.0))}
    return xr.DataArray(values, dims=("time", "z", "y", "x"), coords=coords, name="speed")


def test_maps_live_on_the_grid_of_the_field(field):
    made = [
        importance.isosurface(field, 1.0),
        importance.box(field, z=slice(2, 5)),
        importance.threshold(field, "<", 0.0),
        importance.near(field, 1.0, 2.0),
        importance.gradient(field),
        importance.entropy(field),
        importance.constant(field, 0.5),
        importance.from_callable(field, lambda p, _F: p[0] / 8),
    ]
    for one in made:
        assert one.dims == field.dims
        assert one.dtype == np.float32
        xr.testing.assert_equal(one.coords.to_dataset(), field.coords.to_dataset())
        assert float(one.min()) >= 0
        assert float(one.max()) <= 1


def test_a_function_and_its_text_agree(field):
    pairs = [
        (importance.isosurface(field, 1.0, decay=0.5), "isosurface(1, decay=0.5)"),
        (importance.box(field, z=slice(2, 5), x=slice(None, 3)), "box(z=2:5, x=:3)"),
        (importance.threshold(field, ">=", 0.5), "value >= 0.5"),
        (importance.near(field, 1.0, 2.0), "near(1, width=2)"),
        (importance.gradient(field), "gradient()"),
        (importance.entropy(field), "entropy()"),
        (importance.constant(field, 0.25), "0.25"),
    ]
    for made, text in pairs:
        xr.testing.assert_identical(made, parse(text).evaluate(field))
        assert made.attrs["importance"] == str(parse(text))


def test_closed_forms(field):
    x = field.values
    assert (importance.threshold(field, ">", 0.5).values == (x > 0.5)).all()
    bell = np.exp(-(((x - 1.0) / 2.0) ** 2) / 2)
    assert np.allclose(importance.near(field, 1.0, 2.0).values, bell, atol=1e-6)
    inside = np.zeros(field.shape)
    inside[:, 2:5, :, :3] = 1
    assert (importance.box(field, z=slice(2, 5), x=slice(None, 3)).values == inside).all()
    slopes = np.stack([np.sqrt(sum(g**2 for g in np.gradient(step.astype(float)))) for step in x])
    assert np.allclose(importance.gradient(field).values, slopes / np.max(slopes), atol=1e-6)
    mixed = parse("max(0.2 + 0.3*(value > 0), 0.5 - 0.25*(value <= 1), min(1, gradient())*0.5)")
    by_hand = np.maximum(0.2 + 0.3 * (x > 0), 0.5 - 0.25 * (x <= 1))
    by_hand = np.maximum(by_hand, 0.5 * slopes / np.max(slopes))
    assert np.allclose(mixed.evaluate(field).values, by_hand, atol=1e-6)


def test_isosurface_of_a_sphere_decays_with_the_distance():
    z, y, x = np.indices((40, 40, 40))
    r = np.sqrt((z - 20.2) ** 2 + (y - 19.4) ** 2 + (x - 19.9) ** 2)
    made = importance.isosurface(r, 12.3, decay=0.2).values
    assert np.abs(made - np.exp(-0.2 * np.abs(r - 12.3))).mean() < 0.01
    steep = importance.isosurface(r, 12.3, decay=3.0).values
    assert np.abs(steep - np.exp(-3.0 * np.abs(r - 12.3))).mean() < 0.01


def test_entropy_counts_the_window():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(9, 8, 10))
    x[2, 3, 4] = np.nan
    low, high = np.nanmin(x), np.nanmax(x)
    measured = local_entropy(x, low, high)
    for at in [(0, 0, 0), (4, 4, 4), (8, 7, 9), (2, 3, 4), (5, 0, 9)]:
        part = x[tuple(slice(max(0, i - 3), i + 4) for i in at)]
        counts = np.histogram(part[np.isfinite(part)], 16, (low, high))[0]
        p = counts[counts > 0] / counts.sum()
        assert measured[at] == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-5)


def test_slabs_do_not_show(monkeypatch):
    x = np.random.default_rng(3).normal(size=(40, 6, 5))
    whole = gradient_magnitude(x), local_entropy(x, -3, 3)
    monkeypatch.setattr("idlat.importance.measures.local_statistics._BLOCK", 100)
    assert (gradient_magnitude(x) == whole[0]).all()
    assert (local_entropy(x, -3, 3) == whole[1]).all()


@pytest.mark.parametrize(
    "text",
    ["isosurface(0.5)", "value > 0", "value < 0", "near(0, width=1)", "gradient()", "entropy()", "1"],
)
@pytest.mark.parametrize("kind", ["nan", "sentinel", "integer"])
def test_missing_values_are_never_nan_and_never_seen(text, kind):
    rng = np.random.default_rng(4)
    x = rng.normal(scale=3, size=(8, 9, 10)).cumsum(2).astype(np.float32)
    x = np.rint(x) if kind == "integer" else x
    hole = rng.random(x.shape) < 0.1
    holed = xr.DataArray(np.where(hole, np.nan, x), dims=("z", "y", "x"))
    if kind == "sentinel":
        holed = holed.fillna(-1e30).assign_attrs(_FillValue=np.float32(-1e30))
    if kind == "integer":
        holed = holed.fillna(99).astype(np.int16).assign_attrs(missing_value=99)
    made = parse(text).evaluate(holed).values
    with_nan = parse(text).evaluate(np.where(hole, np.nan, x)).values
    assert np.isfinite(made).all()
    assert np.allclose(made, with_nan, atol=1e-6)
    if text.startswith(("value", "near", "gradient")):
        assert (made[hole] == 0).all()
    assert made.max() > 0


def test_comparisons_are_made_in_the_precision_of_the_field():
    x = np.array([9.9, 9.8], np.float32).reshape(1, 1, 2)
    assert importance.threshold(x, ">=", 9.9).values.ravel().tolist() == [1, 0]
    assert importance.threshold(x, ">", 9.9).values.ravel().tolist() == [0, 0]
    assert importance.threshold(x.astype(np.uint8), ">", 8.5).values.ravel().tolist() == [1, 1]
    assert importance.threshold(x.astype(np.float16), ">", -1e30).values.ravel().tolist() == [1, 1]


def test_a_step_without_the_isosurface_is_zero_unless_none_has_it():
    x = np.zeros((3, 4, 4, 4), np.float32)
    x[1, :2] = 1
    made = importance.isosurface(x, 0.5).values
    assert made[1].max() > 0.5
    assert not made[[0, 2]].any()
    with pytest.raises(ImportanceError, match=r"no isosurface 2.0: its values lie in \[0, 1\]"):
        importance.isosurface(x, 2.0)


def test_absent_isosurface_where_nothing_is_valid():
    with pytest.raises(ImportanceError, match="no isosurface"):
        importance.isosurface(np.full((2, 2, 2), np.nan), 0.0)


@pytest.mark.parametrize("text", ["gradient()", "entropy()"])
@pytest.mark.parametrize("value", [3.0, np.nan])
def test_measures_of_a_constant_field_are_zero(text, value):
    assert not parse(text).evaluate(np.full((4, 5, 6), value)).values.any()


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 7), (1, 5, 1), (2, 1, 3)])
@pytest.mark.parametrize("text", ["gradient()", "entropy()", "value > 2", "box(z=0:1)"])
def test_thin_fields(shape, text):
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    assert parse(text).evaluate(x).shape == shape


def test_maxima_are_those_of_all_steps(field):
    for text in ("gradient()", "entropy()"):
        made = parse(text).evaluate(field)
        tops = made.max(("z", "y", "x")).values
        assert tops.max() == pytest.approx(1.0)
        assert tops.min() < 1.0


def test_a_lazy_field_gives_a_lazy_map(field):
    chunked = field.chunk({"time": 1, "z": 4})
    for text in ("isosurface(1)", "max(gradient(), 0.5*entropy())", "box(z=2:5)"):
        made = parse(text).evaluate(chunked)
        assert isinstance(made.data, dask.array.Array)
        assert made.chunks == chunked.chunks
        xr.testing.assert_allclose(made.compute(), parse(text).evaluate(field))


@pytest.mark.parametrize(
    "text", ["gradient()", "entropy()", "value > 0", "0.5*(near(0, width=1) + box(x=2:150))", "1"]
)
def test_a_step_too_large_to_hold_gives_the_same_map_in_blocks(text, monkeypatch):
    x = np.random.default_rng(5).normal(size=(20, 140, 150)).astype(np.float32)
    x[3:5, 20:30] = np.nan
    whole = parse(text).evaluate(x).values
    monkeypatch.setattr(view_module, "WHOLE_STEP", 1000)
    blocks = parse(text).on(x)
    assert (blocks.to_dataarray().values == whole).all()
    assert (blocks.step(0)[3:9, 100:140, :37] == whole[3:9, 100:140, :37]).all()


class Elsewhere:
    """An executor that is not threads of this process, as a cluster is none; notes what travels."""

    slots = 2

    def reduce(self, function, items, combine):
        results = [function(item) for item in items]
        assert max(len(cloudpickle.dumps(result)) for result in results) < 1.5e6  # a map has more
        return combine([combine(results[:2]), *results[2:]])


@pytest.mark.parametrize(
    "text",
    [
        *("gradient()", "entropy()", "value > 90%", "near(0, width=1)*sphere(z=3, y=70, x=50, radius=30)"),
        "0.8*max(box(x=2:150), transfer(-1:0, 0:0.5, 2:1)) + 0.2*gradient(abs(value))*steps(1:)",
    ],
)
def test_workers_of_a_cluster_evaluate_parts_of_a_small_step_to_the_same_bits(text, monkeypatch):
    x = np.random.default_rng(5).normal(size=(2, 20, 140, 150)).astype(np.float32)
    x[:, 3:5, 20:30] = np.nan
    whole = parse(text).evaluate(x).values
    made = parse(text).on(x, workers=Elsewhere())
    there = cloudpickle.loads(cloudpickle.dumps(made))
    reads = []
    read = view_module.FieldView.read
    monkeypatch.setattr(view_module.FieldView, "read", lambda *a: (reads.append(a[2]), read(*a))[1])
    found = there.step(1)[3:9, 100:140, :37]
    np.testing.assert_array_equal(found, whole[1, 3:9, 100:140, :37])
    assert all(box_shape(box)[1] < 60 for box in reads)


@pytest.mark.parametrize("decay", [0.05, 0.2, 1.0])
def test_an_isosurface_too_large_to_hold_is_close_to_the_whole(decay, monkeypatch):
    z, y, x = np.indices((40, 150, 160)).astype(np.float32)
    r = np.sqrt((z - 20) ** 2 + (y - 60) ** 2 + (x - 70) ** 2)
    expression = parse(f"isosurface(20.3, decay={decay})")
    whole = expression.evaluate(r).values
    monkeypatch.setattr(view_module, "WHOLE_STEP", 1000)
    blocks = expression.evaluate(r).values
    near = np.abs(r - 20.3) < 12
    assert np.abs(blocks - whole)[near].max() < 1e-6
    assert np.abs(blocks - whole).max() < 0.04
    with pytest.raises(ImportanceError, match="no isosurface"):
        parse("isosurface(999)").evaluate(r)


def test_results_outside_the_unit_interval_are_refused(field):
    for text in ("2", "gradient() + 1", "0.1 - gradient()", "(value > 0)*1.5", "1e308*1e308*gradient()"):
        with pytest.raises(ImportanceError, match=r"importance expression .*expected (0 to 1|values from 0)"):
            parse(text).evaluate(field)
    assert parse("gradient() + (1 - gradient())").evaluate(field).values == pytest.approx(1.0)
    assert parse("0.1 + 0.2 + 0.7").evaluate(field).values == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda f: importance.box(f, z=slice(2, 99)),
            r"box\(z=2:99\) lies outside the field: z=2:99, but z runs 0:9",
        ),
        (lambda f: importance.box(f, y=slice(10, None)), "y=10:10, but y runs 0:10"),
        (lambda f: importance.box(f, y=slice(-3, None)), "is empty or negative"),
        (lambda f: importance.box(f, y=slice(0, 4, 2)), "has a step of 2"),
        (lambda f: importance.box(f, y=slice(0, 4.5)), "expected whole numbers"),
        (lambda f: importance.threshold(f, "==", 1), "unknown comparison '=='"),
        (lambda f: importance.threshold(f, ">", float("nan")), "the value compared with is nan"),
        (lambda f: importance.near(f, 1, 0), "width is 0"),
        (lambda f: importance.isosurface(f, 1, decay=-1), "decay is -1"),
        (lambda f: importance.isosurface(f, "eight"), "the isovalue is 'eight'"),
        (lambda f: importance.constant(f, 1.5), "values from 1.5 to 1.5, expected 0 to 1"),
    ],
)
def test_mistakes_are_named(field, make, message):
    with pytest.raises(ImportanceError, match=message):
        make(field)
