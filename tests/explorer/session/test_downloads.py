"""Files on offer: bounded by bytes, each window by itself."""

import pytest

from idlat.explorer.session.downloads import Downloads


@pytest.fixture
def downloads(monkeypatch):
    monkeypatch.setattr("idlat.explorer.session.downloads.KEPT", 100)
    made = Downloads()
    yield made
    made.close()


def add(downloads, size, owner):
    return downloads.add("f.bin", lambda path: path.write_bytes(bytes(size)), owner)


def test_a_window_drops_its_own_oldest_files_alone(downloads):
    mine, yours = object(), object()
    other = add(downloads, 90, yours)
    first, second, third = (add(downloads, 60, mine) for _ in range(3))
    assert [downloads.find(key) is not None for key in (other, first, second, third)] == [1, 0, 0, 1]
    large = add(downloads, 500, mine)
    assert downloads.find(large) is not None
    assert downloads.find(third) is None


def test_the_files_of_closed_windows_share_what_is_kept(downloads):
    keys = []
    for _ in range(3):
        owner = object()
        keys.append(add(downloads, 60, owner))
        downloads.release(owner)
    assert [downloads.find(key) is not None for key in keys] == [False, False, True]


def test_a_file_that_cannot_be_written_leaves_nothing(downloads):
    def fails(path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        downloads.add("f.bin", fails)
    assert list(downloads._folder.iterdir()) == []
