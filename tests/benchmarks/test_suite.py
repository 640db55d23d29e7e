"""The benchmark suite: which fields it takes, how it reads a peer's curve, and what it keeps."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from suite.archives import ArchivePoint, ArchiveResults
from suite.compare import Case, PeerSize, compare, size_at
from suite.errors import psnr, relative_errors
from suite.fields import SuiteField, suite_fields
from suite.maps import expression, map_of
from suite.peer_curves import CurvePoint, PeerCurve, peer_curves
from suite.peer_forms import forms_of
from suite.tables import kind_table, target_table

from idlat.metrics import weighted_psnr


def ball(size=16):
    z, y, x = np.mgrid[:size, :size, :size] / size
    return np.exp(-8 * ((z - 0.4) ** 2 + (y - 0.5) ** 2 + (x - 0.6) ** 2)).astype(np.float32)


def points(*pairs, psnr_of=lambda wpsnr: wpsnr):
    return tuple(CurvePoint(0.1, size, psnr_of(wpsnr), wpsnr) for wpsnr, size in pairs)


def archive_point(size=100, psnr=40.0, wpsnr=40.0, map="uniform"):
    return ArchivePoint("f", map, 50.0, 7.0, size, 4000, psnr, wpsnr, 1.0, 1.0, "key")


def test_bytes_are_interpolated_in_their_logarithm():
    curve = points((30.0, 100), (50.0, 10_000))
    assert size_at(curve, "wpsnr", 40.0) == pytest.approx(1000)
    assert size_at(curve, "wpsnr", 30.0) == pytest.approx(100)


def test_nothing_is_extrapolated():
    curve = points((30.0, 100), (50.0, 10_000))
    assert size_at(curve, "wpsnr", 29.9) is None
    assert size_at(curve, "wpsnr", 50.1) is None
    assert size_at(curve[:1], "wpsnr", 30.0) is None


def test_points_that_another_beats_do_not_count():
    curve = points((30.0, 100), (35.0, 5000), (40.0, 1000), (50.0, 10_000))
    assert size_at(curve, "wpsnr", 40.0) == pytest.approx(1000)
    assert size_at(curve, "wpsnr", 35.0) < 1000


def test_a_peer_that_gives_up_the_outside_must_not_count_where_it_has_to_be_kept():
    field = SuiteField("f", "kind", ball())
    chosen = map_of(field, "box")
    clipped = PeerCurve("SPERR", "clipped", points((30.0, 10), (50.0, 1000), psnr_of=lambda _: 20.0))
    plain = PeerCurve("SPERR", "plain", points((30.0, 100), (50.0, 10_000)))
    case = compare(field, chosen, archive_point(500, psnr=30.0, wpsnr=40.0), [clipped, plain])
    assert case.best.peer == "SPERR clipped"
    assert case.ratio == pytest.approx(5.0)
    assert case.best_keeping.peer == "SPERR"
    assert case.ratio_keeping == pytest.approx(0.5)


def test_a_peer_may_take_a_finer_step_to_keep_the_plain_psnr():
    field = SuiteField("f", "kind", ball())
    smoothed = PeerCurve("SPERR", "smoothed", points((30.0, 100), (50.0, 10_000), psnr_of=lambda w: w - 10))
    case = compare(field, map_of(field, "box"), archive_point(psnr=35.05, wpsnr=40.0), [smoothed])
    assert case.best_keeping.keeping == pytest.approx(size_at(smoothed.points, "wpsnr", 45.0))


def test_errors_are_those_of_evaluate():
    rng = np.random.default_rng(0)
    field, importance = ball(), rng.random((16, 16, 16)).astype(np.float32)
    decoded = field + rng.normal(0, 0.01, field.shape).astype(np.float32)
    assert psnr(relative_errors(field, decoded), importance) == pytest.approx(
        weighted_psnr(field, decoded, importance), abs=1e-5
    )


def test_missing_values_have_no_error_and_each_step_its_own_range():
    series = np.stack([ball(), 100 * ball()])
    series[:, 0] = np.nan
    decoded = np.nan_to_num(series) + np.array([0.01, 1.0], np.float32).reshape(2, 1, 1, 1)
    relative = relative_errors(series, decoded)
    assert (relative[:, 0] == 0).all()
    np.testing.assert_allclose(relative[0, 1:], relative[1, 1:], rtol=1e-3)


def write_kind(folder: Path, count: int, fills=()):
    folder.mkdir(parents=True)
    for step in range(count):
        name = f"p_t{step:02d}"
        values = ball() * (step + 1)
        values[0, 0, 0] = fills[0] if fills else 0
        np.save(folder / f"{name}.npy", values)
        note = {"name": name, "time_step": step, "fill_values_seen": list(fills)}
        (folder / f"{name}.json").write_text(json.dumps(note))


def test_a_folder_gives_its_middle_field_and_a_series_of_twelve(tmp_path, monkeypatch):
    monkeypatch.setattr("suite.fields.SIMULATED", (("random", 16, 1, ("random_field",)),))
    write_kind(tmp_path / "data" / "pressure", 13)
    write_kind(tmp_path / "data" / "ocean", 3, fills=(-1e10,))
    found = list(suite_fields(tmp_path / "data", tmp_path, ["real", "series", "no_such"][:1], quick=False))
    assert [field.name for field in found] == ["p_t01", "p_t06"]
    assert np.isnan(found[0].values[0, 0, 0])
    assert np.isfinite(found[0].filled).all()
    assert found[0].mask_bytes > 0
    assert found[1].mask_bytes == 0
    (simulated,) = suite_fields(tmp_path / "data", tmp_path, ["simulated"], quick=True)
    assert (simulated.kind, simulated.values.shape) == ("simulated random", (16, 16, 16))
    (series,) = suite_fields(tmp_path / "data", tmp_path, ["pressure_12"], quick=True)
    assert series.is_series
    assert series.values.shape == (12, 16, 16, 16)


def test_templates_are_filled_by_values_that_are_there():
    values = np.array([[[0.0, 1.0, 2.0, 3.0, np.nan]]], np.float32)
    assert expression("value > {p50} + {m1}", values) == "value > 1.5 + 2.61803"
    assert expression("box({half})", np.zeros((8, 4, 1))) == "box(z=2:6, y=1:3, x=0:1)"


def test_a_field_without_the_isosurface_of_a_map_goes_without_it():
    flat = np.zeros((8, 8, 8), np.float32)
    flat[0, 0, :3] = -1, -1, -1  # the mean and one deviation lie above the largest value
    assert map_of(SuiteField("f", "kind", flat), "isosurface") is None


def test_cropping_and_clipping_restore_the_original_shape():
    field = SuiteField("f", "kind", ball())
    chosen = map_of(field, "top5")
    names = ("plain", "smoothed", "clipped", "cropped", "cropped clipped")
    forms = {form.name: form for form in forms_of(field, chosen, names)}
    assert set(forms) == set(names)
    assert forms["cropped"].given.size < field.values.size
    for form in forms.values():
        back = form.restore(form.given)
        assert back.shape == field.values.shape
        if form.name != "smoothed":
            assert psnr(relative_errors(field.values, back), chosen.importance) == math.inf


def test_curves_are_measured_once(tmp_path, monkeypatch):
    pytest.importorskip("numcodecs_wasm_sz3")
    field = SuiteField("f", "kind", ball())
    chosen = map_of(field, "uniform")
    first = peer_curves(field, [chosen], ["SZ3"], tmp_path)["uniform"][0]
    assert len(first.points) > 5
    monkeypatch.setattr("suite.peer_curves._measure", None)
    assert peer_curves(field, [chosen], ["SZ3"], tmp_path)["uniform"][0] == first


def test_our_points_are_real_archives_and_are_kept(tmp_path, monkeypatch):
    field = SuiteField("f", "kind", ball())
    chosen = map_of(field, "top5")
    point = ArchiveResults(tmp_path / "idlat.jsonl").at(field, chosen, 40.0)
    assert 0 < point.size < field.values.nbytes
    assert 20 < point.wpsnr < 80
    monkeypatch.setattr(ArchiveResults, "_measure", None)
    assert ArchiveResults(tmp_path / "idlat.jsonl").at(field, chosen, 40.0) == point


def test_tables_hold_median_smallest_and_largest():
    cases = [
        Case("ocean", "uniform", archive_point(size), (PeerSize("SPERR", 100.0, 100.0),))
        for size in (20, 50, 120)
    ]
    assert "| uniform, 35 to 65 dB | 3 | 0.50 | ≤ 0.58 | 0.20 | 1.20 | ≤ 1.0 |" in target_table(cases)
    assert "| ocean | 0.50 (0.20 to 1.20) | – |" in kind_table(cases)
