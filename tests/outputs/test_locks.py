"""Locks: one holder at a time, on disks and on object stores; dead ones are recognised and give way."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace

import fsspec
import pytest

import idlat
from idlat.errors import IdlatError, OutputBusyError, OutputError
from idlat.outputs import entries, flock, lock_output
from idlat.outputs.entries import BEAT, PATIENCE, EntryLock
from idlat.outputs.flock import FileLock, Taken
from idlat.outputs.holder import Holder, this_process


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


@pytest.fixture(params=["memory", "file", "nothing is there at first"])
def store(request, tmp_path, memory):
    """File systems of fsspec, and a folder of entries in them."""
    if request.param == "memory":
        return memory, "/bucket/out.idlat.lock"
    return fsspec.filesystem("file", auto_mkdir=True), f"{tmp_path}/{request.param}/out.lock"


@pytest.fixture
def elsewhere(monkeypatch):
    """Make holders of another machine: ``elsewhere()``."""
    return lambda: replace(this_process(), machine="another", host="far")


def put(system, folder, holder, *, holds=True, renewed=0.0):
    entry = entries._Entry(holder, holds, renewed)
    system.makedirs(folder, exist_ok=True)
    system.pipe_file(f"{folder}/{holder.token}", entry.to_bytes())


def test_one_holds_it_and_then_the_next(store):
    system, folder = store
    first = EntryLock(system, folder)
    with pytest.raises(Taken) as taken:
        EntryLock(system, folder)
    assert taken.value.holder.pid == os.getpid()
    assert len(system.find(folder)) == 1
    first.confirm()
    first.release()
    assert system.find(folder) == []
    EntryLock(system, folder).release()


def test_of_many_that_ask_at_once_exactly_one_wins(store):
    system, folder = store
    for _ in range(5):
        start, won, lost = threading.Barrier(6), [], []

        def ask(start=start, won=won, lost=lost):
            start.wait()
            try:
                won.append(EntryLock(system, folder))
            except Taken:
                lost.append(1)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == (1, 5)
        won[0].release()


def test_many_that_find_a_dead_one_do_not_all_take_over(store):
    system, folder = store
    put(system, folder, replace(this_process(), pid=_dead()))
    start, won = threading.Barrier(6), []

    def ask():
        start.wait()
        try:
            won.append(EntryLock(system, folder))
        except Taken:
            return

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    won[0].confirm()
    won[0].release()


def _dead():
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


HOLDS_ALONE = """
import os, sys
from fsspec.implementations.local import LocalFileSystem
from idlat.outputs.entries import EntryLock
from idlat.outputs.flock import FileLock, Taken
from pathlib import Path
kind, folder = sys.argv[1:]
won = 0
while won < 12:
    try:
        if kind == "entries":
            lock = EntryLock(LocalFileSystem(auto_mkdir=True), folder + "/lock.d")
        else:
            lock = FileLock(Path(folder, ".out.lock"))
    except Taken:
        continue
    marker = os.open(folder + "/alone", os.O_CREAT | os.O_EXCL)  # fails where another is in here, too
    os.close(marker)
    os.unlink(folder + "/alone")
    lock.release()
    won += 1
"""


@pytest.mark.parametrize("kind", ["entries", "file"])
def test_processes_that_go_for_it_again_and_again_never_hold_it_together(tmp_path, kind):
    command = [sys.executable, "-c", HOLDS_ALONE, kind, str(tmp_path)]
    racing = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in racing:
        _, said = process.communicate()
        assert process.returncode == 0, said
    assert not list(tmp_path.iterdir())


def test_a_process_number_that_is_used_again_is_not_the_holder(store):
    system, folder = store
    if not this_process().started:
        pytest.skip("this system does not tell when a process started")
    put(system, folder, replace(this_process(), started="0"))
    EntryLock(system, folder).release()


def test_the_entry_of_another_machine_lasts_as_long_as_it_is_renewed(store, elsewhere):
    system, folder = store
    holder, now = elsewhere(), 1e9
    put(system, folder, holder, renewed=now)
    with pytest.raises(Taken, match=r"last seen 60 s ago; if it is dead, remove .*" + holder.token):
        EntryLock(system, folder, clock=lambda: now + 60)

    slept = []

    def renews(seconds):  # its clock is far behind, but it lives
        slept.append(seconds)
        put(system, folder, holder, renewed=now + len(slept))

    with pytest.raises(Taken):
        EntryLock(system, folder, clock=lambda: now + 2 * PATIENCE, sleep=renews)
    assert slept == [2 * BEAT]
    EntryLock(system, folder, clock=lambda: now + 2 * PATIENCE, sleep=slept.append).release()
    assert slept[1:] == [2 * BEAT]
    assert system.find(folder) == []


def test_who_was_taken_for_dead_learns_of_it(store):
    system, folder = store
    slept = EntryLock(system, folder)
    system.rm_file(system.find(folder)[0])
    with pytest.raises(Taken):
        slept.confirm()
    other = EntryLock(system, folder)
    with pytest.raises(Taken):
        slept.confirm()
    slept.release()
    other.confirm()
    other.release()


def test_an_entry_that_is_being_written_is_waited_for(store):
    system, folder = store
    system.makedirs(folder, exist_ok=True)
    name = f"{folder}/0000000000000000"
    system.pipe_file(name, b'{"hol')
    looks = []

    def sleep(_):
        looks.append(1)
        if len(looks) == 3:
            system.rm_file(name)

    EntryLock(system, folder, sleep=sleep).release()
    system.makedirs(folder, exist_ok=True)
    system.pipe_file(name, b'{"hol')
    with pytest.raises(Taken, match="cannot be read; if no job runs, remove it"):
        EntryLock(system, folder, sleep=lambda _: None)


def test_a_second_job_on_a_store_is_refused_and_nothing_stays(memory, tmp_path):
    from idlat.archive.write.staged_output import reserve_output

    with reserve_output("memory://bucket/out.idlat"):
        assert memory.find("/bucket/out.idlat") == []
        with (
            pytest.raises(
                OutputBusyError,
                match=rf"out\.idlat is being written by another job \(process {os.getpid()} of",
            ),
            reserve_output("memory://bucket/out.idlat", "w"),
        ):
            pass
    assert memory.find("/bucket") == []


def test_a_disk_without_locks_has_entries(tmp_path, monkeypatch):
    def refuses(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(flock.fcntl, "flock", refuses)
    with lock_output(tmp_path / "out.npy") as lock:
        lock.confirm()
        with pytest.raises(OutputBusyError, match=socket.gethostname()):
            lock_output(tmp_path / "out.npy")
    assert [p.name for p in tmp_path.iterdir() if p.name != ".out.npy.lock"] == []


def test_locks_of_several_are_all_or_none(tmp_path):
    with lock_output(tmp_path / "b"):
        with pytest.raises(OutputBusyError, match="b is being written"):
            lock_output(tmp_path / "a", tmp_path / "b", tmp_path / "c")
        with lock_output(tmp_path / "a", tmp_path / "c"):
            assert len(list(tmp_path.iterdir())) == 3
    assert not list(tmp_path.iterdir())


def test_a_lock_file_that_is_taken_away_meanwhile_locks_nothing(tmp_path, monkeypatch):
    path = tmp_path / ".out.lock"
    first = FileLock(path)
    real, opened = flock._opened, []

    def let_go_after(path):  # the holder ends just when the next one has opened its file
        descriptor = real(path)
        if not opened:
            first.release()
        opened.append(descriptor)
        return descriptor

    monkeypatch.setattr(flock, "_opened", let_go_after)
    second = FileLock(path)
    assert len(opened) == 2
    with pytest.raises(Taken):
        FileLock(path)
    second.release()
    assert not path.exists()


def test_a_link_in_place_of_the_lock_file_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("keep")
    (tmp_path / ".out.lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OutputError, match="cannot write"):
        lock_output(tmp_path / "out")
    assert (tmp_path / "mine").read_text() == "keep"


def test_names_of_any_length_can_be_locked(tmp_path):
    with lock_output(tmp_path / ("n" * 255)):
        pass
    with lock_output(tmp_path / ("ü" * 120 + ".npy")):
        pass


def test_a_holder_as_text_and_back():
    holder = this_process()
    assert Holder.from_json(holder.to_json()) == holder
    for text in ("", "{", "[]", json.dumps({"pid": 3}), '"x"'):
        with pytest.raises(ValueError):
            Holder.from_json(text)


def test_errors_are_of_one_family():
    assert issubclass(OutputBusyError, IdlatError)
    assert idlat.errors.OutputBusyError is OutputBusyError
