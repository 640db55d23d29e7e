"""Fields of several components, and archives of several variables."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.original.field_reader import as_fields
from idlat.errors import ArchiveError, FieldError

MAP = "0.2 + 0.8 * (value > 15)"


@pytest.fixture(scope="module")
def wind(make_field):
    """Two steps of three components of different sizes; the second has missing values at one step."""
    parts = [
        make_field((12, 20, 70), 2, offset=o, scale=s).values for o, s in ((10, 3), (-500, 90), (0, 0.1))
    ]
    values = np.stack(parts, axis=1)
    values[1, 1, :3, :4, :5] = np.nan
    coords = {"component": ["u", "v", "w"], "time": [3.0, 4.5], "x": np.arange(70.0)}
    return xr.DataArray(values, coords, ("time", "component", "z", "y", "x"), "wind", {"units": "m s-1"})


@pytest.fixture(scope="module")
def path(tmp_path_factory, wind, model):
    path = tmp_path_factory.mktemp("components") / "a.idlat"
    idlat.compress(wind, path, MAP, model, quality=90, keep_importance=True)
    return path


def test_each_component_comes_back(path, wind, model):
    decoded = idlat.open_archive(path, model).decode()
    assert decoded.dims == wind.dims
    xr.testing.assert_equal(decoded.coords.to_dataset(), wind.coords.to_dataset())
    np.testing.assert_array_equal(np.isnan(decoded), np.isnan(wind))
    for component in range(3):
        error = (decoded - wind).isel(component=component)
        span = float(wind.isel(component=component).max() - wind.isel(component=component).min())
        assert float(abs(error).max()) < 0.2 * span


def test_each_component_is_coded_as_if_alone(tmp_path, wind, model):
    alone = wind.isel(component=0, drop=True)
    box = "box(z=0:6, y=0:20, x=0:70)"
    both = idlat.compress(wind, tmp_path / "both", box, model)
    one = idlat.compress(alone, tmp_path / "one", box, model)
    np.testing.assert_array_equal(both.latents(component=0), one.latents())
    np.testing.assert_array_equal(both.decode(component=0), one.decode())


@pytest.mark.parametrize(
    ("part", "dims"),
    [
        ({"time": 1, "component": 2}, ("z", "y", "x")),
        ({"component": slice(1, 3)}, ("time", "component", "z", "y", "x")),
        ({"time": 0, "z": slice(2, 9)}, ("component", "z", "y", "x")),
        ({"component": -1, "x": slice(5, 66)}, ("time", "z", "y", "x")),
    ],
    ids=str,
)
def test_parts(path, model, part, dims):
    archive = idlat.open_archive(path, model)
    decoded, whole = archive.decode(**part), archive.decode().isel(part)
    assert decoded.dims == dims
    np.testing.assert_allclose(decoded, whole, atol=1e-3)
    pieces = archive.template(**part).copy(deep=True)
    for where, values in archive.variable().isel(**part).slabs(4 * 70 * 20 * 3):
        pieces[where] = values
    np.testing.assert_allclose(pieces, whole, atol=1e-3)


@pytest.mark.parametrize(
    ("asked", "message"), [({"component": 3}, "component 3 is outside"), ({"time": 2}, "time 2")]
)
def test_parts_that_are_not_there(path, model, asked, message):
    with pytest.raises(ArchiveError, match=message):
        idlat.open_archive(path, model).decode(**asked)


def test_a_component_of_a_scalar(tmp_path, make_field, model):
    archive = idlat.compress(make_field((8, 8, 8)), tmp_path / "a", model=model)
    with pytest.raises(ArchiveError, match="no component axis"):
        archive.decode(component=0)


def test_latents_and_the_coarse_view(path, model):
    archive = idlat.open_archive(path, model)
    assert archive.latents().shape == (2, 3, 1, 2, 5, 8 * model.channels)
    assert archive.latents(8, time=0, component=1).shape == (2, 3, 9, model.channels)
    coarse = archive.decode(component=1, coarse=8)
    assert coarse.dims == ("time", "z", "y", "x")
    assert float(coarse.mean()) == pytest.approx(-500, abs=60)


def test_info_evaluate_and_verify(path, wind, model):
    archive = idlat.open_archive(path, model)
    info = archive.info()
    assert info.variables[0].shape == (2, 3, 12, 20, 70)
    assert info.variables[0].chunks == (1, 1, 64, 64, 64)
    found = idlat.evaluate(archive, wind)
    assert found.wpsnr == pytest.approx(info.variables[0].errors.wpsnr)
    decoded = archive.decode().values.astype("f8")
    pooled, count = 0.0, 0
    for step in range(2):
        for component in range(3):
            original = wind.values[step, component].astype("f8")
            valid = np.isfinite(original)
            span = np.ptp(original[valid])
            pooled += (((decoded[step, component] - original)[valid] / span) ** 2).sum()
            count += valid.sum()
    assert found.psnr == pytest.approx(-10 * np.log10(pooled / count))
    assert idlat.verify(archive, wind).ok
    assert not idlat.verify(archive, wind + 1).ok


def test_the_xarray_engine(path, wind, model):
    whole = idlat.open_archive(path, model).decode()
    with xr.open_dataset(path, engine="idlat", chunks={}) as dataset:
        assert dataset.wind.chunks[:2] == ((1, 1), (1, 1, 1))
        np.testing.assert_allclose(
            dataset.wind.sel(component="v")[:, 3, :, ::9], whole[:, 1, 3, :, ::9], atol=1e-3
        )


def test_a_value_is_that_of_the_magnitude(tmp_path, make_field, model):
    u = make_field((8, 8, 24))
    field = xr.concat([3 * u, 4 * u], "component").transpose("component", "z", "y", "x")
    archive = idlat.compress(field.rename("wind"), tmp_path / "a", "value > 50", model, keep_importance=True)
    expected = (5 * u.values.astype("f8") > 50).reshape(1, 8, 1, 8, 24)
    assert archive.record.variables[0].importance_sum == pytest.approx(2 * expected.sum())


def test_without_time_and_with_a_constant_mask(tmp_path, wind, model):
    field = wind.isel(time=1, drop=True)
    archive = idlat.compress(field, tmp_path / "a", model=model)
    assert archive.record.variables[0].parts[0].masks == (-1, 0, -1)
    np.testing.assert_array_equal(np.isnan(archive.decode()), np.isnan(field))
    assert idlat.verify(archive, field).ok


@pytest.mark.parametrize("target", [{"ratio": 70}, {"psnr": 41.5}])
def test_targets_are_met_over_all_components_and_variables(tmp_path, wind, model, target):
    field = [wind.fillna(0.0), wind.isel(component=0, drop=True).rename("speed")]
    archive = idlat.compress(field, tmp_path / "a", model=model, **target)
    found = idlat.evaluate(archive, field)
    if "ratio" in target:
        assert found.lsr == pytest.approx(70, rel=0.02)
    else:
        assert found.wpsnr == pytest.approx(41.5, abs=0.1)


def test_several_variables(tmp_path, make_field, model):
    fields = [
        make_field((9, 10, 11), 2).rename("t"),
        make_field((9, 10, 11), 2, "int16", 500, 100).rename("q"),
    ]
    archive = idlat.compress(fields, tmp_path / "a", "value > 11", model, quality=90)
    assert archive.variables == ("t", "q")
    assert archive.decode("q").dtype == np.int16
    with pytest.raises(ArchiveError, match="name one of them: t, q"):
        archive.decode()
    with xr.open_dataset(tmp_path / "a", engine="idlat") as dataset:
        assert set(dataset.data_vars) == {"t", "q"}
    found = idlat.evaluate(archive, xr.Dataset({"q": fields[1], "t": fields[0]}))
    assert found.bytes_original == sum(field.nbytes for field in fields)
    one = idlat.evaluate(archive, fields[1], variables=["q"])
    assert one.bytes_original == fields[1].nbytes
    assert 0 < one.bytes_streams < found.bytes_streams
    assert one.psnr == pytest.approx(archive.info().variables[1].errors.psnr)
    with pytest.raises(FieldError, match="lacks the archive's variable 'q'"):
        idlat.evaluate(archive, fields[0])


def test_variables_that_do_not_go_together(make_field):
    with pytest.raises(FieldError, match="different steps"):
        as_fields([make_field((4, 5, 6), steps=2), make_field((4, 5, 6), steps=3).rename("other")])
    with pytest.raises(FieldError, match="given twice"):
        as_fields([make_field((4, 5, 6)), make_field((4, 5, 6))])
    with pytest.raises(FieldError, match="no variable"):
        as_fields([])
    for several in ([np.zeros((4, 5, 6))] * 2, np.zeros((4, 5, 6)).tolist()):
        with pytest.raises(
            FieldError, match="each needs a name: give DataArrays that have one, or a mapping"
        ):
            as_fields(several)


def test_a_mapping_names_its_variables(make_field):
    field = make_field((4, 5, 6)).assign_attrs(units="K")
    field.encoding["idlat_missing"] = 3.0
    readers = as_fields({"u": field.values, "v": field, "speed": field.values})
    assert [reader.name for reader in readers] == ["u", "v", "speed"]
    assert readers[1].field.attrs == {"units": "K"}
    assert readers[1].field.encoding["idlat_missing"] == 3.0
    with pytest.raises(FieldError, match="no variable"):
        as_fields({})
