"""The model of many workers: what limits a job, and how far it is from the ideal."""

import pytest
from shared.scale_model import Rates, forecast


def limits(**other):
    given = {
        "worker_seconds": 1e-6, "client_seconds": 0.0, "tasks": 1e-6, "task_seconds": 1e-3,
        "bytes_moved": 16.0, "storage": 1e12,
    } | other  # fmt: skip
    return forecast(Rates(**given), 1e9, (1, 10, 10_000))


def test_few_workers_are_limited_by_their_processors():
    one, ten, _ = limits()
    assert (one.limit, ten.limit) == ("processors", "processors")
    assert one.hours == pytest.approx(1000 / 3600)
    assert one.hours == pytest.approx(10 * ten.hours)
    assert one.efficiency == ten.efficiency == 1.0


def test_many_wait_for_the_scheduler_or_the_storage():
    assert limits()[-1].limit == "scheduler"
    assert limits()[-1].efficiency == pytest.approx(0.1)
    assert limits(storage=1e9)[-1].limit == "storage"


def test_what_the_client_does_alone_is_added():
    assert limits(client_seconds=1000.0)[0].efficiency == pytest.approx(0.5)
