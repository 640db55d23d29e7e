"""The page behind a proxy that shows it below a path, as a notebook server's does, in a real browser."""

import contextlib
import json

import pytest

from support.explorer.browser_explorer import Explorer
from support.explorer.path_proxy import PathProxy

pytestmark = pytest.mark.browser


@contextlib.contextmanager
def proxied(target, path, *, strips):
    proxy = PathProxy(target, path, strips)
    try:
        yield proxy
    finally:
        proxy.stop()


def works(window, proxy):
    """Split, save a file and reload; nothing is asked for outside of the proxy's path."""
    window.split()
    count = window.leaves().count()
    window.page.get_by_role("button", name="Keep").click()
    with window.page.expect_download() as begun:
        window.page.get_by_text("Save state (JSON)").click()
    saved = json.loads(begun.value.path().read_text())
    assert saved["format"] == "idlat explorer state"
    window.rest()
    assert window.page.url.startswith(proxy.address)
    window.page.reload()
    window.until(f"document.querySelectorAll('.idlat-node.is-leaf').length === {count}")
    window.settle()
    assert proxy.asked in ([], ["/favicon.ico"])


def test_a_proxy_that_takes_its_path_away_needs_no_option(opened, explorer):
    with proxied(explorer.address, "/user/ada/proxy/8050", strips=True) as proxy:
        window = opened(proxy.address)
        works(window, proxy)
        window.page.close()


def test_a_proxy_that_leaves_its_path_in_is_told_of_it(opened, archive):
    path = "/proxy/absolute/8050"
    running = Explorer(*map(str, archive), "--prefix", f"{path}/", "--token", "open sesame")
    try:
        assert running.address.endswith(f"{path}/?token=open%20sesame")
        with proxied(f"http://127.0.0.1:{running.port}", path, strips=False) as proxy:
            window = opened(f"{proxy.address}?token=open%20sesame")
            works(window, proxy)
            assert "token" not in window.page.url
            window.page.close()
    finally:
        assert running.stop() == 0
    assert "Traceback" not in running.log, running.log
