"""The selection as files: what other programs read of them is what was chosen."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from idlat import open_field
from idlat.errors import IdlatError, ImportanceError, OutputError, OutputExistsError
from idlat.explorer.data import Blocks, CancelledError, TreeEditor, Workbench
from idlat.explorer.data.saving.export_selection import EXPORTS, field_of, mask_of, mesh_of, table_of, write


@pytest.fixture
def editor(dataset):
    return TreeEditor(Blocks.of(dataset, 1))


@pytest.fixture
def chosen(dataset):
    marks = np.zeros(dataset.block_shape, bool)
    marks[1:, :2, 1] = True
    return marks


def test_mask(editor, chosen, tmp_path, field):
    path = write("mask", tmp_path / "eye.nc", editor, chosen)
    read = open_field(path)
    assert read.shape == field.shape[1:]
    expected = np.zeros(read.shape)
    expected[16:, :32, 16:32] = 1
    np.testing.assert_array_equal(read.values, expected)
    np.testing.assert_array_equal(read.coords["z"].values, field.coords["z"].values)


def test_mask_is_importance(editor, chosen, tmp_path, field):
    from idlat.importance import mask

    path = write("mask", tmp_path / "eye.npy", editor, chosen)
    np.testing.assert_array_equal(mask(field[1], path).values, mask_of(editor.blocks, chosen).values)


def test_field(editor, chosen, tmp_path, field):
    path = write("field", tmp_path / "part.nc", editor, chosen)
    read = open_field(path)
    assert (read.name, read.attrs["units"]) == ("speed", "m/s")
    inside = np.s_[16:, :32, 16:32]
    np.testing.assert_array_equal(read.values[inside], field.values[1][inside])
    assert np.isfinite(read.values).sum() == field.values[1][inside].size


def test_field_without_original_is_decoded(alone, chosen):
    found = field_of(Blocks.of(alone, 1), chosen)
    decoded = alone.volume("reconstruction", 1).values
    np.testing.assert_array_equal(found.values[16:, :32, 16:32], decoded[16:, :32, 16:32])


def test_mesh(editor, chosen, tmp_path):
    mesh = mesh_of(editor.blocks, chosen, 0.5)
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    assert (low >= np.array([31, 0, 7.5])).all()  # a triangle may reach into the next voxel
    assert (high <= np.array([78, 16.5, 16.5])).all()
    assert high[0] > 40  # kilometres, two a voxel
    path = write("mesh", tmp_path / "surface.ply", editor, chosen, isovalue=0.5)
    header, body = path.read_bytes().split(b"end_header\n")
    assert f"element face {len(mesh.faces)}".encode() in header
    vertices = np.frombuffer(body, "<f4", 3 * len(mesh.vertices)).reshape(-1, 3)
    np.testing.assert_array_equal(vertices[:, ::-1], mesh.vertices)


def test_table(editor, chosen, tmp_path):
    first, _ = editor.split(0, 2)
    editor.rename(first, "=HYPERLINK(1)")
    points = np.column_stack([np.arange(editor.blocks.count), np.zeros(editor.blocks.count)])
    path = write("blocks", tmp_path / "blocks.csv", editor, chosen, points=points)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == chosen.sum() == 4
    last = rows[-1]
    assert [last[name] for name in ("step", "z", "y", "x", "z0", "z1", "x0", "x1")] == [
        *("1", "2", "1", "1", "32", "40", "16", "32")
    ]
    row = editor.blocks.row_at((2, 1, 1))
    assert float(last["rate"]) == pytest.approx(editor.blocks.attribute("rate")[row], rel=1e-5)
    assert int(last["cluster"]) == editor.labels()[row]
    assert float(last["u"]) == row
    assert not any(each["name"].startswith("=") for each in rows)


def test_unknown_figures_are_left_empty(alone, chosen):
    text = table_of(TreeEditor(Blocks.of(alone, 0)), chosen)
    assert all(row["error"] == "" for row in csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("kind", ["field", "mesh", "blocks"])
def test_exports_can_be_cancelled(editor, chosen, tmp_path, kind):
    def stop(stage, done, total):
        raise CancelledError(stage)

    with pytest.raises(CancelledError):
        write(kind, tmp_path / f"a{EXPORTS[kind]}", editor, chosen, isovalue=0.0, progress=stop)
    assert not list(tmp_path.iterdir())


def test_importance_that_cannot_be_evaluated_is_left_empty(editor, chosen, monkeypatch):
    def fail(*_):
        raise ImportanceError("its file is gone")

    monkeypatch.setattr("idlat.explorer.data.step_blocks.block_importance", fail)
    first = next(csv.DictReader(table_of(editor, chosen).splitlines()))
    assert first["importance"] == ""
    assert first["mean"]


def test_nothing_is_overwritten_or_left(editor, chosen, tmp_path):
    for kind, name in (("blocks", "a.csv"), ("mesh", "a.ply"), ("mask", "a.npy")):
        path = tmp_path / name
        path.write_text("mine")
        with pytest.raises(OutputExistsError):
            write(kind, path, editor, chosen, isovalue=0.5)
        assert path.read_text() == "mine"
        write(kind, path, editor, chosen, isovalue=0.5, overwrite=True)
        assert path.read_bytes() != b"mine"
    before = sorted(tmp_path.iterdir())
    for wrong, message in (
        (lambda: write("mesh", tmp_path / "b.ply", editor, chosen), "needs an isovalue"),
        (lambda: write("mesh", tmp_path / "b.ply", editor, chosen, isovalue=99), "hold no isosurface of 99"),
        (lambda: write("stl", tmp_path / "b.stl", editor, chosen), "no export 'stl'"),
        (lambda: write("mask", tmp_path / "b.nc", editor, chosen[1:]), "has .* blocks"),
    ):
        with pytest.raises(IdlatError, match=message):
            wrong()
    with pytest.raises(OutputError, match="is no folder"):
        write("blocks", tmp_path / "absent" / "b.csv", editor, chosen)
    assert sorted(tmp_path.iterdir()) == before


def test_mask_says_what_the_workbench_said(editor, chosen, dataset):
    found = Workbench(dataset).estimate("box(z=16:, y=:32, x=16:32)", 50, 1)
    valid = np.isfinite(found.importance)
    np.testing.assert_array_equal(
        found.importance[valid] > 0, mask_of(editor.blocks, chosen).values[valid] > 0
    )
