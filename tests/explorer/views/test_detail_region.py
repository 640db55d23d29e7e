"""Full detail of the box around a selection, and the block that is pointed at, without a browser."""

from dataclasses import replace

import numpy as np
import pytest

from idlat.explorer.data import Dataset, Volume
from support.explorer.windowed_session import Page, in_session, kept_of


@pytest.fixture(scope="module")
def large(archive):
    """48³ voxels of which 32³ are shown at most."""
    with Dataset.open(*archive) as opened:
        yield replace(opened, largest=32**3)


async def scene_of(page: Page, ask):
    """Ask the scene something."""
    answers: list[object] = []
    page.space.renderer.ask(ask, answers.append)
    await page.until(lambda: answers)
    return answers[0]


async def shape_of(page: Page):
    return await scene_of(page, lambda scene: scene.state.frame.shape)


def test_the_box_around_the_selection_is_shown_in_full_and_left_again(large):
    async def test(page: Page) -> None:
        assert page.state.large
        assert await shape_of(page) == (6, 6, 6)  # means of cells
        await page.act("closeup", on=True)
        assert "choose blocks first" in page.state.notice["text"]
        blocks = page.session.blocks
        rows = [blocks.row_at((1, 1, 2)), blocks.row_at((2, 1, 2))]
        await page.act("select", indices=rows, mode="replace")
        await page.act("closeup", on=True)
        await page.until(lambda: not page.state.space_note)
        assert page.state.closeup == "z 16–48  y 16–32  x 32–48"
        assert await shape_of(page) == (32, 16, 16)
        shown = await scene_of(page, lambda scene: scene._selection.shown)
        assert shown.shape == (2, 1, 1)
        assert shown.all()
        assert page.state.slices == [32, 24, 40]
        assert await scene_of(page, lambda scene: scene.state.settings.slices) == (16, 8, 8)
        plain = await scene_of(page, lambda scene: scene.render())
        await page.act("point", row=rows[1])
        mark = await scene_of(page, lambda scene: scene.state.mark)
        assert mark.voxels.start == (16, 16, 32)
        assert (await scene_of(page, lambda scene: scene.render()) != plain).any()
        await page.act("point", row=blocks.row_at((0, 0, 0)))  # outside the region
        assert await scene_of(page, lambda scene: scene.state.mark) is None
        page.space.picked((1, 0, 0))
        assert page.session.selection.nonzero()[0].tolist() == [blocks.row_at((2, 1, 2))]
        await page.act("select", indices=[blocks.row_at((0, 0, 0))], mode="replace")  # outside the region
        assert not (await scene_of(page, lambda scene: scene._selection.shown)).any()
        kept = kept_of(page)
        assert kept.region == (16, 48, 16, 32, 32, 48)
        before = page.session.selection
        page.space.detail.ask(False)
        page.space.picked((0, 0, 0))  # in the picture of the region, while the whole is decoded
        assert page.session.selection is before
        await page.until(lambda: not page.state.space_note)
        assert page.state.closeup == ""
        assert await shape_of(page) == (6, 6, 6)
        await page.act("restore", text=kept.to_json())
        await page.until(lambda: page.state.closeup and not page.state.space_note)
        assert await shape_of(page) == (32, 16, 16)

    in_session(large, test)


def test_a_selection_that_is_too_large_leaves_the_view_as_it_is(large):
    async def test(page: Page) -> None:
        await page.act("select", indices=[0, 26], mode="replace")
        await page.act("closeup", on=True)
        assert "choose fewer blocks" in page.state.notice["text"]
        assert page.state.closeup == ""
        assert not page.state.space_note

    in_session(large, test)


def test_a_sample_of_several_blocks_is_picked_as_the_first_of_them(large):
    async def test(page: Page) -> None:
        volume = Volume(np.zeros((2, 2, 2), np.float32), (32.0, 32.0, 32.0), 32, ((0, 48),) * 3)
        assert page.space.detail.placed((1, 0, 1), volume) == (2, 0, 2)

    in_session(large, test)


def test_a_small_field_offers_no_closeup(archive):
    async def test(page: Page) -> None:
        assert not page.state.large
        await page.act("restore", text=replace(kept_of(page), mode="both", region=(0, 16) * 3).to_json())
        await page.until(lambda: page.state.mode == "both" and not page.state.space_note)
        assert page.state.closeup == ""  # of a larger field: here no button would leave it
        assert await shape_of(page) == (48, 48, 48)

    with Dataset.open(*archive) as small:
        in_session(small, test)


def test_the_block_of_a_point_is_outlined(large):
    async def test(page: Page) -> None:
        row = page.session.blocks.row_at((1, 2, 0))
        await page.act("point", row=row)
        mark = await scene_of(page, lambda scene: scene.state.mark)
        assert (mark.shape.low, mark.shape.high) == ((16, 32, 0), (32, 48, 16))
        await page.act("point", row=10**6)  # of blocks that are gone meanwhile
        assert await scene_of(page, lambda scene: scene.state.mark) is None
        await page.act("point", row=row)
        await page.act("point", row=None)
        assert await scene_of(page, lambda scene: scene.state.mark) is None
        assert page.session.selection is None

    in_session(large, test)
