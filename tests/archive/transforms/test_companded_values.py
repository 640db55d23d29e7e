"""Values are companded where importance follows them: archives are smaller, and what reads them knows."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.model.shipped_weights import shipped_file
from idlat.model.subband.fitting import variable_fit
from idlat.model.subband.fitting.variable_fit import VariableFit
from idlat.transform.companding import LINEAR
from idlat.transform.cuts import NO_CUTS
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


def test_coarse_values_are_nearly_means_of_cells(archive):
    means = archive.decode().values.reshape(6, 8, 7, 8, 5, 8).mean((1, 3, 5))
    beyond = archive.decode(coarse=8).values - means
    assert beyond.min() > -0.2
    assert beyond.max() < 1
    assert np.sqrt(np.mean(np.square(beyond))) < 0.2


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


def series(*fields):
    return xr.concat(fields, "time").assign_coords(time=np.arange(float(len(fields))))


def test_steps_of_a_series_are_linear_unless_each_is_coded_alone(field, tmp_path):
    two = series(field, 0.98 * field)
    assert companding_of(idlat.compress(two, tmp_path / "a.idlat", MAP, quality=80)) == LINEAR
    alone = idlat.compress(two, tmp_path / "b.idlat", MAP, quality=80, key_every=1)
    assert companding_of(alone) != LINEAR


@pytest.mark.parametrize(
    ("make", "importance"),
    [(lambda v: 0.6 * v, "value > 90%"), (lambda v: 20 * v, MAP), (lambda v: v + 10, MAP)],
)
def test_what_matters_in_appended_steps_is_as_good_as_in_an_archive_of_their_own(
    field, tmp_path, make, importance
):
    later = make(field).expand_dims(time=[1.0])
    grown = idlat.compress(series(field), tmp_path / "a.idlat", importance, quality=80, key_every=1)
    assert companding_of(grown) != LINEAR
    grown = idlat.compress(later, tmp_path / "a.idlat", importance, mode="a")
    assert idlat.verify(grown).faults == ()
    own = idlat.compress(later, tmp_path / "b.idlat", importance, quality=80)
    marked = idlat.importance.parse(importance).evaluate(later.isel(time=0, drop=True)).values > 0.5
    errors = []
    for archive in (grown, own):
        error = archive.decode().values[-1] - later.values[0]
        errors.append(float(np.sqrt(np.mean(np.square(error[marked])))))
    integers = dict(Reader(tmp_path / "a.idlat", shipped_file("default").read_bytes()).integers())
    whole = (slice(None), *(slice(0, n) for n in grown.decoder().grid.cells))
    np.testing.assert_array_equal(integers["p/latents"][1], grown.decoder().latents.frame(1)[whole])
    assert errors[0] < 2 * errors[1]  # that of 0.6·v is measured in its own, smaller steps


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


def test_a_ragged_corner_tells_which_form_is_taken(tmp_path, monkeypatch):
    """The warmest layers are a box, but for a corner: what is cheap in the middle is dear there."""
    z, y, x = np.meshgrid(np.arange(41.0), np.arange(160.0), np.arange(176.0), indexing="ij")
    noise = np.random.default_rng(0).normal(size=y[0].shape)
    values = 4 * z + 0.4 * np.sin(0.06 * x + 0.02 * z) * np.cos(0.05 * y - 0.1 * z)
    values += (3.8 + 0.3 * noise) * ((y < 45) & (x < 45))
    layers = xr.DataArray(values.astype(np.float32), dims=("z", "y", "x"), name="p")
    settings = {"quality": 60, "importance_range": 14}
    archive = idlat.compress(layers, tmp_path / "a.idlat", "value > 155", **settings)
    assert archive.decoder().model.coding.cuts == NO_CUTS
    monkeypatch.setattr(VariableFit, "_forms", lambda self, *_, **__: [self])
    cut = idlat.compress(layers, tmp_path / "cut.idlat", "value > 155", **settings)
    assert cut.decoder().model.coding.cuts != NO_CUTS
    ours, theirs = (idlat.evaluate(one, layers, "value > 155") for one in (archive, cut))
    assert ours.bytes_streams < 0.4 * theirs.bytes_streams
    assert ours.wpsnr > theirs.wpsnr - 4
