"""The coarse view: means of blocks, at their centres, from few objects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.cli.app import run
from idlat.errors import ArchiveError
from support.fields.smooth_field import smooth
from support.models.paper_networks import random_block_model


def labelled(shape: tuple[int, int, int]) -> xr.DataArray:
    coordinates = {
        "z": np.arange(shape[0]) ** 1.5,
        "x": np.arange(shape[2]) * 0.5,
        "lat": (("y", "x"), np.add.outer(np.arange(shape[1]), np.arange(shape[2])) * 0.25),
        "name": (("y",), [f"s{i}" for i in range(shape[1])]),
    }
    z, y, x = np.indices(shape)
    values = np.sin(z / 20 + y / 15 + x / 12).astype(np.float32)
    return xr.DataArray(values, coordinates, ("z", "y", "x"), "p", {"units": "K", "valid_min": -3.0})


def block_means(values: np.ndarray, side: int) -> np.ndarray:
    means = values.astype(np.float64)
    for axis, n in enumerate(values.shape):
        starts = np.arange(0, n, side)
        sizes = np.diff([*starts, n]).reshape([-1 if a == axis else 1 for a in range(3)])
        means = np.add.reduceat(means, starts, axis=axis) / sizes
    return means


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is read from archives."""
    seen: list[str] = []
    real = ArchiveStore.get

    def get(self: ArchiveStore, key: str) -> bytes | None:
        seen.append(key)
        return real(self, key)

    monkeypatch.setattr(ArchiveStore, "get", get)
    return seen


def objects(keys: list[str], kind: str) -> int:
    return len({key for key in keys if f"/{kind}/c/" in key})


@pytest.mark.parametrize(("side", "importance"), [(8, None), (24, "value > 0"), (64, None)])
def test_means_of_blocks_at_their_centres(tmp_path: Path, side: int, importance: str | None) -> None:
    field = labelled((20, 33, 70))
    with idlat.compress(field, tmp_path / "a", importance, quality=70) as archive:
        coarse = archive.decode(coarse=side)
        end = 64 // side * side
        part = archive["p"].isel(x=slice(0, end)).decode(coarse=side)
    assert coarse.dtype == np.float32
    error = coarse.values - block_means(field.values, side)
    assert np.sqrt((error**2).mean()) < 0.06
    np.testing.assert_allclose(part, coarse[..., : 64 // side], atol=1e-5)
    np.testing.assert_allclose(coarse.z[0], field.z[:side].mean())
    np.testing.assert_allclose(coarse.x[-1], field.x[(70 - 1) // side * side :].mean())
    np.testing.assert_allclose(coarse.lat[0, -1], field.lat[:side, (70 - 1) // side * side :].mean())
    assert "name" not in coarse.coords
    assert coarse.attrs == {"units": "K"}


def test_an_even_map_reads_one_object_of_many(tmp_path: Path, keys: list[str]) -> None:
    idlat.compress(smooth((8, 72, 1100)), tmp_path / "a", quality=40).close()
    with idlat.open_archive(tmp_path / "a") as archive:
        keys.clear()
        archive.decode(coarse=8)
        assert (objects(keys, "latents"), objects(keys, "second")) == (0, 3)
        keys.clear()
    with idlat.open_archive(tmp_path / "a") as archive:
        archive.decode(coarse=32, x=slice(0, 256))
        assert (objects(keys, "latents"), objects(keys, "second")) == (0, 1)


def test_under_a_map_a_region_reads_its_chunks_only(tmp_path: Path, keys: list[str]) -> None:
    idlat.compress(smooth((8, 72, 1100)), tmp_path / "a", "value > 0", quality=40).close()
    with idlat.open_archive(tmp_path / "a") as archive:
        keys.clear()
        archive.decode(coarse=8, x=slice(512, 576))
        assert objects(keys, "latents") <= 2 * 3  # and those of the halo
        assert objects(keys, "second") <= 2


def test_an_even_map_has_the_same_bytes_as_levels_would_give(tmp_path: Path) -> None:
    values = [
        idlat.compress(smooth((16, 24, 40)), tmp_path / name, expression, quality=50).decode().values
        for name, expression in (("a", None), ("b", "1"))
    ]
    np.testing.assert_array_equal(*values)


def test_where_nothing_is_valid_there_is_no_mean(tmp_path: Path) -> None:
    field = labelled((16, 16, 32))
    field.values[:8, :8, :8] = np.nan
    field.values[8:, :4] = np.nan
    with idlat.compress(field, tmp_path / "a") as archive:
        missing = np.isnan(archive.decode(coarse=8).values)
        assert not np.isnan(archive.decode(coarse=16).values).any()
    assert missing[0, 0, 0]
    assert missing.sum() == 1


@pytest.mark.parametrize(("dtype", "largest"), [("float64", 1e300), ("float64", 1e-310), ("int64", 2**52)])
def test_means_of_64_bits_have_as_many(tmp_path: Path, dtype: str, largest: float) -> None:
    field = labelled((16, 16, 32))
    large = (field.astype(np.float64) * largest).astype(dtype)
    with idlat.compress(field, tmp_path / "a") as one, idlat.compress(large, tmp_path / "b") as other:
        means, coarse = one.decode(coarse=8), other.decode(coarse=8)
    assert coarse.dtype == np.float64
    np.testing.assert_allclose(coarse.values / largest, means, atol=0.01)


def test_means_beyond_the_type_are_infinite_without_a_warning(tmp_path: Path) -> None:
    with idlat.compress(labelled((16, 16, 32)), tmp_path / "a") as archive:
        decoder = archive["p"].decoder
        (part,) = decoder.variable.parts
        wide = replace(part.normalisations[0], offset=1e300, maximum=1e308)
        damaged = replace(decoder.variable, parts=(replace(part, normalisations=(wide,)),))
        assert np.isposinf(replace(decoder, variable=damaged).coarse(0, ((0, 2), (0, 2), (0, 4)))).all()


@pytest.mark.parametrize("side", [0, -8, 4, 12, 7])
def test_other_sides_are_one_clear_line(tmp_path: Path, side: int) -> None:
    with idlat.compress(smooth((8, 8, 16)), tmp_path / "a") as archive:
        with pytest.raises(ArchiveError, match=f"ask for 8, 16 or 32, not {side}") as error:
            archive.decode(coarse=side)
        with pytest.raises(ArchiveError, match="cuts blocks of 16 voxels"):
            archive.decode(coarse=16, x=slice(8, 16))
        with pytest.raises(ArchiveError, match="give z as a slice"):
            archive.decode(coarse=8, z=0)
    assert "\n" not in str(error.value)


def test_models_of_blocks_have_means_of_theirs(tmp_path: Path) -> None:
    with idlat.compress(smooth((16, 32, 40)), tmp_path / "a", model=random_block_model()) as archive:
        with pytest.raises(ArchiveError, match="ask for 16, 32 or 64, not 8"):
            archive.decode(coarse=8)
        assert archive.decode(coarse=32).shape == (1, 1, 2)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = xr.concat([labelled((16, 24, 40)), labelled((16, 24, 40)) + 1], "time").rename(y="lat_", x="lon_")
    idlat.compress(steps, tmp_path / "a").close()
    assert run(["decompress", str(tmp_path / "a"), "--coarse", "-o", str(tmp_path / "b.nc")]) == 0
    assert run(["decompress", str(tmp_path / "a"), "-o", str(tmp_path / "c.npy"), "--coarse", "16"]) == 0
    with xr.open_dataset(tmp_path / "b.nc") as back:
        assert back["p"].shape == (2, 2, 3, 5)
        assert back["p"].attrs["units"] == "K"
    assert np.load(tmp_path / "c.npy").shape == (2, 1, 2, 3)
    assert run(["decompress", str(tmp_path / "a"), "-o", str(tmp_path / "d.npy"), "--coarse", "9"]) == 2
    assert not (tmp_path / "d.npy").exists()
    assert "not 9" in capsys.readouterr().err
