"""What several tasks of a cluster need is computed by one of its workers, also where each has one thread."""

import pickle
import threading

import numpy as np
import pytest

import idlat
from idlat.parallel import SharedResults, executor_of, run_tasks

distributed = pytest.importorskip("distributed", reason="needs the extra idlat[distributed]")


@pytest.fixture(scope="module", params=[(1, 1), (3, 1), (2, 3)], ids=str)
def executor(request):
    """Clusters in this process; those of one thread stand still where who waits keeps its thread."""
    workers, threads = request.param
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=threads, processes=False, dashboard_address=":0"
        ) as made,
        executor_of(None, made.scheduler_address) as executor,
    ):
        yield executor


@pytest.fixture
def computed():
    """The steps that :func:`_square` has computed, of all workers."""
    threading.computed = []
    yield threading.computed
    del threading.computed


def _square(step):
    threading.computed.append(step)
    return np.full(3, step * step)


def test_a_result_is_computed_once_for_all(executor, computed):
    shared = SharedResults(_square)
    found = list(run_tasks(lambda item: shared(item // 20)[0] + item, range(80), executor))
    assert found == [(item // 20) ** 2 + item for item in range(80)]
    assert sorted(set(computed)) == [0, 1, 2, 3]
    # A result goes with the last worker that keeps it: tasks in their order ask for no older one but one.
    assert len(computed) <= 8


def test_one_step_is_computed_once(executor, computed):
    shared = SharedResults(_square)
    assert len(list(run_tasks(lambda _: int(shared(3)[0]), range(50), executor))) == 50
    assert computed == [3]


def test_no_client_becomes_the_default_one_of_its_process(executor, computed):
    shared = SharedResults(_square)
    assert list(run_tasks(lambda _: int(shared(2)[0]), range(3), executor)) == [4] * 3
    with pytest.raises(ValueError, match="No clients found"):
        distributed.default_client()


def test_an_error_is_that_of_the_function(executor):
    def fails(step):
        raise idlat.IdlatError(f"no step {step}")

    shared = SharedResults(fails)
    with pytest.raises(idlat.IdlatError, match="no step 7"):
        list(run_tasks(lambda _: shared(7), range(5), executor))


def test_outside_a_task_nobody_shares():
    shared = SharedResults(abs)
    assert not shared.shares
    assert not pickle.loads(pickle.dumps(shared)).shares


def test_a_map_of_the_whole_step_is_evaluated_once_for_a_stage(executor, wavy, tmp_path, files_of):
    threading.evaluated = []
    step = wavy[0]

    def map_of(place, values):
        import threading

        threading.evaluated.append(values.shape)
        return 0.5 * (place[0] >= 0)

    try:
        client = executor._client
        idlat.compress(step, tmp_path / "there", map_of, scheduler=client)
        there = list(threading.evaluated)
        idlat.compress(step, tmp_path / "alone", map_of, workers=1)
    finally:
        del threading.evaluated
    # Once to check it, once to fit, once to encode and once to measure: not once a worker.
    assert there == [step.shape] * 4
    assert files_of(tmp_path / "there") == files_of(tmp_path / "alone")
