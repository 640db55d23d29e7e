"""Physical space on the page: from where it is seen, and where it is sliced, without a browser."""

import pytest

from idlat.explorer.data import Dataset
from support.explorer.windowed_session import Page, in_session


@pytest.fixture(scope="module")
def dataset(archive):
    with Dataset.open(*archive) as opened:
        yield opened


def test_another_theme_is_seen_from_where_the_old_one_was_even_while_volumes_are_decoded(dataset):
    async def test(page: Page) -> None:
        space = page.space
        await page.until(lambda: not page.state.space_note and space.camera)
        begun = space.camera
        await page.act("turn", dx=40, dy=10)
        await page.until(lambda: space.camera != begun)
        turned = space.camera["position"]

        async def position() -> list[float] | None:
            answers: list[dict[str, list[float]] | None] = []
            space.renderer.ask(lambda scene: scene.camera(), answers.append)
            await page.until(lambda: answers)
            return answers[0] and answers[0]["position"]

        space.on_theme_changed()
        assert await position() == pytest.approx(turned)
        space.shown.clear()  # as while another step is decoded: the one before is seen until then
        space.on_theme_changed()
        assert await position() == pytest.approx(turned)
        space.on_blocks_loaded()
        await page.until(lambda: not page.state.space_note)
        assert await position() == pytest.approx(turned)

    in_session(dataset, test)


def test_slices_are_three(dataset):
    async def test(page: Page) -> None:
        for value in ([5], [5, 6, 7]):
            await page.wire.call("trame.state.update", [{"key": "slices", "value": value}])
        assert page.state.slices == [5, 6, 7]
        await page.wire.call("trame.state.update", [{"key": "slices", "value": [5]}])
        assert page.state.slices == [5, 6, 7]

    in_session(dataset, test)
