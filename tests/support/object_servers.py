"""Servers on loopback for the tests of object stores: S3 by moto, and plain HTTP that counts what is read."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

MISSING = "needs moto[server] and s3fs: pip install 'idlat[dev]'"
ACCESS = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def have_s3() -> bool:
    """Whether a server and a client of S3 are there."""
    return all(find_spec(name) for name in ("moto", "flask", "s3fs"))


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's server; give its address. It holds nothing on disk."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, **ACCESS}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"the server of S3 ended with status {server.returncode}")
        try:
            urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server of S3 did not come up")


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and parts of its files, and notes what is asked for."""

    def __init__(self, *arguments: object, asked: list[tuple[str, str]], **more: object) -> None:
        self.asked = asked
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        self.asked.append(("GET", self.path))
        place = Path(self.translate_path(self.path))
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None or not place.is_file():
            super().do_GET()
            return
        content = place.read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(content[first : last + 1])

    def do_HEAD(self) -> None:
        self.asked.append(("HEAD", self.path))
        super().do_HEAD()

    def end_headers(self) -> None:
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Serve a folder; give its address, and the list of what was asked for: method and path."""
    asked: list[tuple[str, str]] = []
    handler = partial(_Handler, directory=str(folder), asked=asked)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
