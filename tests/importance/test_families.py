from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat.importance.field_view as view_module
from idlat.errors import ImportanceError
from idlat.importance import ImportanceRequest, parse, resolve

TEXTS = [
    "sphere(z=3, y=4, x=5, radius=2.5)",
    "sphere(z=6, y=4, x=5, radius=2.5, units=physical)",
    "distance(value > 2, decay=0.3)",
    "distance(sphere(z=3, y=4, x=5, radius=2), units=physical)",
    "isosurface(0.5, units=physical)",
    "isosurface(Q, 0.5, decay=0.5)",
    "transfer(-1:0, 0:0.5, 2:1)",
    "near(value:1, Q:0, width=2)",
    "near(Q:1, width=2)",
    "(magnitude(value, Q) > 1)*(abs(Q)/2 <= 1)",
    "steps(0:1, 2:)",
    "weights(0.1, 1, 0.5)",
    "step_information()",
    "rarity()",
    "rarity(value, Q)",
    "rarity(value, Q, abs(Q))",
    "conditional_entropy()",
    "conditional_entropy(value, Q)",
    "correlation()",
    "correlation(value, Q)",
    "gradient(Q)",
    "entropy(log10(abs(Q)))",
]


@pytest.fixture
def fields():
    rng = np.random.default_rng(6)
    coords = {"z": 2.0 * np.arange(9), "y": np.arange(10.0), "x": np.arange(11.0)}
    p, q = (
        xr.DataArray(
            rng.normal(size=(3, 9, 10, 11)).cumsum(3).astype(np.float32),
            coords,
            ("time", "z", "y", "x"),
            name=name,
        )
        for name in ("P", "Q")
    )
    return p, q


@pytest.mark.parametrize("text", TEXTS)
def test_every_function_on_a_series_with_missing_values(fields, text):
    p, q = fields
    p[:, 2, 3, 4:7] = np.nan
    made = parse(text).evaluate(p, {"Q": q})
    assert made.dims == p.dims
    assert np.isfinite(made.values).all()
    assert 0 <= made.values.min() < made.values.max() <= 1
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize("text", [text for text in TEXTS if not text.startswith(("isosurface", "distance"))])
def test_blocks_give_the_same_map(fields, text, monkeypatch):
    p, q = fields
    whole = parse(text).evaluate(p, {"Q": q}).values
    monkeypatch.setattr(view_module, "WHOLE_STEP", 100)
    monkeypatch.setattr(view_module, "_BLOCK", 4)
    assert np.allclose(parse(text).evaluate(p, {"Q": q}).values, whole, atol=1e-6)


def test_distance_to_an_object_in_voxels_and_in_units(fields):
    p, _ = fields
    p[:], p[:, 4, 5, 5] = 0, 1
    for units, side in (("voxels", 1), ("physical", 2)):
        made = parse(f"distance(value > 0.5, decay=0.3, units={units})").evaluate(p).values[0]
        z, y, x = np.indices(made.shape)
        true = np.sqrt((side * (z - 4)) ** 2 + (y - 5) ** 2 + (x - 5) ** 2)
        assert np.allclose(made, np.exp(-0.3 * true), atol=1e-5)


def test_an_isosurface_in_units_of_uneven_sides():
    z, y, x = np.meshgrid(3.0 * np.arange(20), np.arange(60.0), np.arange(60.0), indexing="ij")
    r = np.sqrt((z - 29) ** 2 + (y - 29.3) ** 2 + (x - 30.2) ** 2)
    field = xr.DataArray(r, {"z": z[:, 0, 0], "y": y[0, :, 0], "x": x[0, 0]}, ("z", "y", "x"))
    made = parse("isosurface(18, decay=0.2, units=physical)").evaluate(field).values
    assert np.abs(made - np.exp(-0.2 * np.abs(r - 18))).mean() < 0.02
    with pytest.raises(ImportanceError, match="no coordinate along z"):
        parse("isosurface(18, units=physical)").evaluate(r)


def test_rarity_is_the_surprise_of_a_bin():
    x = np.zeros((4, 4, 4))
    x[0, 0, 0] = 1
    made = parse("rarity()").evaluate(x).values
    assert made[0, 0, 0] == 1
    assert made[1, 1, 1] == pytest.approx(np.log2(64 / 63) / 6)
    assert not parse("rarity()").evaluate(np.ones((2, 2, 2))).values.any()


def test_a_step_like_its_neighbours_tells_little():
    rng = np.random.default_rng(0)
    same = rng.random((8, 8, 8))
    made = parse("step_information()").evaluate(np.stack([same, same, rng.random((8, 8, 8)), same, same]))
    assert made.values[:, 0, 0, 0].argmax() == 2
    assert made.values[0].max() == 0
    assert (parse("step_information()").evaluate(same).values == 1).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("correlation()", "single step"),
        ("steps(3:5)", "lies outside the field"),
        ("weights(1, 1)", "expected one for each step"),
        ("R > 1", "unknown name 'R'"),
        ("distance(value > 1e9)", "no voxel belongs"),
        ("sphere(z=99, y=0, x=0, radius=1)", "holds no voxel"),
        ("Q > 0", "pass --resample"),
    ],
)
def test_what_does_not_fit_is_named(fields, text, message):
    with pytest.raises(ImportanceError, match=message):
        parse(text).evaluate(fields[0][0], {"Q": fields[1][0, :4]})


def test_maps_on_another_grid(fields):
    p, _ = fields
    coarse = np.linspace(0, 1, 5).reshape(5, 1, 1) * np.ones((1, 3, 4))
    with pytest.raises(ImportanceError, match="pass --resample"):
        resolve(coarse, p)
    made = resolve(ImportanceRequest(coarse, resample=True), p)[0].to_dataarray().values
    assert made.shape == p.shape
    assert (np.diff(made[0, :, 0, 0]) >= 0).all()
    assert made[0, [0, 4, 8], 0, 0] == pytest.approx([0, 0.5, 1], abs=1e-6)


def test_files_inside_an_expression_are_noted_but_not_read_again(fields, tmp_path):
    p, _ = fields
    mask = np.zeros(p.shape[1:], np.uint8)
    mask[2:4] = 255
    np.save(tmp_path / "eye.npy", mask)
    made, source = resolve(f'0.5*mask("{tmp_path}/eye.npy")', p)
    assert (made.step(1)[:, :, :] == 0.5 * (mask > 0)).all()
    assert (source.kind, source.text) == ("file", '0.5*mask("eye.npy")')
    for kind in ("file", "expression"):
        record = type(source)(kind, source.text)
        with pytest.raises(ImportanceError, match="cannot be computed again"):
            ImportanceRequest().again(record)
