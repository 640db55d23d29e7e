"""Messages that the page sends pass; all others are refused, logged, and change nothing."""

import asyncio

import pytest

from support.explorer.served_page import Served, serving

BAD_MESSAGES = [
    b"",
    b"\x00",
    b"\xff" * 40,
    b"\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7f" + b"x" * 20,  # claims 2 GB
    b"\x01\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\xc1\xc1\xc1\xc1",  # no MessagePack
]
BAD_CALLS = [
    ("application.exit", []),
    ("application.exit.later", [1]),
    ("trame.force.push", ["level"]),
    ("trame.rca.push", ["space", {}, b"x"]),
    ("trame.trigger", ["act", ["say", {"text": "far too long"}], {}]),
    ("trame.trigger", ["act", ["say", {"text": "a", "more": 1}], {}]),
    ("trame.trigger", ["act", ["__class__", {}], {}]),
    ("trame.trigger", ["other", [], {}]),
    ("trame.trigger", []),
    ("trame.state.update", [[{"key": "trame__template_main", "value": "<script>"}]]),
    ("trame.state.update", [[{"key": "level", "value": 2}]]),
    ("trame.state.update", [[{"key": "level", "value": "0.1"}]]),
    ("trame.state.update", [{"level": 1}]),
    ("trame.rca.size", ["space", "page", {"w": 1e9, "h": 1, "p": 1}]),
    ("trame.rca.event", ["space", "page", {"type": 3}]),
    ("trame.state.get", ["x"]),
    ("trame.trigger", ["act", ["points", {"points": [[1]]}], {}]),
    ("trame.trigger", ["act", ["points", {"points": [[]]}], {}]),
    ("trame.trigger", ["act", ["points", {"points": 5}], {}]),
]


def test_a_window_acts_and_sets_what_it_may():
    async def test(served: Served) -> None:
        wire = await served.window()
        await wire.call("trame.trigger", "act", ["say", {"text": "hello"}], {})
        await wire.call("trame.state.update", [{"key": "level", "value": 0.25}])
        assert served.contents[0].said == [("say", {"text": "hello"})]
        assert served.contents[0].server.state.level == 0.25

    serving(test)


@pytest.mark.parametrize(
    ("method", "args"), BAD_CALLS, ids=[f"{m}-{i}" for i, (m, _) in enumerate(BAD_CALLS)]
)
def test_a_call_that_the_page_never_makes_is_refused(method, args, caplog):
    async def test(served: Served) -> None:
        wire = await served.window()
        answer = await wire.call(method, *args)
        assert "error" in answer
        state = (await wire.call("trame.state.get"))["result"]["state"]  # and the window goes on
        assert state["level"] == 0.5
        assert "<script>" not in str(state.get("trame__template_main", ""))
        assert not served.contents[0].said

    serving(test)
    assert "refused a malformed message" in caplog.text


@pytest.mark.parametrize("content", BAD_MESSAGES, ids=range(len(BAD_MESSAGES)))
def test_bytes_that_are_no_message_are_refused(content, caplog):
    async def test(served: Served) -> None:
        wire = await served.window()
        await wire.socket.send_bytes(content)
        await wire.socket.send_str("text")
        assert (await wire.call("trame.state.get"))["result"]["state"]["level"] == 0.5

    serving(test)
    assert caplog.text.count("refused a malformed message") == 2


def test_nothing_is_told_before_the_greeting():
    async def test(served: Served) -> None:
        from support.explorer.served_page import Wire

        socket = await served.client.ws_connect("/ws", headers={"Origin": f"http://{served.host}"})
        answer = await Wire(socket).call("trame.state.get")
        assert "result" not in answer

    serving(test)


def test_two_windows_share_nothing():
    async def test(served: Served) -> None:
        one, other = await served.window(), await served.window()
        await one.call("trame.state.update", [{"key": "level", "value": 1.0}])
        assert (await other.call("trame.state.get"))["result"]["state"]["level"] == 0.5
        assert served.contents[0].server is not served.contents[1].server
        await one.socket.close()
        for _ in range(3000):
            if served.contents[0].closed and len(served.site.windows) == 1:
                break
            await asyncio.sleep(0.02)
        assert [content.closed for content in served.contents] == [True, False]
        assert len(served.site.windows) == 1

    serving(test)


def test_windows_are_limited(monkeypatch):
    monkeypatch.setattr("idlat.explorer.server.web_server.MOST_WINDOWS", 1)

    async def test(served: Served) -> None:
        await served.window()
        answer = await served.client.get("/ws", headers={"Origin": f"http://{served.host}"})
        assert answer.status == 503
        assert "1 windows are open" in await answer.text()

    serving(test)


def test_what_is_on_its_way_to_a_browser_that_left_is_dropped():
    class Left:
        async def send_bytes(self, _: bytes) -> None:
            raise ConnectionResetError("Cannot write to closing transport")

    async def test(served: Served) -> None:
        await served.window()
        (window,) = served.site.windows
        kept = window.socket.connections["page"]
        window.socket.connections["page"] = Left()
        await window.socket.sendWrappedMessage("publish:page:0", {"level": 1}, client_id="page")
        window.socket.connections["page"] = kept

    serving(test)
