"""A worker that is killed in the middle of a job costs its tasks, and nothing else."""

import os
import signal

import pytest

import idlat

distributed = pytest.importorskip("distributed", reason="needs the extra idlat[distributed]")


@pytest.fixture(scope="module")
def processes():
    """Two workers of one thread, processes under nannies."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("source", ["file", "memory"])
def test_a_killed_worker_costs_only_its_tasks(source, wavy, processes, tmp_path, files_of):
    field = wavy
    if source == "file":
        idlat.write_field(wavy, tmp_path / "wave.nc")
        field = idlat.open_field(tmp_path / "wave.nc")
    idlat.compress(field, tmp_path / "alone", "gradient()", key_every=1, workers=2)
    victims = []

    def kill(stage, done, total):
        if stage == "encode" and done == 1 and not victims:
            with distributed.Client(processes, set_as_default=False) as client:
                victims.append(client.run(os.getpid).popitem())
            os.kill(victims[0][1], signal.SIGKILL)

    there = {"scheduler": processes.scheduler_address}
    idlat.compress(field, tmp_path / "there", "gradient()", key_every=1, progress=kill, **there)
    assert len(victims) == 1
    assert files_of(tmp_path / "there") == files_of(tmp_path / "alone")  # no unfinished file among them
