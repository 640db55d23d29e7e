"""Who may reach the explorer, and what of it."""

import re

import pytest
from yarl import URL

from idlat.errors import IdlatError
from idlat.explorer.server.access_gate import Gate, is_loopback
from support.explorer.served_page import Served, serving

CLIMBING = [
    f"/assets/idlat/{up}/session.py" for up in ("..", "%2e%2e", "..%2f..%2fpage", "%5c..", "....//..", "//")
]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_another_host_needs_a_token(host):
    assert not is_loopback(host)
    with pytest.raises(IdlatError, match="--token"):
        Gate(host)
    assert Gate(host, "secret").token == "secret"


def test_an_empty_token_is_none():
    with pytest.raises(IdlatError, match="--token is empty"):
        Gate("0.0.0.0", " ")


def test_the_page_and_its_assets_are_served_here_and_nothing_else():
    async def test(served: Served) -> None:
        page = await (await served.client.get("/")).text()
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(links) >= 5
        for link in links:
            assert not re.match(r"(https?:)?//", link)
            assert not link.startswith("/")  # below a proxy's path it would lead out of it
            if link != "assets/":  # the base of the others
                assert (await served.client.get(f"/assets/{link}")).status == 200, link
        for path in ("/etc/passwd", "/download/x", *CLIMBING):
            url = URL(
                f"http://{served.host}{path}", encoded=True
            )  # as it is: the client climbs by itself else
            assert (await served.client.session.get(url)).status in (403, 404), path

    serving(test)


def test_the_page_may_load_nothing_from_elsewhere():
    async def test(served: Served) -> None:
        for path in ("/", "/alive", "/nowhere", "/assets/idlat/scatter.js"):
            policy = (await served.client.get(path)).headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "http" not in policy
            assert "frame-ancestors 'none'" in policy

    serving(test)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[", "localhost:99999"]
)
def test_another_name_for_this_machine_is_refused(host):
    async def test(served: Served) -> None:
        answer = await served.client.get("/", headers={"Host": host})
        assert answer.status == 403
        assert "does not answer to that name" in await answer.text()

    serving(test)


@pytest.mark.parametrize("origin", [None, "null", "http://[", "http://evil.example", "http://127.0.0.1:1"])
def test_a_connection_from_another_page_is_refused(origin):
    async def test(served: Served) -> None:
        headers = {"Connection": "Upgrade", "Upgrade": "websocket"} | ({"Origin": origin} if origin else {})
        assert (await served.client.get("/ws", headers=headers)).status == 403
        assert not served.contents

    serving(test)


def test_a_token_is_asked_for_everywhere_and_moves_into_a_cookie():
    async def test(served: Served) -> None:
        for path in ("/", "/alive", "/assets/idlat/scatter.js", "/download/x", "/?token=wrong"):
            assert (await served.client.get(path)).status == 401, path
        own = {"Origin": f"http://{served.host}"}
        assert (await served.client.get("/ws", headers=own)).status == 401
        answer = await served.client.get("/?token=open sesame", allow_redirects=False)
        assert answer.status == 303
        assert "sesame" not in answer.headers["Location"]
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert (await served.client.get("/")).status == 200
        assert (await (await served.window()).call("trame.state.get"))["result"]["state"]["level"] == 0.5

    serving(test, Gate("127.0.0.1", "open sesame"))


def test_below_a_prefix_the_same_is_served_and_the_cookie_stays_there():
    async def test(served: Served) -> None:
        answer = await served.client.get("/proxy/8050/?token=open sesame", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "./")
        assert "Path=/proxy/8050/" in answer.headers["Set-Cookie"]
        bare = await served.client.get("/proxy/8050?token=open sesame", allow_redirects=False)
        assert bare.headers["Location"] == "8050/"
        for path in ("/proxy/8050/", "/proxy/8050/alive", "/proxy/8050/assets/idlat/place.js"):
            assert (await served.client.get(path)).status == 200, path
        assert (await served.client.get("/alive")).status == 401  # the cookie is not brought there
        page = "https://hub.example/proxy/8050/ws"
        answer = await served.client.post("/proxy/8050/assets/paraview/", params={"socket": page})
        assert (await answer.json())["sessionURL"] == "wss://hub.example/proxy/8050/ws"
        for bad in ("", "javascript:1", "ftp://x/ws"):
            asked = await served.client.post("/proxy/8050/assets/paraview/", params={"socket": bad})
            assert asked.status == 400
        other = {"Origin": "http://evil.example", "Connection": "Upgrade", "Upgrade": "websocket"}
        assert (await served.client.get("/proxy/8050/ws", headers=other)).status == 403

    serving(test, Gate("127.0.0.1", "open sesame", prefix="/proxy/8050"))


def test_a_download_is_found_by_its_key_alone():
    async def test(served: Served) -> None:
        key = served.site.downloads.add("mask ü.npy", lambda path: path.write_bytes(b"content"))
        answer = await served.client.get(f"/download/{key}")
        assert await answer.read() == b"content"
        assert "mask%20%C3%BC.npy" in answer.headers["Content-Disposition"]
        for other in (key[:-1], key + "x", "%2e%2e%2f", f"{key}%2fx"):
            assert (await served.client.get(f"/download/{other}")).status == 404

    serving(test)


def test_a_refused_path_forges_no_line_of_the_log(caplog):
    async def test(served: Served) -> None:
        url = URL(f"http://{served.host}/x%0aforged", encoded=True)
        assert (await served.client.session.get(url, headers={"Host": "evil.example"})).status == 403

    serving(test)
    assert "refused GET" in caplog.text
    assert "\nforged" not in caplog.text


def test_a_full_server_tells_the_page_that_waits(monkeypatch):
    async def test(served: Served) -> None:
        assert (await served.client.get("/alive")).status == 200
        monkeypatch.setattr("idlat.explorer.server.web_server.MOST_WINDOWS", 1)
        await served.window()
        answer = await served.client.get("/alive")
        assert answer.status == 503
        assert "windows are open" in await answer.text()

    serving(test)
