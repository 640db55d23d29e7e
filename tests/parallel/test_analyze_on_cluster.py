"""Latents of blocks, and what `idlat analyze` makes of them, on a Dask cluster: as in one process."""

import shutil

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.cli.app import run


@pytest.fixture(scope="module")
def folder(wavy, tmp_path_factory):
    """A series with missing values, and an archive of it in several chunks."""
    made = tmp_path_factory.mktemp("latents")
    idlat.write_field(wavy, made / "wave.nc")
    idlat.compress(wavy, made / "wave.idlat", "gradient()", key_every=2)
    return made


@pytest.mark.parametrize("block", [16, 8])
@pytest.mark.parametrize("where", [{}, {"time": slice(1, 3), "x": slice(16, 96)}, {"time": 2}])
def test_latents_are_those_of_one_thread(folder, cluster, block, where):
    with idlat.open_archive(folder / "wave.idlat") as archive:
        alone = archive.latents(block, workers=1, **where)
        for there in (
            archive.latents(block, workers=3, **where),
            archive.latents(block, scheduler=cluster.scheduler_address, **where),
        ):
            assert there.identical(alone)


def test_latents_of_components(cluster, tmp_path):
    values = np.random.default_rng(0).normal(size=(2, 3, 12, 20, 70)).astype("float32")
    field = idlat.open_field(_written(values, tmp_path / "v.npy"), axes="time component z y x".split())
    idlat.compress(field, tmp_path / "v.idlat")
    with idlat.open_archive(tmp_path / "v.idlat") as archive:
        alone = archive.latents(workers=1)
        assert alone.dims[:2] == ("time", "component")
        assert archive.latents(scheduler=cluster.scheduler_address).identical(alone)


def _written(values, path):
    np.save(path, values)
    return path


def test_progress_comes_from_the_cluster(folder, cluster):
    told = []
    with idlat.open_archive(folder / "wave.idlat") as archive:
        archive.latents(scheduler=cluster.scheduler_address, progress=lambda *each: told.append(each))
    assert told == [("latents", done, len(told)) for done in range(1, len(told) + 1)]
    assert len(told) == 6  # two boxes of blocks in three steps, of which none is coded under another


def test_steps_that_are_coded_under_one_another_are_one_task(wavy, cluster, tmp_path):
    still = wavy.isel(time=[0, 0, 0, 1, 1])
    idlat.compress(still, tmp_path / "still.idlat", key_every=3, quality=70)
    told = []
    with idlat.open_archive(tmp_path / "still.idlat") as archive:
        assert archive.decoder("wave").model.key_every == 3
        there = archive.latents(scheduler=cluster.scheduler_address, progress=lambda *each: told.append(each))
        assert there.identical(archive.latents(workers=1))
    assert len(told) == 4  # two boxes of blocks, steps 0 to 2 and 3 to 4


def test_the_active_client_serves(folder, cluster):
    from distributed import Client

    with Client(cluster), idlat.open_archive(folder / "wave.idlat") as archive:
        assert archive.latents(scheduler="distributed").identical(archive.latents(workers=1))


def test_a_damaged_chunk_is_named_from_there(folder, cluster, tmp_path):
    shutil.copytree(folder / "wave.idlat", tmp_path / "hurt.idlat")
    victim = next(
        path for path in sorted((tmp_path / "hurt.idlat/wave/latents/c").rglob("*")) if path.is_file()
    )
    victim.write_bytes(victim.read_bytes()[:-1])
    with (
        idlat.open_archive(tmp_path / "hurt.idlat") as archive,
        pytest.raises(idlat.errors.ArchiveError, match="wave/latents/c"),
    ):
        archive.latents(scheduler=cluster.scheduler_address)


@pytest.mark.slow
def test_the_command_line_writes_the_same_files(folder, cluster, monkeypatch, files_of):
    monkeypatch.chdir(folder)
    there = ["--scheduler", cluster.scheduler_address]
    of_cluster = ["--clusters-file", "clusters-alone/clusters.json", "--cluster", "1"]
    for words in (["clusters", "wave.idlat", "--clusters", "3"], ["track", "wave.idlat", *of_cluster]):
        for name, how in (("alone", []), ("there", there)):
            assert run(["analyze", *words, "-o", f"{words[0]}-{name}", *how]) == 0
        assert files_of(folder / f"{words[0]}-there") == files_of(folder / f"{words[0]}-alone")


def test_isosurfaces_are_compared_there(folder, cluster, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    words = ["analyze", "isosurfaces", "wave.nc", "--time", "1", "--isovalues", "12"]
    there = ["--scheduler", cluster.scheduler_address]
    assert run([*words, "-o", "alone"]) == 0
    assert run([*words, "-o", "there", *there]) == 0
    with xr.open_dataset("alone/isosurfaces.nc") as alone, xr.open_dataset("there/isosurfaces.nc") as found:
        np.testing.assert_array_equal(found.similarity, alone.similarity)
    assert run([*words, "-o", "peer", "--method", "fast", *there]) == 2
    assert "--scheduler is for --method latent" in capsys.readouterr().err
