"""Values are companded where importance follows them: archives are smaller, and what reads them knows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.model.shipped_weights import shipped_file
from idlat.model.subband.fitting import variable_fit
from idlat.transform.companding import LINEAR
from independent_reader.read_archive import Reader

MAP = "value > 1.5"
SHAPE = (48, 56, 40)


@pytest.fixture(scope="module")
def field():
    """Noise of a steep spectrum, as turbulence has."""
    waves = np.fft.rfftn(np.random.default_rng(5).normal(size=SHAPE))
    z, y, x = np.fft.fftfreq(SHAPE[0]), np.fft.fftfreq(SHAPE[1]), np.fft.rfftfreq(SHAPE[2])
    waves /= np.maximum(np.sqrt(z[:, None, None] ** 2 + y[:, None] ** 2 + x**2), 0.02) ** 2.5
    values = np.fft.irfftn(waves, SHAPE, (0, 1, 2))
    return xr.DataArray((values / values.std()).astype(np.float32), dims=("z", "y", "x"), name="p")


@pytest.fixture(scope="module")
def archive(field, tmp_path_factory):
    path = tmp_path_factory.mktemp("companded") / "a.idlat"
    return idlat.compress(field, path, MAP, quality=80)


def companding_of(archive):
    """What the values of an archive's variable went through."""
    return archive.decoder().model.coding.companding


def test_values_below_the_threshold_are_nearer(archive, field):
    (knot,), doublings = companding_of(archive)
    assert doublings == (2, 0)
    (part,) = archive.record.variables[0].parts
    assert 1.4 < knot * part.normalisations[0].scale + part.normalisations[0].offset < 1.5


def test_fewer_bytes_at_a_smaller_error(field, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(variable_fit, "value_companding", lambda *_: LINEAR)
    plain = idlat.compress(field, tmp_path / "plain.idlat", MAP, quality=80)
    ours, theirs = (idlat.evaluate(one, field, MAP) for one in (archive, plain))
    assert ours.bytes_streams < 0.85 * theirs.bytes_streams
    assert ours.wpsnr > theirs.wpsnr


def test_regions_are_those_of_the_whole(archive):
    whole = archive.decode().values
    for region in (np.s_[5:13, 40:50, 0:40], np.s_[40:48, 20:22, 29:31]):
        part = archive.decode(**dict(zip("zyx", region, strict=True))).values
        np.testing.assert_allclose(part, whole[region], atol=1e-5)


def test_coarse_values_lie_within_their_cells(archive):
    cells = archive.decode().values.reshape(6, 8, 7, 8, 5, 8)
    coarse = archive.decode(coarse=8).values
    assert (coarse > cells.min((1, 3, 5)) - 0.2).all()
    assert (coarse < cells.max((1, 3, 5)) + 0.2).all()


@pytest.mark.parametrize("settings", [{}, {"importance_range": 14}])
def test_another_reader_finds_the_same_values(field, tmp_path, settings):
    path = tmp_path / "a.idlat"
    archive = idlat.compress(field, path, MAP, quality=80, **settings)
    assert companding_of(archive) != LINEAR
    reader = Reader(path, shipped_file("default").read_bytes())
    (variable,) = reader.record["variables"]
    np.testing.assert_allclose(reader.decoded(variable)[0], archive.decode().values, rtol=0, atol=2e-5)


def test_quality_has_no_ceiling(field, tmp_path):
    found = [
        idlat.evaluate(idlat.compress(field, tmp_path / f"{quality}.idlat", MAP, quality=quality), field, MAP)
        for quality in (80, 90, 100)
    ]
    assert found[0].psnr < found[1].psnr < found[2].psnr
    assert found[2].wpsnr > 100


def test_steps_follow_one_another_and_are_appended(field, tmp_path):
    path = tmp_path / "series.idlat"
    series = xr.concat([field, 0.98 * field, 0.96 * field], "time").assign_coords(time=[0.0, 1.0, 2.0])
    archive = idlat.compress(series.isel(time=slice(2)), path, MAP, quality=80)
    assert companding_of(archive) != LINEAR
    archive = idlat.compress(series.isel(time=slice(2, 3)), path, mode="a")
    assert idlat.verify(archive).faults == ()
    error = archive.decode().values - series.values
    inside = series.values > 1.5
    assert np.sqrt(np.mean(np.square(error[inside]))) < 1e-3 * float(np.ptp(field.values))


@pytest.mark.parametrize(
    "importance",
    ["box(z=4:30, y=9:41, x=3:20)", "1", "isosurface(1, decay=0.2)"],
)
def test_values_stay_where_they_do_not_tell_importance(field, tmp_path, importance):
    assert companding_of(idlat.compress(field, tmp_path / "a.idlat", importance, quality=65)) == LINEAR


def test_a_band_of_values_is_steeper_than_what_is_around(field, tmp_path):
    archive = idlat.compress(field, tmp_path / "a.idlat", "near(1, width=0.5)", quality=80)
    assert companding_of(archive).doublings == (2, 1, 0, 1, 2)


@pytest.mark.parametrize("max_error", [0.1, (0.01, 1.0)])
def test_under_a_bound_values_stay(field, tmp_path, max_error):
    archive = idlat.compress(field, tmp_path / "a.idlat", MAP, max_error=max_error)
    assert companding_of(archive) == LINEAR


def test_exact_synthesis_gives_the_same_values(archive, field):
    model, gain = archive.decoder().model, archive.record.gain
    x = field.values[:16, :16, :16]
    analysis = model.analyse_tile(x, np.ones(x.shape, np.float32), gain)
    found = model.synthesise_exactly(analysis.latents, gain, dict(analysis.low))
    np.testing.assert_allclose(found, model.synthesise(analysis.latents, gain, dict(analysis.low)), atol=1e-4)
