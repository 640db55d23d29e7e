"""Table 2 on small simulated data, with two updates a model: the way, not the figures."""

import json
from dataclasses import replace

import numpy as np
import pytest

import idlat
from idlat.cli.app import run
from idlat.datasets import make
from idlat.model import load_model
from idlat.reproduce import CASES, prepare, prepare_split
from idlat.reproduce.models import Length, trained_model
from idlat.reproduce.scenes import Stated, scenes_of
from idlat.reproduce.scoring import Score, score_equal_size
from idlat.reproduce.table2 import Table2Row, Training, as_markdown
from support.fields.series_files import stand_in


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table") / "out"
    assert run(["reproduce", "table2", "-o", str(folder), "--quick"]) == 0
    return folder


@pytest.mark.slow
def test_every_case_has_its_three_models(table):
    written = json.loads((table / "table2.json").read_text())
    rows, training = written["rows"], written["training"]
    assert [row["data"] for row in rows] == ["Vortex", "Nyx", "Isabel"]
    for row in rows:
        assert list(row["scores"]) == ["baseline", "paper", "default"]
        for score in row["scores"].values():
            assert score["psnr"] is not None
            assert score["lsr"] > score["lsr_everything"] > 0
            assert score["outside"] > 0
    assert {(each["preset"], each["updates"]) for each in training} == {
        ("baseline", 2),
        ("paper", 2),
        ("default", 0),
    }
    assert len({each["sha256"] for each in training}) == 7
    assert (table / "table2.md").read_text().count("\n| Nyx") == 5


def test_default_is_scored_at_the_size_of_another(tmp_path):
    (path,) = make("vortex", tmp_path / "vortex", size=32, steps=1)
    scene = scenes_of(CASES[0], [path])[0]
    field = idlat.open_field(path, variable="vorticity").load()
    other = Score(psnr=30.0, psnr_released=30.0, lsr=60.0, lsr_everything=6.0, outside=0.1, gain=0.0)
    found = score_equal_size(field, scene, load_model(), tmp_path / "v.idlat", other)
    assert found.lsr == pytest.approx(60.0, rel=0.02)
    assert found.psnr > 20
    for lsr in (None, 1e7):  # not known, and out of reach
        absent = replace(other, lsr=lsr)
        assert score_equal_size(field, scene, load_model(), tmp_path / "w.idlat", absent) is None


@pytest.mark.slow
def test_models_that_stand_are_used_as_they_are(table):
    path = table / "models" / "vortex_paper.safetensors"
    before = path.read_bytes()
    found = trained_model(CASES[0], "paper", [], path.parent, Length(1300))
    assert (found.path, found.updates) == (path, 2)
    assert path.read_bytes() == before
    path.with_suffix(".json").unlink()
    assert trained_model(CASES[0], "paper", [], path.parent, Length(1300)).updates is None


@pytest.mark.slow
def test_training_that_was_cut_short_goes_on(table):
    seen = prepare(CASES[2], table / "data")
    folder = table / "cut"
    folder.mkdir()
    first = trained_model(CASES[2], "baseline", seen, folder, Length(3, minutes=0.0, batch=1))
    assert (first.updates, first.path.exists()) == (0, True)
    assert (folder / "hurricane_baseline.safetensors.ckpt").exists()
    second = trained_model(CASES[2], "baseline", seen, folder, Length(3, batch=1))
    assert second.updates == 3
    assert not list(folder.glob("*.ckpt"))


def test_unseen_steps_are_none_of_those_learnt_from(tmp_path):
    stand_in("hurricane", tmp_path, steps=10)
    seen, unseen = prepare_split(CASES[2], tmp_path)
    assert seen == prepare(CASES[2], tmp_path)
    assert [path.stem[-4:] for path in unseen] == ["0005"]
    two = replace(CASES[2], unseen=2)
    assert [path.stem[-4:] for path in prepare_split(two, tmp_path)[1]] == ["0003", "0007"]


def test_isovalues_lie_at_the_papers_fractions_of_the_range(tmp_path):
    (path,) = make("vortex", tmp_path / "vortex", size=16, steps=1)
    scenes = scenes_of(CASES[0], [path])
    field = idlat.open_field(path, variable="vorticity")
    low, high = float(field.min()), float(field.max())
    assert [scene.stated.lsr for scene in scenes] == [107.3825, 109.8901, 111.849, 113.6767]
    value = float(scenes[0].importance.split("(")[1].split(",")[0])
    assert value == pytest.approx(low + (5 - 0.0053) / (10.5209 - 0.0053) * (high - low), rel=1e-4)
    assert "decay=3" in scenes[0].released


def test_the_box_holds_the_eye(tmp_path):
    (path,) = make("hurricane", tmp_path / "hurricane", size=40, steps=1)
    (scene,) = scenes_of(CASES[2], [path])
    pressure = idlat.open_field(path, variable="P")
    inside = idlat.importance.parse(scene.importance).evaluate(pressure).values > 0
    lowest = np.unravel_index(int(np.nanargmin(np.where(pressure < 1e30, pressure, np.nan)[0])), (40, 40))
    assert inside[0][lowest]
    assert 0.01 < inside.mean() < 0.2


def test_better_means_on_both_axes():
    one = Score(30.0, 30.0, 100.0, 5.0, 0.1, 0.0)
    assert replace(one, psnr=31.0, lsr=101.0).beats(one)
    assert not replace(one, psnr=31.0, lsr=99.0).beats(one)
    assert not replace(one, psnr=None).beats(one)


def test_the_table_in_words():
    row = Table2Row(
        "Vortex",
        "v.nc",
        "iso 3",
        "isosurface(3)",
        {"baseline": Score(35.0, None, 7.31432, 6.5, None, 0.0)},
        Stated(34.4, 35.5, 107.4),
    )
    lines = as_markdown([row], [Training("vortex", "baseline", None, 20.25, "0")]).splitlines()
    assert "| 35.00" in lines[2]
    assert "| —" in lines[2]
    assert "| 7.3143" in lines[2]
    assert "| 107.4" in lines[3]
    assert lines[-1] == "| vortex | baseline | not noted | 20.2    |"
