"""Playing through the steps: an even pace, and the next step decoded ahead."""

import asyncio
import itertools

import pytest

from idlat.explorer.data import Dataset
from idlat.explorer.views import step_player
from support.explorer.windowed_session import Page, in_session


@pytest.fixture
def dataset(archive):
    with Dataset.open(*archive) as opened:
        yield opened


def test_the_next_step_is_decoded_while_one_is_looked_at(dataset, monkeypatch):
    monkeypatch.setattr(step_player, "PACE", 1000.0)
    whole = tuple((0, n) for n in dataset.shape)
    wanted = {("original", "v", 1, whole), ("reconstruction", "v", 1, whole)}

    async def test(page: Page) -> None:
        await page.until(lambda: page.state.space_note == "")
        assert not wanted & set(dataset.cache.keys())
        await page.act("play", on=True)
        await page.until(lambda: not page.session.worker.runs("ahead"))
        assert wanted <= set(dataset.cache.keys())
        assert any(key[:3] == ("features", "v", 1) for key in list(dataset.cache.keys()))
        assert page.state.step == 0
        await page.act("play", on=False)

    in_session(dataset, test)


def changes(seen):
    """Return what was seen, without what was the same as before."""
    return [each for each, _ in itertools.groupby(seen)]


def test_steps_go_by_in_turn_and_the_blocks_are_arranged_at_the_end(dataset, monkeypatch):
    monkeypatch.setattr(step_player, "PACE", 0.01)
    seen, shown = [], []

    async def test(page: Page) -> None:
        page.state.change("step")(lambda step, **_: seen.append(step))
        page.state.change("latent_note")(lambda latent_note, **_: shown.append(latent_note))
        await page.act("play", on=True)
        while len(changes(seen)) < 4:
            await asyncio.sleep(0.02)
        await page.act("play", on=False)
        assert changes(seen)[:4] in ([1, 0, 1, 0], [0, 1, 0, 1])
        await page.until(lambda: page.state.latent_note == "t-SNE")

    in_session(dataset, test)
