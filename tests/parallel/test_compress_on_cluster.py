"""Archives made on a Dask cluster: the same bytes as those of threads, read and checked there, too."""

import numpy as np
import pytest

import idlat
from idlat.cli import main

MAPS = ["gradient()", "rarity()", "value > 70%", "isosurface(0.5, decay=2)", "step_information()"]


@pytest.mark.parametrize("importance", MAPS)
def test_every_map_gives_the_same_bytes(importance, wavy, cluster, tmp_path, files_of):
    idlat.compress(wavy, tmp_path / "alone", importance, workers=2)
    idlat.compress(wavy, tmp_path / "there", importance, scheduler=cluster.scheduler_address)
    assert files_of(tmp_path / "there") == files_of(tmp_path / "alone")


def test_steps_too_large_for_one_look_give_the_same_maps(wavy, cluster, monkeypatch):
    """In one process such steps are looked at block by block, one thread; on a cluster a task a block."""
    from idlat.importance import field_view, resolve
    from idlat.parallel import executor_of

    monkeypatch.setattr(field_view, "WHOLE_STEP", 1000)
    monkeypatch.setattr(field_view, "_BLOCK", 16)
    for importance in [*MAPS, "entropy()", _half]:
        alone, _ = resolve(importance, wavy)
        with executor_of(None, cluster.scheduler_address) as executor:
            there, _ = resolve(importance, wavy, workers=executor)
        for step in range(3):
            np.testing.assert_array_equal(there.step(step)[:, :, :], alone.step(step)[:, :, :])


def test_a_bound_and_an_append_give_the_same_bytes(wavy, cluster, tmp_path, files_of):
    there = {"scheduler": cluster.scheduler_address}
    for name, how in (("alone", {"workers": 2}), ("there", there)):
        idlat.compress(wavy[:2], tmp_path / name, "gradient()", max_error="1%", **how)
        idlat.compress(wavy[2:], tmp_path / name, mode="a", **how)
    assert files_of(tmp_path / "there") == files_of(tmp_path / "alone")


def test_a_resumed_job_gives_the_same_bytes(wavy, cluster, tmp_path, files_of):
    class Stop(BaseException):
        pass

    def stop(stage, done, total):
        if stage == "encode" and done == 2:
            raise Stop

    there = {"scheduler": cluster.scheduler_address}
    idlat.compress(wavy, tmp_path / "alone", workers=2)
    with pytest.raises(Stop):
        idlat.compress(wavy, tmp_path / "there", progress=stop, **there)
    idlat.compress(wavy, tmp_path / "there", mode="resume", **there)
    assert files_of(tmp_path / "there") == files_of(tmp_path / "alone")


def test_progress_comes_from_the_cluster(wavy, cluster, tmp_path):
    told = []
    idlat.compress(
        wavy, tmp_path / "a", scheduler=cluster.scheduler_address, progress=lambda *each: told.append(each)
    )
    for stage in ("scan", "encode", "measure"):
        own = [(done, total) for name, done, total in told if name == stage]
        assert [done for done, _ in own] == list(range(1, own[-1][1] + 1))


def test_an_error_leaves_nothing(wavy, cluster, tmp_path):
    def fail(stage, done, total):
        if stage == "encode":
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        idlat.compress(wavy, tmp_path / "a", scheduler=cluster.scheduler_address, progress=fail)
    assert not list(tmp_path.iterdir())


def test_the_command_line_runs_there(wavy, cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    idlat.write_field(wavy, "wave.nc")
    there = ["--scheduler", cluster.scheduler_address]

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([*words, *there])
        assert ended.value.code == 0

    run("compress", "wave.nc", "-o", "wave.idlat", "--importance", "gradient()")
    run("verify", "wave.idlat", "wave.nc")
    run("evaluate", "wave.idlat", "wave.nc", "--json")
    run("decompress", "wave.idlat", "-o", "back.nc")
    back, direct = idlat.open_field("back.nc"), idlat.open_archive("wave.idlat").decode()
    np.testing.assert_array_equal(back.values, direct.values)


def _half(place, values):
    return 0 * values + 0.5 * (place[0] >= 0)
