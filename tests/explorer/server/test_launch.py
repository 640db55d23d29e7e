"""The command that starts the explorer: what stops it before it starts, and how it ends."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from idlat.cli.app import run
from idlat.errors import IdlatError, RenderError
from idlat.explorer.server import launch
from idlat.render.offscreen import require_offscreen


@pytest.fixture
def drawing():
    try:
        require_offscreen()
    except RenderError as error:
        pytest.skip(str(error))


def started(*arguments):
    command = [sys.executable, "-c", "from idlat.cli import main; main()", "explore", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )


def test_a_missing_library_is_named_with_the_extra(monkeypatch):
    monkeypatch.setattr(launch, "LIBRARIES", ("aiohttp", "not_there", "nor_this"))
    with pytest.raises(IdlatError, match=r"needs not_there, nor_this: pip install 'idlat\[explorer\]'"):
        launch.require_libraries()


def test_a_missing_system_library_is_told_with_the_line_that_installs_it(monkeypatch, archive, capsys):
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    monkeypatch.setattr("idlat.render.offscreen._egl_opens", lambda: False)
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux draws through EGL")
    assert run(["explore", str(archive[0]), "--server"]) == 2
    error = capsys.readouterr().err
    assert "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.idlat"], "absent.idlat"),
        (["{archive}", "absent.npy"], "absent.npy"),
        (["{archive}", "--host", "0.0.0.0"], "--token"),
        (["{archive}", "--token", ""], "--token is empty"),
        (["{archive}", "--port", "70000"], "--port"),
        (["{archive}", "--prefix", "/a/../b"], "--prefix must be a path"),
        (["{archive}", "--port", "{taken}"], "choose another --port"),
        (["{archive}", "--model", "absent.safetensors"], "absent.safetensors"),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(drawing, archive, capsys, arguments, message):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        filled = [part.format(archive=archive[0], taken=port) for part in arguments]
        assert run(["explore", *filled, "--server"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_address_and_ends_cleanly(drawing, archive, number):
    process = started(*archive, "--server")
    address = process.stdout.readline()
    assert address.startswith("http://127.0.0.1:")
    process.send_signal(number)
    rest, errors = process.communicate(timeout=300)
    assert (process.returncode, rest) == (0, "")
    assert "The explorer ends; the address of a page brings its view back.\n" in errors
    assert "Traceback" not in errors


def test_the_address_carries_the_token(drawing, archive):
    process = started(archive[0], "--server", "--token", "open sesame")
    address = process.stdout.readline().strip()
    process.terminate()
    process.communicate(timeout=300)
    assert address.endswith("/?token=open%20sesame")
