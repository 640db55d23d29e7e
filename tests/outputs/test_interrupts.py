"""Signals that come at an awkward moment."""

from __future__ import annotations

import signal
import time
import weakref

import pytest

from idlat.outputs.interrupts import Interrupted, interruptible


@pytest.fixture(autouse=True)
def _signals_as_in_a_shell():
    """Whatever started these tests: what runs in the background ignores SIGINT."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


class _Thing:
    """An object that is thrown away."""


@interruptible()
def _interrupted_wait(things):
    things.clear()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_while_an_object_is_thrown_away_is_not_lost(number, times, capsys):
    things = [_Thing() for _ in range(times)]
    ended = [weakref.ref(thing, lambda _: signal.raise_signal(number)) for thing in things]
    with pytest.raises(Interrupted) as caught:
        _interrupted_wait(things)
    assert caught.value.number == number
    assert len(ended) == times
    assert capsys.readouterr().err == ""


def test_what_else_python_ignores_is_told_as_before(monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    thing = _Thing()
    reference = weakref.ref(thing, lambda _: 1 / 0)
    with interruptible():
        del thing
    assert reference() is None
    assert [type(what.exc_value) for what in told] == [ZeroDivisionError]
