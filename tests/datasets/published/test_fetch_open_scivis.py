"""The Open SciVis Datasets, from a local server: good, cut and altered files, and indices of nonsense."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import idlat
from idlat.cli import main
from idlat.datasets.published import fetch_open_scivis
from idlat.errors import FieldError, IdlatError, OutputExistsError

VALUES = np.arange(4 * 5 * 6, dtype="<u2").reshape(4, 5, 6)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """Serve a folder with an index of one data set; give the folder and the index's address."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    (folder / "block_6x5x4_uint16.raw").write_bytes(VALUES.tobytes())
    write_index(folder, address)
    yield folder, f"{address}/datasets.json"
    server.shutdown()
    server.server_close()


def write_index(folder, address, **changes):
    entry = {
        "name": "Block",
        "type": "uint16",
        "size": [6, 5, 4],
        "spacing": [1, 1, 2.5],
        "sha512sum": hashlib.sha512(VALUES.tobytes()).hexdigest(),
        "description": "A block of numbers.",
        "acknowledgement": "Made for a test.",
        "url": f"{address}/block_6x5x4_uint16.raw",
        "category": "Simulation",
        **changes,
    }
    (folder / "datasets.json").write_text(json.dumps({"block": entry}))


def run(*arguments):
    try:
        main([*map(str, arguments)])
    except SystemExit as end:
        return end.code or 0
    return 0


def test_a_data_set_becomes_a_store_with_its_spacing(site, tmp_path, capsys):
    _, address = site
    out = tmp_path / "out"
    assert run("datasets", "fetch", "block", "-o", out, "--index", address) == 0
    assert "Made for a test." in capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["block.zarr"]
    field = idlat.open_field(out / "block.zarr")
    np.testing.assert_array_equal(field.values, VALUES)
    assert [float(field[dim][1]) for dim in "zyx"] == [2.5, 1, 1]
    assert field.attrs["comment"] == "A block of numbers."
    assert field.attrs["references"] == "Made for a test."
    with pytest.raises(OutputExistsError):
        fetch_open_scivis("block", out, address=address)


def test_the_environment_says_where_the_index_is(site, monkeypatch, capsys):
    monkeypatch.setenv("IDLAT_SCIVIS_INDEX", site[1])
    assert run("datasets", "fetch", "--list") == 0
    assert "Block (6×5×4 uint16): A block of numbers." in capsys.readouterr().out


@pytest.mark.parametrize("content", [VALUES.tobytes()[:-2], VALUES.tobytes()[:-1] + b"\x07", b""])
def test_a_cut_or_altered_file_is_refused_and_leaves_nothing(site, tmp_path, capsys, content):
    folder, address = site
    (folder / "block_6x5x4_uint16.raw").write_bytes(content)
    assert run("datasets", "fetch", "block", "-o", tmp_path / "out", "--index", address) == 2
    error = capsys.readouterr().err
    assert "its SHA-512 sum is another" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha512sum": "12"}, "sha512sum"),
        ({"sha512sum": None}, "sha512sum"),
        ({"size": [6, 5]}, "size"),
        ({"size": [6, 5, 0.5]}, "size"),
        ({"size": "6x5x4"}, "size"),
        ({"spacing": [1, 1, -1]}, "spacing"),
        ({"spacing": [1, 1, None]}, "spacing"),
        ({"type": "float8"}, "type"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": 3}, "url"),
        ({"size": [6, 5, 5]}, "expected 300 bytes"),
    ],
)
def test_an_entry_of_nonsense_is_one_line(site, tmp_path, capsys, changes, said):
    folder, address = site
    write_index(folder, address.rpartition("/")[0], **changes)
    assert run("datasets", "fetch", "block", "-o", tmp_path / "out", "--index", address) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["", "<html>", "[]", "{}", '{"block": 3}', "[" * 100_000])
def test_an_index_of_nonsense_is_one_line(site, tmp_path, content):
    folder, address = site
    (folder / "datasets.json").write_text(content)
    with pytest.raises(FieldError, match="no index of data sets"):
        fetch_open_scivis("block", tmp_path / "out", address=address)
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_one_line(site, tmp_path):
    folder, address = site
    with pytest.raises(IdlatError, match=r"did you mean block\?"):
        fetch_open_scivis("Bloc", tmp_path / "out", address=address)
    (folder / "block_6x5x4_uint16.raw").unlink()
    with pytest.raises(FieldError, match=r"cannot be downloaded: 404"):
        fetch_open_scivis("block", tmp_path / "out", address=address)
    with pytest.raises(FieldError, match="cannot be downloaded"):
        fetch_open_scivis("block", tmp_path / "out", address="http://127.0.0.1:1/datasets.json")
    assert not (tmp_path / "out").exists()


def test_without_pooch_a_line_names_the_extra(site, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(IdlatError, match=r"idlat\[datasets\]"):
        fetch_open_scivis("block", tmp_path / "out", address=site[1])
