"""The table of `cluster_features.py`: its rows, its figures, and what it says of a wrong option."""

import contextlib
import io
import json
from pathlib import Path

import cluster_features
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import idlat
from idlat.analysis import ClusterFile
from idlat.cli.app import run

LATENTS = ["energy", "steps", "log", "standard", "total energy alone"]


@pytest.fixture(scope="module")
def field(tmp_path_factory, vortex_steps):
    """A vortex of 27 blocks."""
    path = tmp_path_factory.mktemp("vortex") / "step.npy"
    np.save(path, vortex_steps[0])
    return path


@pytest.fixture(scope="module")
def table(field, tmp_path_factory):
    """What is printed of it, in lines, and what is written."""
    written, printed = tmp_path_factory.mktemp("table") / "rows.json", io.StringIO()
    with contextlib.redirect_stdout(printed):
        cluster_features.main([str(field), "--share", "0.3", "--json", str(written)])
    return printed.getvalue().splitlines(), json.loads(written.read_text(encoding="utf-8"))


def test_there_is_a_row_for_each_kind_of_features_under_each_map(field, table):
    printed, rows = table
    chosen = rows[0]["map"]
    assert chosen.startswith("isosurface(")
    assert [(row["map"], row["features"]) for row in rows] == [
        *((chosen, name) for name in [*LATENTS, "mean importance alone"]),
        *(("uniform", name) for name in LATENTS),
        ("raw voxels", "as they are"),
    ]
    assert {row["field"] for row in rows} == {f"{field.parent.name}/step"}
    for line, row in zip(printed[1:13], rows, strict=True):
        figures = f"{row['rand']:5.2f}   {row['purity']:5.2f}       {row['silhouette']:5.2f}"
        assert line == f"{row['field']:24} {row['map']:32} {row['features']:22} {figures}"


def test_the_rand_index_is_that_of_the_clusters_that_the_command_line_finds(field, table, tmp_path):
    _, rows = table
    values = np.load(field)
    corners = [(z, y, x) for z in (0, 16, 32) for y in (0, 16, 32) for x in (0, 16, 32)]
    blocks = [values[z : z + 16, y : y + 16, x : x + 16] for z, y, x in corners]
    level = float(f"{np.quantile([block.max() for block in blocks], 0.7):.4g}")
    passed = [bool(block.min() <= level < block.max()) for block in blocks]
    assert 0 < sum(passed) < 27
    assert rows[0]["map"] == f"isosurface({level}, decay=0.2)"

    idlat.compress(values, tmp_path / "v.idlat", rows[0]["map"], quality=65.0).close()
    for scaling, row in zip(("energy", "steps"), rows[:2], strict=True):
        asked = ["--clusters", "2", "--scaling", scaling, "-o", str(tmp_path)]
        assert run(["analyze", "clusters", str(tmp_path / "v.idlat"), *asked]) == 0
        found = ClusterFile.from_json((tmp_path / "clusters.json").read_text(encoding="utf-8"))
        assert len(found.blocks) == 27
        labels = found.labels()[0]
        expected = adjusted_rand_score(
            passed, [int(labels[z // 16, y // 16, x // 16]) for z, y, x in corners]
        )
        assert row["features"] == scaling
        assert row["rand"] == pytest.approx(expected, abs=1e-9)


def test_each_row_of_several_fields_is_printed_once_and_their_medians_last(monkeypatch, capsys):
    rands = {"a": 0.1, "b": 0.5, "c": 0.3}

    def rows_of(path, _):
        name = Path(path).stem
        of = (("energy", rands[name]), ("steps", 0.0))
        return [cluster_features.Row("one", f"value > {name}", each, rand, 0.5, 0.25) for each, rand in of]

    monkeypatch.setattr(cluster_features, "rows_of", rows_of)
    cluster_features.main([f"one/{name}.nc" for name in rands])
    _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-3] for line in lines] == "0.10 0.00 0.50 0.00 0.30 0.00 0.30 0.00".split()
    assert [line.startswith("median ") for line in lines] == [False] * 6 + [True] * 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--share", "1.5"], "--share is between 0 and 1, not 1.5"),
        (["--percentile", "101"], "--percentile is from 0 to 100, not 101"),
        (["--map", "isosurface(8)"], "--map takes an expression with {} for the level, not 'isosurface(8)'"),
        (["--block", "7"], "invalid choice: 7"),
        (["--blocks-of", "8"], "unrecognized arguments: --blocks-of 8"),
        (["--map", "value > {}", "--percentile", "0"], "each of 27 blocks holds what value >"),
        (["--variable", "no such"], "no such"),
        (["--map", "isosurfaces({})"], "isosurfaces"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(field, capsys, options, said):
    with pytest.raises(SystemExit) as ended:
        cluster_features.main([str(field), *options])
    words = ended.value.code if isinstance(ended.value.code, str) else capsys.readouterr().err
    assert ended.value.code != 0
    assert said in words
    assert len(words.strip().splitlines()) == 1
