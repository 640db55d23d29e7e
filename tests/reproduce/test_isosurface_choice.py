"""Table 3 and Figure 12 on a small vortex."""

from __future__ import annotations

import json

import numpy as np
import pytest

from idlat.cli.app import run
from idlat.datasets.published import import_published
from idlat.reproduce import choose_isosurfaces
from idlat.reproduce.isosurface_choice import METHODS


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("table3")
    assert run(["reproduce", "table3", "-o", str(out), "--quick"]) == 0
    return out


def test_the_table_has_both_methods_beside_the_paper(made):
    found = json.loads((made / "table3.json").read_text())
    assert [row["method"] for row in found["rows"]] == list(METHODS.values())
    assert found["parameters"]["shape"] == [32, 32, 32]
    assert found["parameters"]["isovalues"] == 24
    for row in found["rows"]:
        assert len(row["isovalues"]) == 4
        assert row["isovalues"] == sorted(row["isovalues"])
        assert row["seconds_similarity"] > 0
    assert found["rows"][1]["paper"]["isovalues"] == [3.7, 5.7, 7.0, 9.1]
    assert "| IDLat | " in (made / "table3.md").read_text()


def test_maps_that_stand_are_kept_and_damaged_ones_made_again(made):
    maps = {method: made / f"similarity_{method}.npz" for method in METHODS}
    before = {method: path.read_bytes() for method, path in maps.items()}
    maps["latent"].write_bytes(before["latent"][:100])
    _, _, choices = choose_isosurfaces(made, quick=True)
    assert maps["distance-field"].read_bytes() == before["distance-field"]
    with np.load(maps["latent"]) as kept:
        np.testing.assert_array_equal(kept["similarity"], choices[1].found.similarity)


def test_figure12_shows_maps_and_surfaces(made, capsys):
    assert run(["reproduce", "figure12", "-o", str(made), "--quick"]) == 0
    assert "figure12.png" in capsys.readouterr().out
    assert (made / "figure12.png").read_bytes().startswith(b"\x89PNG")
    said, table = (json.loads((made / f"{name}.json").read_text()) for name in ("figure12", "table3"))
    assert said["parameters"] == table["parameters"]
    assert list(said["isovalues"].values()) == [row["isovalues"] for row in table["rows"]]


@pytest.mark.slow
def test_an_imported_vortex_is_used_in_place_of_a_simulated_one(tmp_path):
    raw = tmp_path / "vorts01.data"
    z, y, x = np.mgrid[:128, :128, :128].astype(np.float32)
    values = 0.01 + 10 * np.exp(-((z - 60) ** 2 + (y - 60) ** 2 + x / 9) / 900)
    raw.write_bytes(values.astype("<f4").tobytes())
    (tmp_path / "data").mkdir()
    import_published("vortex", [raw], tmp_path / "data" / "vortex")
    _, parameters, _ = choose_isosurfaces(tmp_path / "out", tmp_path / "data", quick=True)
    assert parameters.file == "vorticity_01.zarr"
    assert parameters.shape == (128, 128, 128)
