"""Values under the pointer, the range of the colours, and a window of values, without a browser."""

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.explorer.data import Dataset
from support.explorer.windowed_session import Page, in_session, kept_of


@pytest.fixture(scope="module")
def dataset(archive):
    with Dataset.open(*archive) as opened:
        yield opened


def drawn(page: Page) -> bool:
    return not page.state.space_note and page.space.camera is not None and page.state.transfer


async def change(page: Page, **fields) -> None:
    await page.wire.call(
        "trame.state.update", [{"key": key, "value": value} for key, value in fields.items()]
    )


def test_what_is_under_the_pointer_is_told(dataset):
    async def test(page: Page) -> None:
        await page.until(lambda: drawn(page))
        await change(page, mode="sections", slices=[20, 21, 22])
        for place in ((0.1, 0.7), (0.2, 0.7), (0.15, 0.7)):  # the last of those that wait is told
            await page.act("probe", x=place[0], y=place[1])
        await page.until(lambda: page.state.probed)
        width, height = page.space.size
        answers = []
        page.space.renderer.ask(lambda scene: scene.probe(0.15 * width, 0.7 * height), answers.append)
        await page.until(lambda: answers)
        z, y, x = answers[0]
        await page.until(lambda: page.state.probed["place"] == f"z {z}  y {y}  x {x}")
        told = {one["name"]: one["value"] for one in page.state.probed["values"]}
        for kind in ("original", "reconstruction"):
            value = dataset.volume(kind, 0).values[z, y, x]
            assert float(told[kind.capitalize()].split()[0].replace("−", "-")) == pytest.approx(
                value, rel=1e-4
            )
        assert page.state.probed["cluster"] == "all blocks"
        row = page.state.probed["row"]
        assert page.session.blocks.positions[row].tolist() == [z // 16, y // 16, x // 16]
        await page.act("probe", x=1.0, y=1.0)
        await page.until(lambda: page.state.probed is None)

    in_session(dataset, test)


def test_colours_reach_a_range_that_is_set_and_kept(dataset):
    async def test(page: Page) -> None:
        await page.until(lambda: drawn(page))
        low, high = page.state.range
        points, counts = page.state.transfer, page.state.histogram
        await page.act("colour_range", low=2.0, high=4.0)
        await page.until(lambda: page.state.histogram != counts)
        values = dataset.volume("original", 0).values
        assert sum(page.state.histogram) == np.count_nonzero((values >= 2) & (values <= 4))
        assert page.space.scene.panels["original"].value_range == (2.0, 4.0)
        for (value, opacity), (old, before) in zip(page.state.transfer, points, strict=True):
            assert (value - 2) / 2 == pytest.approx((old - low) / (high - low))
            assert opacity == before
        await page.act("colour_range", low=5.0, high=4.0)
        assert "below its end" in page.state.notice["text"]
        assert page.state.colour_range == [2.0, 4.0]
        assert kept_of(page).colour_range == (2.0, 4.0)
        await page.act("colour_range")
        await page.until(lambda: page.state.histogram == counts)
        assert page.state.colour_range == [low, high]

    in_session(dataset, test)


def test_blocks_are_chosen_by_the_values_that_are_swept_over(dataset):
    async def test(page: Page) -> None:
        await page.until(lambda: drawn(page))
        values = dataset.volume("original", 0).values
        high = float(np.quantile(values, 0.999))
        await page.act("brush", low=high, high=1e9)
        assert page.space.scene.settings.window == (high, 1e9)
        await page.act("choose_brushed")
        await page.until(lambda: page.state.has_selection)
        tall = values.reshape(3, 16, 3, 16, 3, 16).max(axis=(1, 3, 5)) >= high
        rows = page.session.blocks.rows_of(tall)
        assert page.session.selection.tolist() == rows.tolist()
        assert 0 < rows.sum() < 27
        await page.act("brush")
        assert page.space.scene.settings.window is None

    in_session(dataset, test)


def test_the_exaggeration_is_of_all_that_is_drawn_and_kept(dataset):
    async def test(page: Page) -> None:
        await page.until(lambda: drawn(page))
        await change(page, exaggeration=2.5)
        await page.until(lambda: page.space.scene.frame.stretch == (2.5, 1.0, 1.0))
        assert set(page.space.scene.panels) == {"original", "reconstruction"}
        assert page.space.dragged.voxels.frame == page.space.scene.frame
        assert kept_of(page).exaggeration == 2.5
        await change(page, exaggeration=None)
        await page.until(lambda: page.space.scene.frame.stretch == (1.0, 1.0, 1.0))

    in_session(dataset, test)


def test_the_pointer_tells_coordinates_where_the_field_has_any(tmp_path):
    values = np.random.default_rng(0).normal(size=(16, 16, 32)).astype(np.float32)
    lat = ("y", np.linspace(-30, 0, 16), {"units": "degrees_north", "standard_name": "latitude"})
    field = xr.DataArray(values, {"y": lat}, ("z", "y", "x"), name="v")
    idlat.compress(field, tmp_path / "v.idlat").close()
    with Dataset.open(tmp_path / "v.idlat") as opened:
        assert list(opened.coordinates) == ["y"]
        found, name, unit = opened.coordinates["y"]
        assert (found[0], name) == (-30.0, "latitude")
        assert unit == "degrees_north"


def test_the_pointer_calls_coordinates_as_the_file_does(tmp_path):
    values = np.random.default_rng(0).normal(size=(10, 16, 32)).astype(np.float32)
    coordinates = {"depth": np.geomspace(5, 500, 10), "lat": np.linspace(-30, 0, 16), "lon": np.arange(32.0)}
    field = xr.DataArray(values, coordinates, ("depth", "lat", "lon"), "t")
    idlat.compress(field, tmp_path / "t.idlat").close()
    with Dataset.open(tmp_path / "t.idlat") as opened:
        names = {axis: name for axis, (_, name, _) in opened.coordinates.items()}
    assert names == {"z": "depth", "y": "lat"}  # the last only counts voxels
