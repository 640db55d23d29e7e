"""All parts in one go: what stands is kept, a failed part does not lose the others, and a page at the end."""

import base64
import json
from dataclasses import replace

import pytest

from idlat.reproduce.paper_parts import PARTS, Job, Part
from idlat.reproduce.whole_paper import make_all

PNG = b"\x89PNG\r\n\x1a\n fake"


@pytest.fixture
def job(tmp_path):
    return Job(tmp_path / "paper", None, True, None, None)


@pytest.fixture
def calls():
    return []


def part(name, calls, **given):
    def make(job):
        calls.append(name)
        (job.output / f"{name}.png").write_bytes(PNG)
        (job.output / f"{name}.md").write_text("| LSR | paper |\n|---|---|\n| 101 | *107* |\n")
        (job.output / f"{name}.json").write_text("{}")

    files = tuple(f"{name}.{suffix}" for suffix in ("png", "md", "json"))
    return Part(name, f"Figure <{name}>", make, files, f"{name} differs & why", **given)


def broken(name, calls):
    def make(job):
        calls.append(name)
        raise ValueError("no\ndevice <opens>")

    return replace(part(name, calls), make=make)


def test_a_page_holds_every_part_beside_what_differs(job, calls):
    make_all(job, [part("a", calls), part("b", calls)])
    page = (job.output / "paper.html").read_text()
    assert page.count(base64.b64encode(PNG).decode()) == 2
    assert "<th>LSR</th><th>paper</th>" in page
    assert "<td>101</td><td>107</td>" in page
    assert "Figure &lt;a&gt;" in page
    assert "b differs &amp; why" in page
    assert "2 of 2 parts stand" in page
    assert f"idlat reproduce all -o {job.output} --quick" in page


def test_a_part_that_fails_does_not_lose_the_others_and_is_tried_again(job, calls):
    outcomes = make_all(job, [broken("a", calls), part("b", calls)])
    assert [outcome.failure for outcome in outcomes] == ["no device <opens>", None]
    page = (job.output / "paper.html").read_text()
    assert "Failed: no device &lt;opens&gt;" in page
    assert "1 of 2 parts stand" in page
    outcomes = make_all(job, [part("a", calls), part("b", calls)])
    assert calls == ["a", "b", "a"]
    assert all(outcome.failure is None for outcome in outcomes)


def test_what_stands_is_kept_until_something_changes(job, calls):
    parts = [part("a", calls), part("b", calls, presets=("paper",))]
    make_all(job, parts)
    make_all(job, parts)
    assert calls == ["a", "b"]
    (job.output / "data" / "vortex_96").mkdir()
    (job.output / "data" / "vortex_96" / "vortex_0000.nc").write_bytes(b"came since")
    make_all(job, parts)
    assert calls == ["a", "b"]
    (job.output / "models").mkdir()
    (job.output / "models" / "vortex_paper.safetensors").write_bytes(b"trained")
    make_all(job, parts)
    assert calls == ["a", "b", "b"]
    (job.output / "a.json").write_text("{damaged")
    make_all(job, parts)
    assert calls == ["a", "b", "b", "a"]
    (job.output / "data" / "vortex" / "vorticity_01.zarr").mkdir(parents=True)
    make_all(job, parts)
    assert calls[4:] == ["a", "b"]
    make_all(replace(job, quick=False), parts)
    assert calls[6:] == ["a", "b"]
    (job.output / "data" / "vortex_96" / "vortex_0000.nc").write_bytes(b"another series")
    make_all(replace(job, quick=False), parts)
    assert calls[8:] == ["a", "b"]


def test_a_part_depends_on_its_own_models_and_goes_on_with_unfinished_ones(job, calls):
    parts = [part("a", calls, presets=("paper",), trains=True), part("b", calls, presets=("paper",))]
    make_all(job, parts)
    models = job.output / "models"
    models.mkdir()
    (models / "vortex_learned.safetensors").write_bytes(b"another part's")
    make_all(job, parts)
    assert calls == ["a", "b"]
    (models / "vortex_paper.safetensors").write_bytes(b"short")
    (models / "vortex_paper.safetensors.ckpt").write_bytes(b"unfinished")
    make_all(job, parts)
    make_all(job, parts)
    assert calls[2:] == ["a", "b", "a"]  # what only draws it stands until it changes
    (models / "vortex_paper.safetensors.ckpt").unlink()
    make_all(job, parts)
    make_all(job, parts)
    assert calls[5:] == ["a", "b"]


def test_a_part_that_leaves_nothing_has_failed(job, calls):
    (outcome,) = make_all(job, [replace(part("a", calls), make=lambda _: None)])
    assert outcome.failure == "it has left no a.png"


def test_damaged_notes_mean_that_all_is_made_again(job, calls):
    make_all(job, [part("a", calls)])
    (job.output / "parts.json").write_text("[" * 10)
    make_all(job, [part("a", calls)])
    assert calls == ["a", "a"]
    assert json.loads((job.output / "parts.json").read_text())["a"]["failure"] is None


def test_every_table_and_figure_of_the_paper_is_a_part():
    names = {part.name for part in PARTS}
    assert names == {"rates", *(f"table{n}" for n in (1, 2, 3)), *(f"figure{n}" for n in range(6, 13))}
    assert PARTS[0].name == "table2"  # it trains what others draw
