"""The table of `projection_gaps.py`: its figures of points whose gaps are known, its rows and medians."""

import json

import numpy as np
import projection_gaps
import pytest


def cloud(count, seed):
    return np.random.default_rng(seed).normal(size=(count, 2))


def row(start, count):
    """Points one apart, along a line."""
    return np.stack([start + np.arange(count), np.zeros(count)], axis=1)


def test_the_gap_of_two_groups_is_the_way_between_them():
    points = np.concatenate([row(0.0, 10), row(25.0, 10)])
    gap, rand = projection_gaps.gap_between(points, np.arange(20) >= 10)
    assert gap == pytest.approx(16)  # from 9 to 25, where neighbours are 1 apart
    assert rand == pytest.approx(1)


def test_a_truth_across_one_cloud_has_no_gap():
    points = cloud(200, 0)
    gap, rand = projection_gaps.gap_between(points, points[:, 0] > 0)
    assert gap < 6  # a block alone at the rim
    assert rand < 0.3


def test_a_wider_gap_is_taken_where_it_tells_the_truth_nearly_as_well():
    points = np.concatenate([row(0.0, 50), row(50.5, 1), row(70.0, 50)])  # one on the way, near the first
    gap, rand = projection_gaps.gap_between(points, np.arange(101) >= 50)
    assert gap == pytest.approx(70 - 50.5)
    assert 0.95 < rand < 1


def test_points_at_one_place_are_no_gap():
    points = np.repeat([[0.0, 0], [1, 0], [9, 0]], [3, 3, 6], axis=0)
    _, rand = projection_gaps.gap_between(points, points[:, 0] > 5)
    assert rand == pytest.approx(1)


def test_the_width_tells_a_line_from_a_cloud():
    along = np.linspace(0, 6, 400)
    assert projection_gaps.width_of(100 * np.stack([np.cos(along), np.sin(along)], axis=1)) < 0.05
    assert projection_gaps.width_of(cloud(300, 1)) > 0.4


@pytest.mark.parametrize("turned", [1, -1])
def test_blocks_in_the_middle_are_counted_whichever_side_is_higher(turned):
    numbers = turned * np.array([0.0, 0, 0, 3.1, 5.9, 7, 9, 9, 9, 9])
    assert projection_gaps.in_the_middle(numbers, np.arange(10) >= 4) == pytest.approx(0.2)


def test_rows_are_printed_and_written_and_medians_come_last(monkeypatch, capsys, tmp_path):
    def rows_of(path, _):
        gap = float(path.removesuffix(".npy"))
        kinds = ((f"value > {gap}", "chosen"), (f"value > {gap}", "other"), ("uniform", "chosen"))
        return [projection_gaps.Row("v", *kind, 0.9, 0.5, gap, 0.8, 0.6) for kind in kinds], gap / 100

    monkeypatch.setattr(projection_gaps, "rows_of", rows_of)
    projection_gaps.main(["2.npy", "9.npy", "3.npy", "--json", str(tmp_path / "rows.json")])
    _, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * 4 + 3
    assert "2.0% of the blocks lie in the middle" in lines[3]
    assert [line.split()[-3] for line in lines[-3:]] == ["3.0"] * 3
    assert [line.split()[1:-5] for line in lines[-3:]] == [
        ["map", "chosen"],
        ["map", "other"],
        ["uniform", "chosen"],
    ]
    rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert [row["gap"] for row in rows] == [2.0] * 3 + [9.0] * 3 + [3.0] * 3


@pytest.mark.slow
def test_every_arrangement_of_a_field_is_measured(vortex_steps, tmp_path):
    np.save(tmp_path / "step.npy", vortex_steps[0])
    options = projection_gaps.options_of([str(tmp_path / "step.npy"), "--share", "0.3", "--tried"])
    rows, middle = projection_gaps.rows_of(options.fields[0], options)
    assert 0 <= middle < 1
    under = [row.arrangement for row in rows if row.map == "uniform"]
    assert under == [row.arrangement for row in rows[: len(under)]]
    assert len(rows) == len({(row.map, row.arrangement) for row in rows}) > 2 * len(under)
    for row in rows:
        assert 0 <= row.purity <= 1
        assert row.gap > 0
        assert 0 <= row.width <= 1
