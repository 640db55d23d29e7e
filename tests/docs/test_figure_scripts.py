"""The scripts that make the pictures of the docs run, on smaller data where they would take long."""

from __future__ import annotations

import csv
import re
import sys
import zlib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat.datasets import make
from idlat.reproduce.peers import Peer

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
PNG = b"\x89PNG"


class Rounding:
    """A codec that rounds to multiples of its step."""

    def __init__(self, step):
        self.step = step

    def encode(self, values):
        steps = np.rint(values / self.step).astype(np.int32)
        return np.float64(self.step).tobytes() + zlib.compress(steps.tobytes())

    def decode(self, data):
        step = np.frombuffer(data[:8], np.float64)[0]
        return np.frombuffer(zlib.decompress(data[8:]), np.int32) * step


@pytest.fixture
def script(monkeypatch):
    """Load a script of a name, and return what runs it with arguments."""

    def load(name):
        spec = spec_from_file_location(f"figure_{name}", FIGURES / f"{name}.py")
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)

        def run(*arguments):
            monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, arguments)])
            module.main()

        return module, run

    return load


@pytest.mark.slow
def test_analysis_prints_a_table_for_each_field(script, tmp_path, monkeypatch, capsys):
    module, run = script("analysis")
    (path,) = make("vortex", tmp_path / "vortex", 48, 1)
    monkeypatch.setattr(module, "QUALITIES", (50.0,))
    run(path)
    said = capsys.readouterr().out.splitlines()
    assert re.match(r"vortex_0000: isosurface\(.*\), true of \d+% of 27 blocks", said[0])
    assert [line.split()[0].split("(")[0] for line in said[1:]] == [
        *["isosurface"] * 2,
        *["uniform"] * 2,
        "raw",
    ]
    assert all(-1 <= float(line.split()[-1]) <= 1 for line in said[1:])


@pytest.mark.slow
def test_datasets_draws_a_picture_of_each(script, tmp_path, monkeypatch):
    module, _ = script("datasets")
    monkeypatch.setattr(module, "IMAGES", tmp_path)
    for name, size in (("VORTEX", 16), ("UNIVERSE", 16), ("STORM", 80)):
        monkeypatch.setattr(module, name, size)
    for draw in (module.draw_vortex, module.draw_cosmology, module.draw_hurricane):
        draw()
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(drawn) == {f"dataset_{name}.png" for name in ("vortex", "cosmology", "hurricane")}
    assert all(content.startswith(PNG) for content in drawn.values())


def test_eye_tells_how_far_a_track_is_from_it(script, tmp_path, monkeypatch, capsys):
    module, run = script("eye")
    monkeypatch.setattr(module, "IMAGE", tmp_path / "track.png")
    paths = make("hurricane", tmp_path / "hurricane", 40, 2)
    with (tmp_path / "tracks.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["track", "step", "y", "x", "blocks", "events"])
        for step, path in enumerate(paths):
            with xr.open_dataset(path) as fields:
                at = [float(np.abs(fields[a].values - fields.attrs[f"eye_{a}"]).argmin()) + 0.5 for a in "yx"]
            table.writerow([0, step, at[0] + 3, at[1] + 4, 5, ""])
    run(tmp_path / "hurricane", tmp_path / "tracks.csv")
    mean = re.search(r"mean ([\d.]+), largest", capsys.readouterr().out)
    assert 4 < float(mean[1]) < 6  # 3 and 4 voxels off, and less than half of one by rounding
    assert (tmp_path / "track.png").read_bytes().startswith(PNG)


def test_the_explorers_tour_tells_what_it_needs(script, capsys):
    _, run = script("explorer")
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    assert "archive" in capsys.readouterr().out


@pytest.mark.slow
def test_first_screen_compares_surfaces_of_equal_bytes(script, tmp_path, monkeypatch, capsys):
    pytest.importorskip("vtkmodules", reason="needs the extra idlat[vtk]")
    module, run = script("first_screen")
    peer = Peer("Rounding", lambda step, span: Rounding(step * span))
    monkeypatch.setattr(module, "PEERS", {peer.name: peer})
    monkeypatch.setattr(module, "WIDTH", 420)
    run("--size", 48, "-o", tmp_path / "first.png")
    rows = re.findall(r"(idlat|Rounding) +([\d,]+) bytes, the surface", capsys.readouterr().out)
    sizes = {name: int(size.replace(",", "")) for name, size in rows}
    assert sizes["Rounding"] <= sizes["idlat"]
    assert (tmp_path / "first.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_gallery_draws_maps_and_what_they_cost(script, tmp_path, monkeypatch, capsys):
    module, run = script("gallery")
    alone = tuple(text for text in module.ALONE if ".npy" in text)  # maps that the script itself writes
    monkeypatch.setattr(module, "ALONE", alone)
    monkeypatch.setattr(module, "TOGETHER", module.TOGETHER[2:3])
    run("-o", tmp_path / "gallery.png")
    assert capsys.readouterr().out.splitlines() == ["1", *alone, "1", "steps(2:3)"]
    assert (tmp_path / "gallery.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_importance_draws_every_function(script, tmp_path, monkeypatch):
    module, run = script("importance")
    monkeypatch.setattr(module, "IMAGE", tmp_path / "importance.png")
    run()
    assert (tmp_path / "importance.png").read_bytes().startswith(PNG)


@pytest.mark.slow
def test_isosurfaces_draws_the_map_of_every_method(script, tmp_path):
    _, run = script("isosurfaces")
    (path,) = make("vortex", tmp_path / "vortex", 24, 1)
    run(path, "-o", tmp_path / "maps.png", "--isovalues", 6, "--select", 2)
    assert (tmp_path / "maps.png").read_bytes().startswith(PNG)


def test_every_script_of_a_picture_is_run_here():
    tested = set(re.findall(r'script\("(\w+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert tested == {path.stem for path in FIGURES.glob("*.py")}
