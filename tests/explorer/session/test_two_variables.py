"""An archive of two variables, without a browser: what is of one is never shown as the other's."""

import numpy as np
import xarray as xr

import idlat
from idlat.explorer.data import Dataset
from support.explorer.windowed_session import Page, in_session


def test_figures_of_one_variable_never_stand_under_the_units_of_another(tmp_path):
    values = np.random.default_rng(0).normal(size=(32, 32, 32)).astype(np.float32)
    axes = ("z", "y", "x")
    flow = xr.DataArray(values, dims=axes, name="flow", attrs={"units": "m/s"})
    heat = xr.DataArray(300 - values, dims=axes, name="heat", attrs={"units": "K"})
    idlat.compress([flow, heat], tmp_path / "v.idlat", "0.5").close()
    seen = []

    async def test(page: Page) -> None:
        await page.act("choose", node=0)
        await page.until(lambda: page.state.detail)
        page.state.change("units", "facts_of_node")(
            lambda **_: seen.append((page.state.units, page.state.facts_of_node))
        )
        await page.wire.call("trame.state.update", [{"key": "variable", "value": "heat"}])
        await page.until(lambda: page.session.blocks.variable == "heat" and page.state.detail)

    with Dataset.open(tmp_path / "v.idlat") as opened:
        in_session(opened, test)
    means = {fact["value"] for _, facts in seen for fact in facts if fact["name"] == "Mean value"}
    assert {units for units, _ in seen} == {"K"}
    assert {mean.split()[1] for mean in means} == {"K"}
    assert all(float(mean.split()[0]) > 250 for mean in means)
