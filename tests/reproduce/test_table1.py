"""Table 1 on small simulated data."""

import json
from dataclasses import replace

import pytest

from idlat.cli.app import run
from idlat.datasets import make
from idlat.errors import IdlatError, OutputError
from idlat.reproduce import CASES, make_table1, prepare, table1
from idlat.reproduce.table1 import our_row, paper_row
from support.fields.series_files import stand_in


def test_the_table_states_what_was_taken_beside_the_paper(tmp_path, capsys, monkeypatch):
    few = tuple(replace(case, steps=2, blocks=case.blocks // 5) for case in CASES)
    monkeypatch.setattr(table1, "CASES", few)
    assert run(["reproduce", "table1", "-o", str(tmp_path / "out"), "--quick"]) == 0
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "out" / "table1.md").read_text()
    said = json.loads((tmp_path / "out" / "table1.json").read_text())
    pairs, times = said["blocks"], said["times"]
    ours = [pair["ours"] for pair in pairs]
    assert [row["data"] for row in ours] == ["vortex", "cosmology", "hurricane"]
    assert [row["shape"] for row in ours] == [[32, 32, 32], [32, 32, 32], [6, 32, 32]]
    assert [(row["steps"], row["blocks"], row["block"]) for row in ours] == [(2, n, 64) for n in (4, 20, 22)]
    assert [pair["paper"]["blocks"] for pair in pairs] == [200, 1000, 1100]
    assert [pair["paper"]["shape"] for pair in pairs] == [[128] * 3, [256] * 3, [96, 512, 512]]
    assert all(0 < row["entropy"] < 7 for row in ours)
    assert [(row["data"], row["model"]) for row in times[:2]] == [
        ("vortex", "default"),
        ("Vortex", "paper's IDLat, as stated"),
    ]
    assert all(row["seconds_encode"] > 0 < row["seconds_decode"] for row in times)
    assert [row["epochs"] for row in times[1::2]] == [600, 100, 200]
    assert "| Isabel | paper's IDLat, as stated | 200 | 330 min | 0.2000 s | 0.1191 s |" in printed


def test_the_paper_takes_its_blocks_from_five_steps():
    stated = [paper_row(case) for case in CASES]
    assert [(row.steps, row.blocks, row.block) for row in stated] == [(5, n, 24) for n in (1000, 5000, 5500)]


def test_complex_blocks_are_taken_more_often(tmp_path):
    paths = make("hurricane", tmp_path / "hurricane", size=128, steps=1)
    told = []
    ours = our_row(CASES[2], paths, 60, lambda *call: told.append(call))
    assert told[-1] == (60, 60)
    assert ours.shape == (26, 128, 128)
    assert ours.entropy > ours.entropy_anywhere


def test_steps_are_spread_over_the_series(tmp_path):
    stand_in("hurricane", tmp_path, steps=10)
    paths = prepare(CASES[2], tmp_path)
    assert [int(path.stem[-4:]) for path in paths] == [0, 2, 4, 6, 8]


def test_too_short_a_series_is_an_error(tmp_path):
    stand_in("hurricane", tmp_path, steps=2)
    with pytest.raises(IdlatError, match="holds 2 steps: expected 5 or more"):
        prepare(CASES[2], tmp_path)


def test_an_absent_parent_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="its parent must be an existing folder"):
        make_table1(tmp_path / "no" / "where", quick=True)
