"""A session without a browser: what the page asks for, over the wire, and what comes of it."""

import asyncio
import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.analysis import ClusterFile
from idlat.analysis.projection import Projection
from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, Dataset, TreeEditor, TrialState
from idlat.explorer.views import block_projection
from support.explorer.windowed_session import Page, in_session, kept_of
from support.models.paper_networks import random_block_model


@pytest.fixture(scope="module")
def dataset(archive):
    with Dataset.open(*archive) as opened:
        yield opened


def test_the_page_begins_with_one_cluster_of_all_blocks(dataset):
    async def test(page: Page) -> None:
        assert [node["size"] for node in page.state.nodes] == [27]
        assert len(page.state.positions) == 27 * 8
        assert len(page.state.colours) == 27 * 3
        assert page.state.isovalue == 6.0  # the importance is about it
        assert page.state.selected == b""

    in_session(dataset, test)


def test_a_model_of_one_quality_offers_none(tmp_path):
    values = np.random.default_rng(0).normal(size=(48, 48, 48)).astype(np.float32)
    field = xr.DataArray(values, dims=("z", "y", "x"))
    model = random_block_model("paper")
    idlat.compress(field, tmp_path / "v.idlat", "value > 1", model, self_contained=True).close()
    field.to_netcdf(tmp_path / "v.nc", engine="h5netcdf")

    async def test(page: Page) -> None:
        assert not page.state.adjustable
        await page.act("expression", text="value > 0")
        await page.until(lambda: page.state.estimates[0]["figures"])

    with Dataset.open(tmp_path / "v.idlat", tmp_path / "v.nc") as opened:
        in_session(opened, test)


def test_the_gradients_of_a_cluster_are_told_by_their_means(dataset):
    async def test(page: Page) -> None:
        await page.act("choose", node=0)
        await page.until(lambda: page.state.plots)
        found = page.session.editor.blocks.gradients
        told = {plot["title"]: plot["series"][0]["mean"] for plot in page.state.plots}
        means = found[np.isfinite(found).all(axis=1)].mean(axis=0)
        assert [told[f"Gradient {axis}"] for axis in "zyx"] == pytest.approx(means.tolist(), rel=1e-4)

    in_session(dataset, test)


def test_clusters_that_are_chosen_together_are_laid_over_one_another(dataset):
    async def test(page: Page) -> None:
        await page.act("split", node=0, count=3)
        await page.until(lambda: len(page.state.nodes) == 4)
        first, second, third = (node["id"] for node in page.state.nodes[1:])
        await page.act("choose", node=first)
        await page.act("choose_more", node=third)
        await page.until(lambda: len(page.state.plots[0]["series"]) == 2)
        assert [one["node"] for one in page.state.plots[0]["series"]] == [first, third]
        row = int(page.session.editor.rows(second)[0])
        await page.act("select", indices=[row], mode="add")
        await page.until(lambda: len(page.state.plots[0]["series"]) == 3)
        assert [one["size"] for one in page.state.plots[0]["series"]][2] == 1
        await page.act("choose", node=0)  # of a cluster that is split, its parts
        await page.until(lambda: page.state.plots[0]["series"][-1]["node"] == third)
        assert [one["node"] for one in page.state.plots[2]["series"]] == [first, second, third]
        for plot in page.state.plots:
            spans = np.diff(plot["at"])
            for one in plot["series"]:
                total = sum(one["heights"]) if "%" in plot["of"] else np.trapezoid(one["heights"], plot["at"])
                assert total == pytest.approx(100 if "%" in plot["of"] else 1, rel=0.15)
            assert (spans > 0).all()

    in_session(dataset, test)


def test_an_action_that_fails_is_told_on_the_page(dataset):
    async def test(page: Page) -> None:
        acts = ("merge", {"node": 0}), ("rename", {"node": 99, "name": "x"})
        for number, (name, parts) in enumerate(acts, 1):
            answer = await page.act(name, **parts)
            assert "result" in answer
            assert page.state.notice["kind"] == "error"
            assert page.state.notice["number"] == number
        await page.act("select", indices=[27], mode="replace")
        assert "there is no block 27" in page.state.notice["text"]
        assert len(page.state.nodes) == 1

    in_session(dataset, test)


def test_work_is_cancelled_and_the_latest_of_a_kind_wins(dataset):
    async def test(page: Page) -> None:
        results: list[str] = []

        def slow(progress: Any, cancelled: Any) -> str:
            for done in range(2000):
                progress("slow", done, 2000)
                if cancelled():
                    break
                asyncio.run(asyncio.sleep(0.005))
            return "slow"

        page.session.work("test", "Slow", slow, results.append)
        assert [job["label"] for job in page.state.jobs] == ["Slow"]  # at once, with what asked for it
        await page.act("cancel", kind="test")
        await page.until(lambda: True)
        page.session.work("test", "Slow", slow, results.append)
        page.session.work("test", "Quick", lambda *_: "quick", results.append)
        await page.until(lambda: results)
        await asyncio.sleep(0.05)
        assert results == ["quick"]

    in_session(dataset, test)


def test_the_state_goes_out_and_comes_in_whole(dataset):
    async def test(page: Page) -> None:
        await page.act("split", node=0)
        await page.until(lambda: len(page.state.nodes) > 1)
        leaf = page.state.nodes[1]["id"]
        await page.act("choose", node=leaf)
        await page.act("rename", node=leaf, name="cores")
        await page.until(lambda: page.state.nodes[1]["name"] == "cores" and page.state.transfer)
        kept = kept_of(page)
        before = (page.state.nodes, page.state.selected, page.state.colours)
        await page.act("merge", node=0)
        await page.act("restore", text=kept.to_json())
        await page.until(lambda: len(page.state.nodes) == len(before[0]))
        assert (page.state.nodes, page.state.selected, page.state.colours) == before
        assert kept_of(page).to_json() == kept.to_json()

    in_session(dataset, test)


def test_clusters_are_saved_as_analyze_writes_them_and_loaded_again(dataset):
    async def test(page: Page) -> None:
        await page.act("split", node=0)
        await page.until(lambda: len(page.state.nodes) > 1)
        labels = page.session.editor.labels()
        await page.act("save_clusters")
        await page.until(lambda: page.state.download)
        text = page.session.shared.downloads.find(page.state.download["key"]).path.read_text()
        assert len(ClusterFile.from_json(text).tree.nodes) == len(page.state.nodes)
        await page.act("merge", node=0)
        await page.act("restore", text=text)
        await page.until(lambda: len(page.state.nodes) > 1)
        np.testing.assert_array_equal(page.session.editor.labels(), labels)
        await page.act("restore", text=text.replace('"seed": 0', '"seed": 1'))
        await page.until(lambda: "damaged or was edited" in page.state.notice["text"])
        np.testing.assert_array_equal(page.session.editor.labels(), labels)

    in_session(dataset, test)


def test_a_fresh_window_takes_the_state_of_its_address(dataset):
    fragments: list[str] = []

    async def first(page: Page) -> None:
        await page.act("split", node=0)
        await page.until(lambda: len(page.state.nodes) > 1)
        await page.act("choose", node=page.state.nodes[1]["id"])
        await page.act("isovalue", value=7.5, show=True)
        await page.act("theme", theme="dark")
        for key, value in (("tab", "importance"), ("slot", "b")):
            await page.wire.call("trame.state.update", [{"key": key, "value": value}])
        await page.until(lambda: page.state.theme == "dark" and page.state.transfer)
        fragments.append(kept_of(page).to_fragment())

    async def second(page: Page) -> None:
        await page.until(lambda: page.state.space_note == "" and page.state.has_selection)
        assert page.state.isovalue == 7.5
        assert (page.state.theme, page.state.mode) == ("dark", "isosurface")
        assert (page.state.tab, page.state.slot) == ("importance", "b")
        assert len(page.state.nodes) > 1
        assert kept_of(page).to_fragment() == fragments[0]

    in_session(dataset, first)
    in_session(dataset, second, fragments[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 7}, "there is no step 7"),
        ({"variable": "u"}, "variable 'u'"),
    ],
)
def test_a_state_of_something_else_is_refused_whole(dataset, change, message):
    async def test(page: Page) -> None:
        kept = replace(kept_of(page), mode="slices", **change)
        await page.act("restore", text=kept.to_json())
        assert message in page.state.notice["text"]
        assert page.state.mode == "volume"

    in_session(dataset, test)


def leaves(page: Page) -> list[int]:
    """Return the ids of the clusters without children."""
    return [node["id"] for node in page.state.nodes if not node["children"]]


async def split(page: Page, node: int = 0) -> list[int]:
    """Split a leaf in two, and return the leaves."""
    count = len(leaves(page))
    await page.act("split", node=node, count=2)
    await page.until(lambda: len(leaves(page)) > count)
    return leaves(page)


async def go_to(page: Page, step: int) -> None:
    await page.wire.call("trame.state.update", [{"key": "step", "value": step}])
    await page.until(lambda: page.session.blocks.step == step and page.state.latent_note == "t-SNE")


def test_two_splits_at_once_are_both_made(dataset):
    async def test(page: Page) -> None:
        first, second = await split(page)
        await page.act("split", node=first, count=2)
        await page.act("split", node=second, count=2)
        await page.until(lambda: len(leaves(page)) == 4)
        await page.act("undo")
        await page.act("undo")
        assert leaves(page) == [first, second]

    in_session(dataset, test)


def test_a_split_that_is_cancelled_changes_nothing(dataset):
    async def test(page: Page) -> None:
        editor, goes_on = page.session.editor, threading.Event()
        proposed = editor.proposed

        def waiting(*parts: Any) -> Any:
            goes_on.wait(60)
            return proposed(*parts)

        editor.proposed = waiting
        await page.act("split", node=0)
        await page.act("cancel", kind="split-0")
        goes_on.set()
        await page.until(lambda: not page.session.worker.runs("split-0"))
        assert len(editor.tree.nodes) == len(page.state.nodes) == 1

    in_session(dataset, test)


def test_a_step_there_and_back_keeps_every_edit(dataset):
    async def test(page: Page) -> None:
        leaf = (await split(page))[0]
        await page.act("choose", node=leaf)
        before, tree = page.state.selected, page.session.editor.tree
        await go_to(page, 1)
        assert leaf in leaves(page)  # carried
        await go_to(page, 0)
        assert page.session.editor.tree is tree
        assert (page.state.selected, page.state.node, page.state.can_undo) == (before, leaf, True)

    in_session(dataset, test)


def test_an_edit_is_taken_back_in_another_step(dataset):
    async def test(page: Page) -> None:
        before = await split(page)
        await go_to(page, 1)
        assert page.state.can_undo
        await page.act("undo")
        await page.until(lambda: leaves(page) == [0] and page.session.blocks.step == 1)
        assert not page.state.can_undo
        await page.act("redo")
        await page.until(lambda: leaves(page) == before)
        await page.act("rename", node=before[0], name="eye")  # in this step
        await go_to(page, 0)
        await page.act("undo")
        await page.until(lambda: {node["name"] for node in page.state.nodes} >= {"cluster 1", "cluster 2"})
        assert page.state.can_undo
        assert page.state.can_redo

    in_session(dataset, test)


def test_a_state_and_clusters_that_are_loaded_can_be_taken_back(dataset):
    async def test(page: Page) -> None:
        mine = await split(page)
        edition = page.session.editor.edition
        kept = page.session.current_state()
        other = TreeEditor(Blocks.of(dataset, 0))
        other.split(0, 4)
        for text in (
            replace(kept, tree=other.to_dict(), node=0, selection=None).to_json(),
            other.cluster_file().to_json(),
        ):
            await page.act("restore", text=text)
            await page.until(lambda: len(leaves(page)) == 4)
            await page.act("undo")
            await page.until(lambda: leaves(page) == mine)
            assert page.session.editor.edition is edition

    in_session(dataset, test)


def test_loaded_clusters_are_measured_as_they_were_made(dataset):
    made = TreeEditor(Blocks.of(dataset, 0, scaling="log"))
    made.split(0, 3)
    file = made.cluster_file()
    stated = {node: quality.silhouette for node, quality in file.qualities.items()}

    async def test(page: Page) -> None:
        mine, usual = await split(page), page.session.blocks.scaling
        await page.act("restore", text=file.to_json())
        await page.until(lambda: len(leaves(page)) == 3)
        for node in leaves(page):
            await page.act("choose", node=node)
            await page.until(lambda node=node: page.state.detail["id"] == node)
            silhouette = page.state.facts_of_node[1]
            assert silhouette["name"] == "Silhouette (log)"
            shown = float(silhouette["value"].split(",")[0].replace("−", "-"))
            assert shown == pytest.approx(stated[node], abs=0.006)
        kept = kept_of(page)
        assert kept.scaling == "log" != usual
        await page.act("undo")
        await page.until(lambda: leaves(page) == mine and page.session.blocks.scaling == usual)
        await page.act("restore", text=kept.to_json())
        await page.until(lambda: page.session.blocks.scaling == "log")

    in_session(dataset, test)


def test_an_address_of_another_step_has_the_same_clusters_everywhere_and_the_same_tracks(dataset):
    found = {}

    def seen(page: Page) -> tuple:
        return [n["size"] for n in page.state.nodes], page.state.tracks, page.state.track_note

    async def first(page: Page) -> None:
        leaf = (await split(page))[1]
        await page.act("split", node=leaf, count=2)
        await page.until(lambda: len(leaves(page)) == 3)
        await page.act("choose", node=leaf)
        found["at home"] = seen(page)[0]
        await page.act("track")
        await page.until(lambda: page.state.tracks)
        last = page.state.tracks[0]
        await page.act("show_tracked", step=1, track=last["track"])
        await page.until(lambda: page.session.blocks.step == 1 and page.state.latent_note == "t-SNE")
        at = next(point for point in last["points"] if point["step"] == 1)
        assert page.session.selection.sum() == at["blocks"]
        carried = leaves(page)
        await page.act("merge", node=0)  # what became of the tree does not change what is followed
        await page.act("undo")
        await page.until(lambda: leaves(page) == carried)
        found["away"], found["address"] = seen(page), kept_of(page).to_fragment()

    async def again(page: Page) -> None:
        await page.until(lambda: page.state.tracks)
        assert seen(page) == found["away"]
        assert kept_of(page).to_fragment() == found["address"]
        await go_to(page, 0)
        assert seen(page)[0] == found["at home"]

    in_session(dataset, first)
    in_session(dataset, again, found["address"])


def test_a_lasso_stays_in_its_place_from_step_to_step(dataset):
    async def test(page: Page) -> None:
        await split(page)
        await page.act("select", indices=[3, 5], mode="replace")
        await go_to(page, 1)
        assert page.session.node == 0
        assert page.session.blocks.positions[page.session.selection].tolist() == [[0, 1, 0], [0, 1, 2]]

    in_session(dataset, test)


def test_what_was_computed_of_another_step_is_dropped(dataset):
    async def test(page: Page) -> None:
        goes_on, results = threading.Event(), []
        page.session.work("test", "Waiting", lambda *_: goes_on.wait(60), results.append)
        await page.wire.call("trame.state.update", [{"key": "step", "value": 1}])
        while page.session.blocks.step != 1:
            await asyncio.sleep(0.01)
        goes_on.set()
        await page.until(lambda: page.state.latent_note == "t-SNE")
        assert results == []

    in_session(dataset, test)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"selection": "AAAA"}, "selection is damaged"),
        ({"tree": {"format": "idlat tree"}}, "tree"),
    ],
)
def test_a_damaged_state_is_refused_whole(dataset, change, message):
    async def test(page: Page) -> None:
        current = page.session.current_state
        before = current()
        await page.act("restore", text=replace(before, step=1, mode="slices", **change).to_json())
        await page.until(lambda: message in page.state.notice["text"])
        now = current()
        assert (now.step, now.mode, now.tree, now.selection) == (0, "volume", None, None)
        await page.until(lambda: page.state.fragment == current().to_fragment())  # the address goes on

    in_session(dataset, test)


def test_figures_of_another_map_never_stay(dataset):
    async def test(page: Page) -> None:
        def figures() -> list[bool]:
            return [bool(one["figures"]) for one in page.state.estimates]

        await page.act("estimate")
        await page.until(lambda: figures() == [True, False])
        await page.act("expression", text="value > nonsense")
        await page.until(lambda: "nonsense" in page.state.notice["text"])
        assert figures() == [False, False]
        await page.act("family", name="above")
        await page.wire.call("trame.state.update", [{"key": "slot", "value": "b"}])
        await page.act("estimate")  # both at once: neither outdoes the other
        await page.until(lambda: figures() == [True, True] and "B against A" in page.state.comparison_text)
        text, before = page.state.comparison_text, page.state.estimates
        await page.act("show_moved")
        assert page.session.selection.sum() == page.state.moved_blocks
        assert (page.state.comparison_text, page.state.estimates) == (text, before)
        assert page.state.bench_note == ""
        await page.act("select", indices=[0], mode="replace")
        assert (page.state.comparison_text, page.state.estimates) == (text, before)

    in_session(dataset, test)


def test_sliders_stay_within_their_ranges_whatever_a_state_says(dataset):
    async def test(page: Page) -> None:
        await page.until(lambda: len(page.state.families) > 1)
        trial = TrialState("isosurface(6.0, decay=0.2)", 50.0, "isosurface", {"decay": -1.0, "value": 1e300})
        kept = replace(page.session.current_state(), trials=(trial, trial))
        await page.act("restore", text=kept.to_json())
        await page.until(lambda: page.state.family == "isosurface" and page.state.parameters)
        for parameter in page.state.parameters:
            assert parameter["low"] <= parameter["value"] <= parameter["high"]
        decay = next(p for p in page.bench._families["isosurface"].parameters if p.name == "decay")
        assert f"decay={decay.value:.4g}" in page.state.expression

    in_session(dataset, test)


def test_the_message_of_a_wrong_expression_goes_with_it(dataset):
    async def test(page: Page) -> None:
        await page.act("expression", text="value > nonsense")
        await page.until(lambda: "nonsense" in page.state.notice["text"])
        await page.act("expression", text="value > 1")
        assert page.state.notice["text"] == ""

    in_session(dataset, test)


def test_clusters_stay_in_other_features_and_both_steps_go_back(dataset):
    async def test(page: Page) -> None:
        mine, usual = await split(page), page.session.blocks.scaling
        other = "log" if usual != "log" else "steps"
        labels = page.session.editor.labels().tolist()
        page.session.state.scaling = other
        page.session.load(scaling=other)
        await page.until(lambda: page.session.blocks.scaling == other and page.state.latent_note == "t-SNE")
        assert page.session.editor.labels().tolist() == labels
        assert kept_of(page).scaling == other
        page.session.state.step = 1
        page.session.load_shown()
        await page.until(lambda: page.session.blocks.step == 1)
        assert page.session.blocks.scaling == other
        await page.act("undo")
        await page.until(lambda: page.state.scaling == usual and page.session.blocks.scaling == usual)
        assert leaves(page) == mine

    in_session(dataset, test)


def test_chosen_clusters_become_one(dataset):
    async def test(page: Page) -> None:
        await page.act("split", node=0, count=4)
        await page.until(lambda: len(leaves(page)) == 4)
        first, second, third, _ = leaves(page)
        await page.act("choose", node=first)
        await page.act("choose_more", node=second)
        await page.act("choose_more", node=third)
        await page.act("choose_more", node=second)
        assert page.state.chosen == sorted([first, third])
        assert (page.state.node, page.state.can_gather, page.state.can_split) == (None, True, False)
        await page.until(lambda: page.state.detail["id"] is None)
        assert page.state.detail["size"] == int(page.session.selection.sum())
        await page.act("gather")
        await page.until(lambda: len(leaves(page)) == 3)
        assert (page.state.node, page.state.can_gather) == (max(leaves(page)), False)
        await page.act("choose_more", node=second)
        await page.act("choose_more", node=page.session.editor.tree.leaves[-1].id)
        assert page.state.node == second  # what is left is a cluster

    in_session(dataset, test)


def test_any_chosen_blocks_are_followed(dataset):
    async def test(page: Page) -> None:
        await page.act("select", indices=[0, 1, 2, 9], mode="replace")
        assert page.state.can_track
        await page.act("track")
        await page.until(lambda: page.state.tracks)
        assert page.state.track_note.startswith("4 chosen blocks: ")
        assert kept_of(page).tracked.node == 0

    in_session(dataset, test)


def test_single_blocks_leave_no_track_and_that_is_said(dataset):
    async def test(page: Page) -> None:
        await page.act("select", indices=[0, 26], mode="replace")
        await page.act("track")
        await page.until(lambda: page.state.track_note)
        assert page.state.tracks == []
        assert page.state.track_note == "2 chosen blocks: no track, its blocks touch no other of it"

    in_session(dataset, test)


def test_a_view_is_kept_under_a_name_that_is_free_or_taken(dataset):
    async def test(page: Page) -> None:
        await page.act("keep_camera", name="early")
        if page.space.seen_from is None:
            assert "nothing is drawn yet" in page.state.notice["text"]
        page.space._push = lambda _: None  # a picture that comes meanwhile is seen from elsewhere
        page.space.seen_from = {"position": [0, -5, 0.1234567], "focal": [0.5] * 3, "up": [0, 0, 1]}
        for name in ("", " ", "mine", "mine"):
            await page.act("keep_camera", name=name)
        names = [name for name in page.state.cameras if name != "early"]
        assert names == ["View 1", "View 2", "mine"]
        assert page.session.current_state().cameras[-1].camera["position"] == (0, -5, 0.123457)
        await page.act("forget_camera", name="View 1")
        await page.act("forget_camera", name="View 1")
        assert "no view is kept as 'View 1'" in page.state.notice["text"]
        for i in range(30):
            await page.act("keep_camera", name=f"n{i}")
        assert "24 views are kept at most" in page.state.notice["text"]
        assert len(page.session.current_state().cameras) == 24

    in_session(dataset, test)


@pytest.mark.parametrize("fails", [False, True])
def test_points_are_seen_while_they_settle(dataset, monkeypatch, fails):
    seen = threading.Event()

    def project(values, *_, settling, **__):
        settling(np.zeros((len(values), 2)))
        assert seen.wait(300)
        if fails:
            raise IdlatError("out of luck")
        return Projection(np.ones((len(values), 2)), "tsne", None, 1)

    async def test(page: Page) -> None:
        monkeypatch.setattr(block_projection, "SETTLING", 0.0)
        monkeypatch.setattr(block_projection, "project", project)
        page.state.change("latent_note")(lambda latent_note, **_: "settling" in latent_note and seen.set())
        perplexity = 6.0 if fails else 7.0  # which no other test of this data set finds arranged
        await page.act("restore", text=replace(kept_of(page), perplexity=perplexity).to_json())
        ending = ", unfinished" if fails else ""
        await page.until(lambda: page.state.latent_note == f"t-SNE, perplexity {perplexity:g}{ending}")
        assert ("out of luck" in page.state.notice["text"]) == fails

    in_session(dataset, test)


def test_a_state_that_asks_for_umap_where_it_is_not_installed_falls_back(dataset, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)

    async def test(page: Page) -> None:
        state = replace(kept_of(page), projection="umap", perplexity=4.0)
        await page.act("restore", text=state.to_json())
        await page.until(lambda: page.state.latent_note == "t-SNE, perplexity 4")
        assert "pip install 'idlat[umap]'" in page.state.notice["text"]
        assert page.state.projection == "tsne"

    in_session(dataset, test)
