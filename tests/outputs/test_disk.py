"""Files that are whole or not there, and on the disk before they are called complete; what kills leave."""

from __future__ import annotations

import errno
import os
import signal

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import OutputError
from idlat.outputs import Interrupted, interruptible, postponed, put_in_place, recover_folder, staged_file
from idlat.outputs.naming import beside


@pytest.fixture
def flushed(monkeypatch):
    """The names of what was flushed, in order, and of renames between."""
    said = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(descriptor):
        said.append(("flush", os.path.realpath(f"/proc/self/fd/{descriptor}")))
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)

    def rename(source, target):
        said.append(("rename", os.path.realpath(source)))
        real_rename(source, target)

    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, rename)
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("this system does not tell the names of open files")
    return said


def test_everything_of_an_archive_is_on_the_disk_before_it_says_that_it_is_complete(
    tmp_path, flushed, monkeypatch
):
    from idlat.archive.write import new_archive

    path, real, marks = tmp_path / "a.idlat", new_archive.write_record, []

    def write_record(store, record):
        if record.complete:
            marks.append((len(flushed), {str(p) for p in path.rglob("*")}))
        real(store, record)

    monkeypatch.setattr(new_archive, "write_record", write_record)
    field = xr.DataArray(np.random.default_rng(0).normal(size=(9, 70, 70)).astype("f4"), dims=("z", "y", "x"))
    idlat.compress(field, path)
    ((count, there),) = marks
    before = {name for kind, name in flushed[:count] if kind == "flush"}
    assert there <= before
    assert str(path) in before
    assert {str(path), str(tmp_path)} & {name for kind, name in flushed[count:] if kind == "flush"}


def test_a_file_is_flushed_then_named_then_its_folder_flushed(tmp_path, flushed):
    with staged_file(tmp_path / "a.txt") as path:
        path.write_text("all of it")
    assert flushed == [("flush", str(path)), ("rename", str(path)), ("flush", str(tmp_path))]
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_goes_wrong_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("before")
    for error in (ValueError("x"), KeyboardInterrupt(), Interrupted(2)):
        with pytest.raises(type(error)), staged_file(tmp_path / "a.txt") as path:  # noqa: PT012
            path.write_text("half")
            raise error
    with (
        pytest.raises(OutputError, match="the disk is full; nothing was kept"),
        staged_file(tmp_path / "a.txt") as path,
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "before")]


def test_only_what_belongs_to_the_output_is_taken_away(tmp_path):
    kept = [".a.npy.tmp", ".a.npy.0123456.tmp", ".b.npy.01234567.tmp", "a.npy.01234567.tmp", ".a.npy.old"]
    for name in [*kept, ".a.npy.01234567.tmp", ".a.npy.89abcdef.tmp.gz"]:
        (tmp_path / name).write_text("x")
    (tmp_path / ".a.npy.0000aaaa.tmp").mkdir()
    (tmp_path / ".a.npy.0000aaaa.tmp/zarr.json").write_text("x")
    field = xr.DataArray(np.zeros((2, 2, 2), np.float32), dims=("z", "y", "x"))
    idlat.write_field(field, tmp_path / "a.npy")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, "a.npy"])


@pytest.mark.parametrize("stage", ["before the second rename", "after it"])
def test_a_folder_whose_replacement_was_cut_is_given_back_or_replaced(tmp_path, stage):
    old, new = tmp_path / "out.zarr", tmp_path / "whole"
    for folder, text in ((old, "old"), (new, "new")):
        folder.mkdir()
        (folder / "zarr.json").write_text(text)
    old.rename(beside(old, "replaced"))
    if stage == "after it":
        new.rename(old)
    recover_folder(old)
    assert (old / "zarr.json").read_text() == ("new" if stage == "after it" else "old")
    assert not beside(old, "replaced").exists()


def test_a_folder_is_replaced_whole_and_a_link_to_one_is_replaced_itself(tmp_path):
    for name in ("target", "new", "newer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(name)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    put_in_place(tmp_path / "new", tmp_path / "link")
    assert (tmp_path / "target/name").read_text() == "target"
    put_in_place(tmp_path / "newer", tmp_path / "link")
    assert (tmp_path / "link/name").read_text() == "newer"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "target"]


def test_a_signal_is_raised_once_and_waits_where_it_is_told_to():
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(Interrupted) as stopped, interruptible():  # noqa: PT012
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                signal.raise_signal(signal.SIGTERM)  # as `timeout` sends it to the group, too
                cleared = True
        assert (stopped.value.status, cleared) == (143, True)
        order = []
        with pytest.raises(KeyboardInterrupt), postponed() as asked:  # noqa: PT012
            order.append(asked())
            signal.raise_signal(signal.SIGINT)
            order.append(asked())
        assert order == [False, True]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with interruptible():
            signal.raise_signal(signal.SIGTERM)  # ignored before, ignored now
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
