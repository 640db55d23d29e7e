"""Tasks on a Dask cluster: order, joined groups, trees, errors; what is large is scattered."""

import operator
import pickle
import threading
import time
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat.errors import IdlatError
from idlat.parallel import executor_of, join_tasks, reduce_tasks, run_tasks

pytest.importorskip("distributed", reason="needs the extra idlat[distributed]")

from idlat.parallel.pickled_function import PickledFunction


@pytest.fixture
def executor(cluster):
    with executor_of(None, cluster.scheduler_address) as made:
        yield made


def test_results_come_in_order(executor):
    assert executor.slots == 2
    assert list(run_tasks(lambda n: n * n, range(50), executor)) == [n * n for n in range(50)]


def test_groups_are_joined_once_all_their_items_are_there(executor):
    joined = []  # the cluster's worker is in this process, but what it is sent is pickled all the same
    groups = [(name, list(range(k))) for name, k in (("a", 3), ("b", 1), ("c", 20))]
    results = {}
    threading.results = results
    try:
        done = join_tasks(lambda n: n + 1, groups, _keep, executor)
        assert len(list(done)) == 24
    finally:
        del threading.results
    assert joined == []
    assert results == {"a": [1, 2, 3], "b": [1], "c": list(range(1, 21))}


def _keep(group, results):
    threading.results[group] = list(results)


@pytest.mark.parametrize("count", [1, 2, 16, 17, 40, 300])
def test_a_tree_combines_in_order(executor, count):
    found = reduce_tasks(lambda n: (n,), range(count), lambda parts: reduce(operator.add, parts), executor)
    assert found == tuple(range(count))


def test_an_error_ends_the_work_before_it_is_seen(executor):
    threading.under_way = []  # appending and removing are atomic, where counting up is not

    def work(item):
        import threading

        threading.under_way.append(item)
        time.sleep(0.05)
        threading.under_way.remove(item)
        if item == 7:
            raise IdlatError("seven")
        return item

    try:
        with pytest.raises(IdlatError, match="seven"):
            list(run_tasks(work, range(100), executor))
        assert threading.under_way == []
    finally:
        del threading.under_way


def test_large_arrays_in_memory_are_scattered(executor):
    values = np.arange(600_000, dtype=np.float64).reshape(60, 100, 100)
    field = xr.DataArray(values, dims=("z", "y", "x"))
    pickled = PickledFunction.of((field, values, values[:2]))
    assert len(pickled.content) < 200_000
    assert [array is values for array in pickled.arrays] == [True]  # once, however often it occurs
    for z, (part, row) in enumerate(
        run_tasks(lambda z: (field[z].values, values[z, 5]), range(60), executor)
    ):
        np.testing.assert_array_equal(part, values[z])
        np.testing.assert_array_equal(row, values[z, 5])


def test_paths_are_absolute_on_workers(executor):
    here = Path("some/file.nc")
    assert list(run_tasks(lambda _: here, [0], executor)) == [here.absolute()]


def test_what_cannot_be_pickled_is_one_line(executor):
    lock = threading.Lock()
    with pytest.raises(IdlatError, match="cannot be sent to workers: give a file"):
        list(run_tasks(lambda _: lock, [0], executor))


def test_the_active_client_and_a_client_serve(cluster):
    from distributed import Client

    with Client(cluster) as client:
        for scheduler in ("distributed", client):
            with executor_of(None, scheduler) as made:
                assert list(run_tasks(abs, [-1], made)) == [1]
        assert client.status == "running"
    with (
        pytest.raises(IdlatError, match=r"no dask\.distributed client is active"),
        executor_of(None, "distributed"),
    ):
        pass


def test_threads_and_a_scheduler_exclude_each_other(cluster):
    with pytest.raises(IdlatError, match="give one of them"), executor_of(2, cluster.scheduler_address):
        pass


def test_an_unreachable_scheduler_is_one_line():
    import dask

    pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "500ms"}),
        pytest.raises(IdlatError, match=r"the scheduler tcp://127\.0\.0\.1:1 cannot be reached") as caught,
        executor_of(None, "tcp://127.0.0.1:1"),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(IdlatError, match=r"pip install 'idlat\[distributed\]'"), executor_of(None, "tcp://a"):
        pass


def test_caches_travel_empty():
    from idlat.shared_cache import Cache

    cache = Cache(100)
    cache.get("a", lambda: "abc", size=len)
    again = pickle.loads(pickle.dumps(cache))
    assert (again.memory, again.keys()) == (100, [])
