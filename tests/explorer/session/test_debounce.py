"""Work that waits until a hand rests."""

import asyncio

from idlat.explorer.session.debounce import Debounce


def test_the_last_of_many_calls_is_made_once_and_none_after_a_cancel():
    made: list[int] = []

    async def ask_often() -> None:
        pause = Debounce(0.05, asyncio.get_running_loop())
        for number in range(5):
            pause.ask(lambda number=number: made.append(number))
            assert pause.waiting
        await asyncio.sleep(0.2)
        assert made == [4]
        assert not pause.waiting
        pause.ask(lambda: made.append(9))
        pause.cancel()
        assert not pause.waiting
        await asyncio.sleep(0.2)
        assert made == [4]

    asyncio.run(ask_often())
