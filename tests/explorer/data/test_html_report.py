"""The report: self-contained, harmless whatever names hold, with commands that parse."""

from __future__ import annotations

import base64
import html
import re
import shlex

import numpy as np
import pytest
from typer.testing import CliRunner

from idlat.analysis import ClusterFile, SimilarityMap
from idlat.cli.app import app
from idlat.errors import OutputExistsError
from idlat.explorer.data import Blocks, CancelledError, Dataset, ExplorerState, TreeEditor, Workbench
from idlat.explorer.data.clusters.cluster_tracks import follow
from idlat.explorer.data.clusters.transfer_clusters import transfer_clusters
from idlat.explorer.data.isosurface_similarity import isosurface_map
from idlat.explorer.data.saving.html_report import Report, ReportPicture
from idlat.explorer.data.saving.report_commands import commands_of

PNG = b"\x89PNG\r\n\x1a\n-picture"


@pytest.fixture
def editor(dataset):
    found = TreeEditor(Blocks.of(dataset, 0))
    first, _ = found.split(0, 2)
    found.rename(first, "<script>alert(1)</script>")
    return found


def test_the_only_map_keeps_its_slot(editor, dataset):
    b = Workbench(dataset).estimate("1", 50, 0)
    text = Report(editor, ExplorerState(), estimates=(("b", b),)).html()
    assert "Map B: 1" in text
    assert "map-b.idlat" in text
    assert "map-a.idlat" not in text
    assert "<td>B</td>" in text
    assert commands_of(editor.blocks, "v-clusters.json", [b])[-1][0] == "Write all of map A"


def test_names_are_no_formulas_and_work_can_be_cancelled(editor, tmp_path):
    def stop(stage, done, total):
        if (stage, done) == ("report", 3):
            raise CancelledError(stage)

    editor.rename(0, "$^$")
    editor.rename(editor.tree.node(0).children[1], "$^$")
    assert "$^$" in Report(editor, ExplorerState()).html()
    with pytest.raises(CancelledError):
        Report(editor, ExplorerState()).write(tmp_path / "report.html", progress=stop)
    assert not list(tmp_path.iterdir())


def test_a_full_report(editor, dataset, tmp_path):
    bench = Workbench(dataset)
    a, b = (bench.estimate(text, 50, 0) for text in ("value > 0.2", "1"))
    report = Report(
        editor,
        ExplorerState(step=0, tree=editor.to_dict()),
        pictures=(ReportPicture("Physical space", PNG),),
        points=np.random.default_rng(0).normal(size=(editor.blocks.count, 2)),
        estimates=(a, b),
        comparison=bench.compare(a, b),
        similarity=isosurface_map(dataset, 0, 4),
        tracks=follow(editor, 0),
    )
    path = report.write(tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    pictures = [base64.b64decode(data) for data in re.findall(r"data:image/png;base64,([^\"]+)", text)]
    assert pictures[0] == PNG
    assert len(pictures) == 7
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert f"{a.bytes:,}" in text
    state = re.search(r"<summary>State</summary><pre>(.*?)</pre>", text, re.S)
    assert ExplorerState.from_json(html.unescape(state[1])) == report.state
    with pytest.raises(OutputExistsError):
        report.write(path)


def test_a_report_without_field(alone, tmp_path):
    editor = TreeEditor(Blocks.of(alone, 1))
    text = Report(editor, ExplorerState()).html()
    assert "Importance maps that were tried" not in text
    assert "idlat analyze clusters" in text
    assert "idlat compress" not in text


def test_commands_are_those_of_the_command_line(editor, dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimate = Workbench(dataset).estimate("(value > 0.2)*(value < 3)", 40, 0)
    similarity = SimilarityMap(np.linspace(-1.5, 2.0, 8), np.eye(8), "cell-overlap", 0.0, 0.0)
    lines = dict(commands_of(editor.blocks, "v-clusters.json", (estimate,), similarity))
    assert set(lines) == {
        *("Open the explorer", "Cluster the blocks", "Project the blocks", "Measure the archive"),
        *("Compare isosurfaces", "Write all of map A"),
    }
    assert "--perplexity" not in lines["Project the blocks"]
    other = dict(commands_of(editor.blocks, "v-clusters.json", projection=("umap", 50.0)))
    assert other["Project the blocks"].endswith("--method umap --perplexity 50")
    compared = lines["Compare isosurfaces"]
    assert compared.endswith("--isovalues 8 --between -1.5 2.0 --method cell-overlap")
    words = shlex.split(lines["Write all of map A"])
    model = tmp_path / "absent"
    result = CliRunner().invoke(app, [*words[1:], "--model", str(model)])
    assert "no such model file" in str(result.output) + str(result.exception)  # all else was taken


def reproduced(report, folder, monkeypatch):
    """Save the files that a report offers, run its command for clusters, and return what that wrote."""
    monkeypatch.chdir(folder)
    text = report.html()
    for name, data in re.findall(r'download="([^"]+)" href="data:application/json;base64,([^"]+)"', text):
        (folder / name).write_bytes(base64.b64decode(data))
    commands = html.unescape(re.search(r"<h2>To reproduce</h2>.*?<pre>(.*?)</pre>", text, re.S)[1])
    line = next(line for line in commands.splitlines() if line.startswith("idlat analyze clusters"))
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, result.output
    return ClusterFile.from_json((folder / "clusters" / "clusters.json").read_text())


@pytest.mark.parametrize(("step", "scaling"), [(0, "steps"), (1, "energy")])
def test_the_commands_give_the_tree_of_the_page(dataset, tmp_path, monkeypatch, step, scaling):
    editor = TreeEditor(Blocks.of(dataset, step, scaling=scaling))
    child = editor.split(0, 3)[1]  # three ways, then two: no number of leaves alone gives that
    below = editor.split(child, 2)
    editor.gather(np.union1d(editor.rows(below[0]), editor.rows(0)[:3]))  # of several clusters, one whole
    found = reproduced(Report(editor, ExplorerState()), tmp_path, monkeypatch)
    assert [(n.id, n.parent, n.children) for n in found.tree.nodes] == [
        (n.id, n.parent, n.children) for n in editor.tree.nodes
    ]
    np.testing.assert_array_equal(found.tree.labels(), editor.labels())
    assert (found.scaling, found.variables) == (scaling, ("speed",))
    for node in editor.tree.nodes[1:]:
        silhouette = editor.describe(node.id)["silhouette"]
        assert found.qualities[node.id].silhouette == pytest.approx(silhouette, abs=1e-6)


def test_the_commands_give_a_tree_that_was_carried_from_another_step(dataset, tmp_path, monkeypatch):
    editor = TreeEditor(Blocks.of(dataset, 0))
    editor.split(0, 3)
    away = transfer_clusters(editor.history, Blocks.of(dataset, 1))
    found = reproduced(Report(away, ExplorerState()), tmp_path, monkeypatch)
    np.testing.assert_array_equal(found.tree.labels(), away.labels())


def test_the_step_is_told_as_the_page_does_and_values_with_their_unit(dataset, monkeypatch):
    monkeypatch.setattr(Dataset, "units_of", lambda *_: "m s⁻¹")
    text = Report(TreeEditor(Blocks.of(dataset, 1)), ExplorerState()).html()
    assert re.search(rf"<td>Step</td><td>2 of {dataset.steps}[^<]*\(--time 1\)</td>", text)
    assert "Mean value (m s⁻¹)</th>" in text
