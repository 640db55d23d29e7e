"""The explorer beside a notebook: it does not block, shows a frame, and its selection is a mask."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest

import idlat
from idlat.errors import IdlatError
from idlat.explorer.server.launch import require_libraries

try:
    require_libraries()
except IdlatError as error:
    pytest.skip(str(error), allow_module_level=True)

from support.explorer.served_page import Wire


async def choose(address: str, indices: list[int]) -> None:
    """Open the page's connection and choose blocks, as a browser does; leave it open until they are."""
    from aiohttp import ClientSession

    async with ClientSession() as client:
        socket = await client.ws_connect(
            f"{address}ws", headers={"Origin": address.rstrip("/")}, max_msg_size=0
        )
        wire = Wire(socket)
        await wire.call("wslink.hello", {"secret": "wslink-secret"}, kind="system")
        await wire.call("trame.trigger", "act", ["open", {"fragment": ""}], {})
        for _ in range(600):
            await wire.call("trame.trigger", "act", ["select", {"indices": indices, "mode": "replace"}], {})
            if chosen.session.selection.any():
                break
            await asyncio.sleep(0.1)
        chosen.mask = chosen.session.selection


chosen = SimpleNamespace(session=None, mask=None)
"""What a window of a session chose."""


def test_it_does_not_block_and_its_selection_is_a_mask(archive, capsys) -> None:
    path, original = archive
    field = np.load(original)
    with idlat.explore(path, field) as session:
        assert capsys.readouterr().out.strip() == session.address
        with urlopen(session.address) as page:
            policy = page.headers["Content-Security-Policy"]
            assert "frame-ancestors 'self' http://localhost:*" in policy
            assert page.headers["X-Frame-Options"] is None
        assert session.selection.dims == ("z", "y", "x")
        assert not session.selection.any()
        chosen.session = session
        asyncio.run(choose(session.address, [0, 5]))
        mask = chosen.mask
        assert mask.shape == (48, 48, 48)
        assert mask.dtype == bool
        assert int(mask.sum()) == 2 * 16**3
        assert (session.variable, session.step) == ("v", 0)
        address = session.address
    with pytest.raises(OSError, match="refused"):
        urlopen(address)
    session.close()
    chosen.session = None
    gc.collect()


def test_an_open_archive_is_taken_and_what_is_wrong_is_one_line(archive, tmp_path) -> None:
    with idlat.open_archive(archive[0]) as opened, idlat.explore(opened) as session:
        port = int(session.address.rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(IdlatError, match="cannot listen on 127"):
            idlat.explore(archive[0], port=port)
    with pytest.raises(IdlatError, match="does not exist"):
        idlat.explore(tmp_path / "absent.idlat")


def test_below_a_proxys_path_a_token_is_made_that_the_frame_brings(archive) -> None:
    with idlat.explore(archive[0], prefix="user/ada/proxy/8050/") as session:
        page, _, token = session.address.partition("?token=")
        assert page.endswith("/user/ada/proxy/8050/")
        assert len(token) > 20
        with pytest.raises(HTTPError, match="401"):  # it is led on, and keeps no cookie
            urlopen(session.address)


CELLS = [
    "import idlat\nsession = idlat.explore({path!r}, height=500)\nprint('goes on')",
    "import sys; sys.path.insert(0, {tests!r}); sys.path.insert(0, {here!r})\n"
    "from test_notebook_session import choose, chosen\n"
    "chosen.session = session\n"
    "await choose(session.address, [1])\n"
    "print(int(chosen.mask.sum()), chosen.mask.dims)",
    "session.close()",
]


def test_in_a_notebook(archive) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    import nbformat

    here = Path(__file__).parent
    given = {"path": str(archive[0]), "tests": str(here.parents[1]), "here": str(here)}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.format(**given)) for cell in CELLS]
    )
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = notebook.cells[0].outputs
    (frame,) = [each.data["text/html"] for each in shown if each.output_type == "display_data"]
    assert "<iframe" in frame
    assert 'height="500"' in frame
    assert "http://127.0.0.1:" in frame
    assert [each.text for each in shown if each.output_type == "stream"] == ["goes on\n"]
    assert notebook.cells[1].outputs[-1].text == "4096 ('z', 'y', 'x')\n"
