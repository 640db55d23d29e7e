"""What `idlat repair` restores, what it notes as lost, and that it never makes an archive worse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.archive.storage.archive_store import ArchiveStore
from idlat.cli.app import run
from idlat.errors import ArchiveError, IdlatError, MissingFileError, OutputExistsError
from support.archives.damage import CASES, damage, field, keys_of, make


@pytest.fixture(scope="module")
def original_of(made_once) -> Callable[[str], Path]:
    """Return a maker of the whole archive of a case, once for all processes."""
    return lambda case: (
        made_once(f"to_mend_{case}", lambda folder: make(case, folder / "a.idlat")) / "a.idlat"
    )


@pytest.fixture
def archive(original_of, request, tmp_path) -> tuple[Path, Path]:
    """A copy to damage, and the original."""
    original = original_of(getattr(request, "param", "default"))
    shutil.copytree(original, tmp_path / "a.idlat")
    return tmp_path / "a.idlat", original


def values_of(path: Path) -> dict[str, np.ndarray]:
    with idlat.open_archive(path) as opened:
        return {name: opened.decode(name, workers=1).values for name in opened}


def lost_of(path: Path, original: Path) -> dict[str, np.ndarray]:
    """Return which voxels of each variable are missing that the original has, and check the others."""
    there, here = values_of(original), values_of(path)
    lost = {}
    for name, values in there.items():
        same = (here[name] == values) | ((here[name] != here[name]) & (values != values))
        fill = np.iinfo(values.dtype).min if values.dtype.kind == "i" else np.nan
        missing = np.isnan(here[name]) if values.dtype.kind == "f" else here[name] == fill
        assert (same | missing).all()
        lost[name] = ~same
    return lost


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {key: (folder / key).read_bytes() for key in keys_of(folder)}


def some_keys(folder: Path, number: int, rng: np.random.Generator) -> list[str]:
    """Draw objects, as many of metadata as of data; never the record."""
    keys = [key for key in keys_of(folder) if key != "zarr.json" and not key.startswith("model/")]
    documents = [key for key in keys if key.endswith(".json")]
    drawn = [*rng.choice(documents, number), *rng.choice(sorted({*keys} - {*documents}), number)]
    return sorted(set(map(str, rng.choice(drawn, number, replace=False))))


@pytest.mark.parametrize("archive", CASES, indirect=True)
@pytest.mark.parametrize("seed", range(3))
def test_random_damage(archive, seed: int) -> None:
    path, original = archive
    rng = np.random.default_rng(seed)
    damaged = some_keys(path, 1 + 2 * seed, rng)
    for key in damaged:
        damage(path, key, rng)
    found = idlat.repair(path, workers=1)
    lost = lost_of(path, original)
    assert {name: int(each.sum()) for name, each in lost.items()}.keys() >= found.voxels_lost.keys()
    assert all(each.sum() <= found.voxels_lost.get(name, 0) for name, each in lost.items())
    assert set(damaged) <= named(found, damaged)
    verified = idlat.verify(path, workers=1)
    assert verified.ok is not bool(found.lost)
    assert verified.lost == tuple(each.key for each in found.lost)
    assert len(verified.faults) == len(verified.lost)
    assert idlat.repair(path, original, workers=1).lost == ()
    assert bytes_of(path) == bytes_of(original)


def named(found: idlat.archive.Repair, damaged: list[str]) -> set[str]:
    """Return the keys that a repair speaks of; it names a coordinate's values by its document.

    Of a variable without its description nothing says which coordinates it had.
    """
    said = {each.key for each in found.lost} | set(found.rebuilt)
    if "speed/zarr.json" in said:
        said |= {f"{name}/{rest}" for name in ("time", "z", "x") for rest in ("zarr.json", "c/0")}
    return said | {key for key in damaged if f"{key.split('/c/')[0]}/zarr.json" in said}


@pytest.mark.parametrize("archive", ["default", "bounded"], indirect=True)
def test_two_damaged_copies_make_a_whole_one(archive, tmp_path) -> None:
    path, original = archive
    rng, copy = np.random.default_rng(9), tmp_path / "copy.idlat"
    shutil.copytree(original, copy)
    labels = {"zarr.json", *(key for key in keys_of(path) if key.count("/") < 3 and "/c/" in key)}
    for number, key in enumerate(key for key in keys_of(path) if key not in labels):
        damage((path, copy)[number % 2], key, rng)
    found = idlat.repair(path, copy, workers=1)
    assert found.lost == ()
    assert len(found.restored) > 10
    assert bytes_of(path) == bytes_of(original)


def test_a_lost_record_comes_from_the_copy(archive) -> None:
    path, original = archive
    (path / "zarr.json").write_bytes(b"{}")
    with pytest.raises(ArchiveError, match="name one with --from"):
        idlat.repair(path)
    assert (path / "zarr.json").read_bytes() == b"{}"
    assert idlat.repair(path, original).restored == ("zarr.json",)
    assert bytes_of(path) == bytes_of(original)


def test_an_older_record_gives_way_to_the_copys(tmp_path) -> None:
    given = field()
    path = tmp_path / "a.idlat"
    idlat.compress(given[:1], path, quality=20)
    before = (path / "zarr.json").read_bytes()
    idlat.compress(given[1:], path, quality=None, mode="a")
    shutil.copytree(path, tmp_path / "copy")
    (path / "zarr.json").write_bytes(before)
    with pytest.raises(ArchiveError, match="an older one: name a copy"):
        idlat.repair(path)
    assert idlat.repair(path, tmp_path / "copy").restored == ("zarr.json",)
    assert bytes_of(path) == bytes_of(tmp_path / "copy")


def test_another_archive_is_no_copy(archive, original_of) -> None:
    (path, _), other = archive, original_of("bounded")
    before = bytes_of(path)
    with pytest.raises(ArchiveError, match="is no copy of"):
        idlat.repair(path, other)
    (path / "zarr.json").unlink()
    with pytest.raises(ArchiveError, match="nothing in it says that it is"):
        idlat.repair(path, other)
    assert bytes_of(path) == {key: content for key, content in before.items() if key != "zarr.json"}
    with pytest.raises(ArchiveError, match="mended from itself"):
        idlat.repair(path, path)


def test_what_cannot_be_repaired(archive, tmp_path) -> None:
    path, original = archive
    packed = Path(shutil.make_archive(str(tmp_path / "b"), "zip", path))
    with pytest.raises(ArchiveError, match="is no folder: unpack it"):
        idlat.repair(packed)
    with pytest.raises(MissingFileError, match="does not exist"):
        idlat.repair(tmp_path / "absent.idlat")
    (path / "appending.json").write_bytes(b"{}")
    with pytest.raises(OutputExistsError, match="was interrupted"):
        idlat.repair(path)
    (path / "appending.json").unlink()
    (path / "speed/zarr.json").unlink()
    assert idlat.repair(path, packed).restored == ("speed/zarr.json",)  # a copy may be packed
    assert bytes_of(path) == bytes_of(original)


@pytest.mark.parametrize("archive", ["default"], indirect=True)
def test_what_its_streams_were_coded_with_is_lost(archive) -> None:
    path, original = archive
    for kind in ("latents", "second"):
        (path / f"speed/{kind}/zarr.json").unlink()
    found = idlat.repair(path)
    assert [each.key for each in found.lost] == ["speed/latents/zarr.json", "speed/second/zarr.json"]
    opened = idlat.open_archive(path)
    assert np.isnan(opened.decode("speed")).all()
    assert np.isnan(opened.decode("speed", coarse=8)).all()
    assert not opened.latents(variable="speed").any()
    np.testing.assert_array_equal(opened.decode("heat"), idlat.open_archive(original).decode("heat"))
    assert idlat.verify(path).lost == opened.info().lost
    idlat.repair(path, original)
    assert bytes_of(path) == bytes_of(original)


def test_everything_that_reads_leaves_out_what_is_lost(archive, tmp_path) -> None:
    path, original = archive
    (path / "speed/latents/c/1/0/0/0/0").unlink()
    (path / "x/c/0").unlink()
    (path / "heat/importance/c/0/0/0/0").unlink()
    with pytest.raises(ArchiveError, match="is missing: restore it from a copy"):
        idlat.open_archive(path).decode("heat")
    found = {each.key: each for each in idlat.repair(path).lost}
    assert found["speed/latents/c/1/0/0/0/0"].region == ((0, 12), (0, 64), (0, 64))
    opened, whole = idlat.open_archive(path), idlat.open_archive(original)
    assert "x" not in opened.decode("speed").coords
    np.testing.assert_array_equal(opened.decode("speed", time=0), whole.decode("speed", time=0))
    coarse = opened.decode("speed", coarse=8).values
    lost = np.isnan(coarse) & ~np.isnan(whole.decode("speed", coarse=8).values)
    assert lost[1, :, :8, :8].all()
    assert not lost[0].any()
    assert not opened.latents(variable="speed", time=1)[0, 0, 0].any()
    assert opened.latents(variable="speed", time=1)["empty"][0, 0, 0]
    assert np.isnan(opened.importance("heat", time=0)).any()
    lazy = xr.open_dataset(path, engine="idlat")["speed"]
    np.testing.assert_array_equal(lazy, opened.decode("speed"))
    with pytest.raises(ArchiveError, match="has lost 3 objects"):
        idlat.compress(field().isel(time=[0]).assign_coords(time=[2.0]), path, mode="a")
    errors = idlat.archive.evaluate(opened, xr.Dataset({"speed": field(), "heat": field("heat") / 2}))
    assert errors.psnr is not None
    assert errors.max_error is not None


@pytest.mark.parametrize("archive", ["integers"], indirect=True)
def test_integers_say_what_is_missing(archive, tmp_path) -> None:
    path, _ = archive
    (path / "speed/latents/c/1/0/0/0/0").unlink()
    idlat.repair(path)
    back = idlat.open_archive(path).decode()
    assert back.encoding["_FillValue"] == -32768
    assert (back[1, :, :64, :64] == -32768).all()
    assert not (back[0] == -32768).any()


def test_integers_without_a_free_value_are_refused(tmp_path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (8, 8, 130)).astype(np.uint8)
    values[0, 0, :2] = 0, 255
    idlat.compress(values, tmp_path / "a.idlat", quality=30)
    (tmp_path / "a.idlat/field/latents/c/0/0/0/0/0").unlink()
    idlat.repair(tmp_path / "a.idlat")
    opened = idlat.open_archive(tmp_path / "a.idlat")
    with pytest.raises(ArchiveError, match="no value of uint8 is free"):
        opened.decode()
    assert opened.decode(x=slice(128, 130)).shape == (8, 8, 2)


@pytest.mark.parametrize("at", [0, 1, 3, 6])
def test_a_repair_that_fails_has_made_nothing_worse(archive, at: int, monkeypatch) -> None:
    path, original = archive
    rng = np.random.default_rng(at)
    for key in some_keys(path, 8, rng):
        damage(path, key, rng)
    before, whole, put, count = bytes_of(path), bytes_of(original), ArchiveStore.put, [0]

    def failing(store: ArchiveStore, key: str, data: bytes) -> None:
        if count[0] == at:
            raise OSError(28, "No space left on device")
        count[0] += 1
        put(store, key, data)

    monkeypatch.setattr(ArchiveStore, "put", failing)
    with pytest.raises(IdlatError, match="no space is left on the disk"):
        idlat.repair(path, original, workers=1)
    monkeypatch.undo()
    after = bytes_of(path)
    assert all(content in (before.get(key), whole[key]) for key, content in after.items())
    assert after.keys() >= before.keys()
    assert idlat.repair(path, original).lost == ()
    assert bytes_of(path) == whole


def test_on_the_command_line(archive, tmp_path, capsys) -> None:
    path, original = archive
    (path / "speed/second/c/0/0/0/0/0").write_bytes(b"x")
    assert run(["repair", str(path)]) == 0
    said = capsys.readouterr().out
    assert (
        "lost: speed/second/c/0/0/0/0/0 (second transform of speed, step 0, z 0:12, y 0:70, x 0:90)" in said
    )
    assert "speed: 75600 voxels decode as missing" in said
    assert run(["repair", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lost"][0]["region"] == [[0, 12], [0, 70], [0, 90]]
    assert found["voxels_lost"] == {"speed": 75600}
    assert run(["verify", str(path)]) == 2
    assert "has lost 1 object (speed/second/c/0/0/0/0/0)" in capsys.readouterr().err
    assert run(["info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lost"] == ["speed/second/c/0/0/0/0/0"]
    target = tmp_path / "back.npy"
    assert run(["decompress", str(path), "--variable", "speed", "-o", str(target)]) == 0
    assert "has lost 1 object: voxels that depend on it are missing" in capsys.readouterr().err
    assert np.isnan(np.load(target)[0]).all()
    assert run(["repair", str(path), "--from", str(original)]) == 0
    assert "1 object restored" in capsys.readouterr().out
    assert run(["verify", str(path)]) == 0
