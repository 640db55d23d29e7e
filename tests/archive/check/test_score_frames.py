"""Scores of archives are those of their decoded values."""

from __future__ import annotations

import os

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.check import score_frames
from idlat.metrics import score_volume, volume_scores


def same(first, second):
    """Whether scores agree to rounding."""
    for name in ("ssim", "correlation", "gradient_error", "error_autocorrelation"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), abs=1e-9)
    ratios = [[band.ratio for band in scores.spectrum] for scores in (first, second)]
    assert ratios[0] == pytest.approx(ratios[1])
    assert first.resolved_wavelength == second.resolved_wavelength


@pytest.mark.parametrize("slabs", ["whole", "cut"])
def test_steps_and_missing_values(tmp_path, make_field, model, slabs, monkeypatch):
    if slabs == "cut":
        monkeypatch.setattr(score_frames, "_DECODED", 1)
        monkeypatch.setattr(volume_scores.slabs_of_layers, "__defaults__", (3 * 20 * 70, 1))
    field = make_field((20, 20, 70), steps=2)
    field.values[0, :2, :3] = np.nan
    archive = idlat.compress(field, tmp_path / "a", None, model)
    found = idlat.evaluate(archive, field, scores=True)
    decoded = archive.decode()
    expected = [score_volume(field.values[step], decoded.values[step]) for step in range(2)]
    assert [(each.step, each.component) for each in found.scores.frames] == [(0, None), (1, None)]
    for each, scores in zip(found.scores.frames, expected, strict=True):
        same(each.scores, scores)
    assert found.correlation == pytest.approx(np.mean([each.correlation for each in expected]), abs=1e-12)
    assert found.scores.ssim == pytest.approx(np.mean([each.ssim for each in expected]))
    assert found.scores.resolved_wavelength == max(each.resolved_wavelength for each in expected)
    assert idlat.evaluate(archive, field).scores is None


def test_components_and_variables(tmp_path, make_field, model):
    wind = xr.concat([make_field((8, 16, 16)), 2 * make_field((8, 16, 16)) + 1], "component")
    dataset = xr.Dataset({"wind": wind, "p": make_field((8, 16, 16)) * 1000})
    archive = idlat.compress(dataset, tmp_path / "a", None, model)
    found = idlat.evaluate(archive, dataset, scores=True)
    frames = [(each.variable, each.step, each.component) for each in found.scores.frames]
    assert frames == [("wind", 0, 0), ("wind", 0, 1), ("p", 0, None)]
    same(found.scores.frames[1].scores, score_volume(wind.values[1], archive["wind"].decode().values[1]))


def test_two_axes_and_a_constant_step(tmp_path, model):
    plane = xr.DataArray(np.add.outer(np.arange(40.0), np.arange(50.0)) ** 2, dims=("y", "x"), name="t")
    archive = idlat.compress(plane, tmp_path / "plane", None, model)
    (frame,) = idlat.evaluate(archive, plane, scores=True).scores.frames
    same(frame.scores, score_volume(plane.values, np.squeeze(archive.decode().values)))
    constant = np.ones((8, 8, 8), np.float32)
    found = idlat.evaluate(idlat.compress(constant, tmp_path / "one", None, model), constant, scores=True)
    assert (found.correlation, found.scores.ssim, found.scores.resolved_wavelength) == (None, None, None)


def test_outliers_are_left_out(tmp_path, make_field):
    field = make_field((16, 16, 16))
    field.values[3, 4, 5] = 1e30
    archive = idlat.compress(field, tmp_path / "a")
    found = idlat.evaluate(archive, field, scores=True)
    assert found.outliers == 1
    usual = field.values < 1e29
    same(found.scores.frames[0].scores, score_volume(field.values, archive.decode().values, usual))
    assert found.correlation == pytest.approx(found.scores.frames[0].scores.correlation)


def test_lost_voxels_are_left_out(tmp_path, make_field):
    field, path = make_field((16, 16, 140)), tmp_path / "a.idlat"
    idlat.compress(field, path)
    os.remove(path / field.name / "latents/c/0/0/0/0/1")
    idlat.repair(path)
    with idlat.open_archive(path) as archive:
        decoded = archive.decode().values
        found = idlat.evaluate(archive, field, scores=True)
    there = np.isfinite(decoded)
    assert 0 < there.sum() < there.size
    same(found.scores.frames[0].scores, score_volume(field.values, np.where(there, decoded, 0), there))
