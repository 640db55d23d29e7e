"""The state of a window: round trips as a file and in an address, and nothing malformed comes in."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlat.errors import IdlatError
from idlat.explorer.data import Blocks, TreeEditor
from idlat.explorer.data.saving.explorer_state import ExplorerState
from idlat.explorer.data.saving.state_parts import (
    MOST_CAMERAS,
    BesideState,
    NamedCamera,
    TrackedState,
    TrialState,
)

FULL = ExplorerState(
    archive="run 7.idlat",
    variable="speed",
    step=1,
    theme="dark",
    colour_by="rate",
    tree={"format": "idlat tree", "nodes": [[0, -1]]},
    node=3,
    selection="eNpj",
    mode="both",
    panels=("original", "difference"),
    outlines=True,
    tinted=True,
    isovalue=-0.25,
    slices=(1, 2, 3),
    transfer=((0.0, 0.0), (5.5, 1.0)),
    colours="cividis",
    camera={"position": (1.0, 2.0, 3.0), "up": (0.0, 0.0, 1.0)},
    fitted=True,
    cameras=(NamedCamera("from above", {"position": (0.0, 0.5, 5.0)}),),
    trials=(TrialState("value > 2", 50.0, "above", {"value": 2.0}), TrialState("1", 20.0, "", {})),
    tree_step=1,
    scaling="energy",
    beside=(BesideState("heat", 2, "original", "magma", ((1.0, 0.5),), (1.0, 2.0), 1.5), BesideState("p")),
    panes=(0.2, 0.3, 0.6),
    projection="umap",
    perplexity=50.0,
    tracked=TrackedState(5, "eye", "#0072b2", 2, "log", "eNpj"),
)


def packed(content):
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).decode()


@pytest.mark.parametrize("state", [ExplorerState(), FULL])
def test_round_trips(state):
    assert ExplorerState.from_json(state.to_json()) == state
    assert ExplorerState.from_json(state.to_json().encode()) == state
    fragment = state.to_fragment()
    assert ExplorerState.from_fragment(fragment) == state
    assert all(c.isalnum() or c in "-_" for c in fragment)


def test_a_followed_cluster_of_an_older_release_is_followed_no_more():
    assert ExplorerState.from_fragment(packed({"v": 1, "tracked": 2})) == ExplorerState()
    for bad in ({"node": 1}, "cluster", {**asdict(FULL.tracked), "blocks": "<"}):
        with pytest.raises(IdlatError, match="tracked"):
            ExplorerState.from_fragment(packed({"v": 1, "tracked": bad}))


def test_cameras_at_the_end_of_the_world_are_refused():
    for far in (1e300, -1e7):
        with pytest.raises(IdlatError, match="camera"):
            ExplorerState.from_fragment(packed({"v": 1, "camera": {"position": [0, far, 0]}}))


def test_beginning_is_short():
    assert len(ExplorerState().to_fragment()) < 24
    assert json.loads(FULL.to_json())["format"] == "idlat explorer state"


def test_a_tree_of_many_blocks_fits_an_address(dataset):
    editor = TreeEditor(Blocks.of(dataset, 0))
    editor.split(0, 4)
    state = ExplorerState(tree=editor.to_dict())
    assert len(state.to_fragment()) < 500
    again = TreeEditor.from_dict(editor.blocks, ExplorerState.from_fragment(state.to_fragment()).tree)
    assert again.to_dict() == editor.to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"step": -1},
        {"step": "0"},
        {"step": True},
        {"unknown": 1},
        {"archive": "../../etc/passwd"},
        {"variable": 5},
        {"theme": "pink"},
        {"colour_by": None},
        {"tree": []},
        {"tree": {"format": "other"}},
        {"selection": "a b"},
        {"panels": ["original"] * 5},
        {"panels": "original"},
        {"isovalue": "8"},
        {"slices": [1.5]},
        {"transfer": [[0, 2]]},
        {"transfer": [[0]]},
        {"camera": {"position": [1, 2, 3, 4, 5]}},
        {"camera": {"<script>": [1]}},
        {"cameras": [{"name": "x" * 41, "camera": {}}]},
        {"cameras": [{"name": "x"}]},
        {"cameras": [{"name": "x", "camera": {"position": [1e7]}}]},
        {"cameras": [{"name": str(i), "camera": {}} for i in range(MOST_CAMERAS + 1)]},
        {"beside": [{"variable": "p"}]},
        {"beside": [asdict(BesideState("p"))] * 4},
        {"beside": [{**asdict(BesideState("p")), "what": "difference"}]},
        {"panes": [0.2, 0.3]},
        {"panes": [0.6, 0.5, 0.5]},
        {"projection": "isomap"},
        {"perplexity": 1},
        {"trials": [{"expression": "1"}]},
        {"trials": [{"expression": "1", "quality": 101, "family": "", "values": {}}]},
        {"trials": [{"expression": "x" * 2001, "quality": 1, "family": "", "values": {}}]},
    ],
)
def test_malformed_states_are_refused(change):
    with pytest.raises(IdlatError, match="state of the explorer is damaged"):
        ExplorerState.from_json(json.dumps({**json.loads(FULL.to_json()), **change}))
    with pytest.raises(IdlatError, match="state of the explorer is damaged"):
        ExplorerState.from_fragment(packed({"v": 1, **change}))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "7", '{"format": "other"}', '{"step": NaN}', "[" * 10_000, b"\xff\xfe"]
)
def test_other_files_are_refused(text):
    with pytest.raises(IdlatError, match="no state of the explorer"):
        ExplorerState.from_json(text)


def test_other_versions_are_refused():
    later = {**json.loads(FULL.to_json()), "format_version": 2}
    with pytest.raises(IdlatError, match="has version 2, this release reads version 1"):
        ExplorerState.from_json(json.dumps(later))
    with pytest.raises(IdlatError, match="has version None"):
        ExplorerState.from_fragment(packed({"step": 1}))


def test_not_finite_numbers_are_refused():
    with pytest.raises(IdlatError):
        ExplorerState.from_json(FULL.to_json().replace("-0.25", "Infinity"))
    with pytest.raises(IdlatError):
        ExplorerState.from_json(FULL.to_json().replace("-0.25", "1e999"))


def test_a_bomb_does_not_go_off():
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * (1 << 26), 9)).decode()
    with pytest.raises(IdlatError, match="no state"):
        ExplorerState.from_fragment(bomb)


@given(st.text(max_size=60))
def test_any_fragment_is_a_state_or_refused(text):
    with pytest.raises(IdlatError):
        ExplorerState.from_fragment("x" + text)
