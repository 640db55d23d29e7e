"""Variables of an open archive, and parts of them: nothing is read before it is asked for."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import ArchiveError


@pytest.fixture(scope="module")
def archive(tmp_path_factory, make_field, model):
    path = tmp_path_factory.mktemp("stored") / "a.idlat"
    field = make_field((20, 24, 33), steps=4).assign_coords(time=[0.0, 1.0, 2.0, 3.0], x=np.arange(33.0))
    return idlat.compress(field, path, model=model)


def test_an_archive_maps_names_to_variables(archive):
    assert list(archive) == ["speed"]
    assert "speed" in archive
    assert "other" not in archive
    assert archive["speed"].shape == archive.variable().shape == (4, 20, 24, 33)
    assert archive["speed"].dtype == np.float32
    with pytest.raises(KeyError):
        archive["other"]
    with pytest.raises(ArchiveError, match="it has: speed"):
        archive.variable("other")


@pytest.mark.parametrize(
    "parts",
    [
        [{"time": slice(1, 4)}, {"time": 1}],
        [{"time": slice(None, None, 2)}, {"time": slice(1, None)}],
        [{"z": slice(3, 17)}, {"z": slice(2, -1), "x": 5}, {"z": -2}],
        [{"time": 2, "y": slice(5, 9)}, {"y": slice(1, 2)}],
    ],
)
def test_a_part_of_a_part(archive, parts):
    stored, decoded = archive["speed"], archive.decode()
    for part in parts:
        stored, decoded = stored.isel(**part), decoded.isel(part)
    assert (stored.dims, stored.shape) == (decoded.dims, decoded.shape)
    xr.testing.assert_allclose(stored.decode(), decoded, atol=1e-5)
    assert stored.template.drop_attrs().coords.to_dataset().identical(decoded.coords.to_dataset())


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([{"z": slice(3, 9)}, {"z": slice(2, 7)}], "leaves the field, whose z runs from 0 to 6"),
        ([{"time": slice(1, 3)}, {"time": 2}], "time 2 is outside the archive, which has 0 to 1"),
        ([{"x": 3}, {"x": 0}], "has no x axis"),
        ([{"w": 3}], "has no w axis"),
    ],
)
def test_parts_that_are_none(archive, parts, message):
    stored, (*before, last) = archive["speed"], parts
    for part in before:
        stored = stored.isel(**part)
    with pytest.raises(ArchiveError, match=message):
        stored.isel(**last)


def test_labels_are_read_once(archive, monkeypatch):
    read, get = [], type(archive.store).get
    again = idlat.open_archive(archive.path, archive.model)
    again["speed"].isel(time=0, z=0).decode()
    monkeypatch.setattr(type(archive.store), "get", lambda self, key: read.append(key) or get(self, key))
    again["speed"].isel(time=1, z=0).decode()
    assert read
    assert all("/c/" in key and key.startswith("speed/latents") for key in read), read


def test_a_template_that_is_changed_is_the_callers_own(archive):
    for template in (archive["speed"].template, archive["speed"].isel(time=0).template):
        template.attrs["units"] = "furlongs"
        template.time.attrs["units"] = "fortnights"
        template.encoding["dtype"] = "int8"
    other = archive["speed"].isel(time=0).template
    assert "units" not in {**other.attrs, **other.time.attrs}
    assert other.encoding.get("dtype") != "int8"


def test_labels_that_are_changed_are_the_callers_own(archive):
    field = archive["speed"].isel(z=0).decode()
    field.attrs["units"] = "furlongs"
    field.x.attrs["units"] = "leagues"
    field.encoding["dtype"] = "int8"
    other = archive["speed"].isel(z=0).decode()
    assert "units" not in other.attrs
    assert "units" not in other.x.attrs
    assert other.encoding.get("dtype") != "int8"


def test_a_lazy_dataset(archive):
    dataset = archive.to_xarray()
    assert list(dataset) == ["speed"]
    assert dataset.speed.encoding["preferred_chunks"] == {"time": 1, "z": 20, "y": 24, "x": 33}
    part = {"time": 2, "z": slice(3, 9)}
    xr.testing.assert_identical(dataset.speed.isel(part).load(), archive.decode(**part))
    with xr.open_dataset(archive.path, engine="idlat") as opened:
        xr.testing.assert_identical(opened.load(), archive.to_xarray().load())


def test_a_lazy_part(archive):
    part = archive["speed"].isel(time=slice(1, 3), z=slice(4, 20), x=5)
    lazy = part.to_xarray()
    assert not isinstance(lazy.variable._data, np.ndarray)
    assert lazy.dims == part.dims == ("time", "z", "y")
    xr.testing.assert_identical(
        lazy.isel(time=1, z=slice(2, 9)).load(), part.decode().isel(time=1, z=slice(2, 9))
    )
    xr.testing.assert_identical(lazy.load(), part.decode())
