"""Where networks run: what is asked for, what cannot be had, and that the default model does not care."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import idlat
from idlat import extras
from idlat.cli.app import app, run
from idlat.devices import check_device, torch_device
from idlat.errors import IdlatError, MissingExtraError
from idlat.model.learned import frozen_model
from support.fields.smooth_field import smooth

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card here")


def stored(path: Path) -> dict[str, bytes]:
    """Every file of an archive but its root document, which tells of its measured errors."""
    return {
        str(f.relative_to(path)): f.read_bytes()
        for f in sorted(path.rglob("*"))
        if f.is_file() and f != path / "zarr.json"
    }


@without_gpu
def test_a_card_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.npy"
    np.save(source, smooth((16, 16, 16)))
    for arguments in (
        ["compress", str(source), "-o", str(tmp_path / "a.idlat"), "--device", "cuda"],
        ["compress", str(source), "-o", str(tmp_path / "a.idlat"), "--device", "abacus"],
    ):
        assert run(arguments) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert arguments[-1] in said
        assert not (tmp_path / "a.idlat").exists()
    idlat.compress(smooth((16, 16, 16)), tmp_path / "b.idlat")
    with pytest.raises(IdlatError, match="cuda"):
        idlat.open_archive(tmp_path / "b.idlat", device="cuda")


def test_a_card_without_torch_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"device cuda needs torch: pip install 'idlat\[train\]'"):
        check_device("cuda")
    check_device("auto")


def test_the_default_model_gives_the_same_bytes_and_values(tmp_path: Path) -> None:
    field = smooth((24, 32, 40))
    for device in ("auto", "cpu"):
        idlat.compress(field, tmp_path / device, "value > 0.5", device=device)
    assert stored(tmp_path / "auto") == stored(tmp_path / "cpu")
    values = [idlat.open_archive(tmp_path / "auto", device=d).decode().values for d in ("auto", "cpu")]
    np.testing.assert_array_equal(*values)


def test_an_append_takes_it_too(tmp_path: Path) -> None:
    field = smooth((16, 16, 16))
    idlat.compress(field[None], tmp_path / "a", device="cpu")
    grown = idlat.compress(field[None], tmp_path / "a", mode="a", device="cpu")
    assert grown.decode().sizes["time"] == 2


def test_a_network_moves_and_the_model_that_it_came_from_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    model = idlat.load_model("learned")
    assert model.on_device("cpu") is model
    monkeypatch.setattr(frozen_model, "torch_device", lambda _: torch.device("meta"))
    moved = model.on_device("cuda")
    assert (moved.device.type, model.device.type) == ("meta", "cpu")
    assert {p.device.type for p in moved.network.parameters()} == {"meta"}
    assert moved.sha256 == model.sha256


def test_what_networks_are_given_is_put_on_their_device(monkeypatch: pytest.MonkeyPatch) -> None:
    model = idlat.load_model("learned")
    monkeypatch.setattr(frozen_model, "torch_device", lambda _: torch.device("meta"))
    moved = model.on_device("cuda")
    x = np.zeros((64, 64, 64), np.float32)
    latents = np.zeros((moved.channels, 8, 8, 8), np.int32)
    for call in (
        lambda: moved.analyse(x, x, 0.0),
        lambda: moved.coefficients(x, 0.0),
        lambda: moved.represent(x, x[None], 0.0),
        lambda: moved.synthesise(latents, 0.0),
        lambda: moved.coarse(latents, 0.0),
        lambda: moved.encode_chunks([latents]),
    ):
        # The whole network has run where only shapes are known, and its result is asked back.
        with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
            call()


def test_auto_is_the_processor_where_there_is_no_card() -> None:
    assert torch_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert torch_device("cpu").type == "cpu"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_card_decodes_what_a_processor_does(tmp_path: Path) -> None:
    field = smooth((64, 64, 64))
    for device in ("cpu", "cuda"):
        path = tmp_path / device
        idlat.compress(field, path, "value > 0.5", model="learned", device=device)
        values = [idlat.open_archive(path, device=d).decode().values for d in ("cpu", "cuda")]
        np.testing.assert_allclose(*values, atol=1e-4 * float(np.ptp(field)))
        latents = [idlat.open_archive(path, device=d).latents().values for d in ("cpu", "cuda")]
        np.testing.assert_array_equal(*latents)


@pytest.mark.parametrize("command", ["compress", "decompress", "evaluate"])
def test_help_says_what_the_default_model_does(command: str) -> None:
    text = " ".join(CliRunner().invoke(app, [command, "--help"]).output.split())
    assert "--device auto|cpu|cuda" in text
    assert "same bytes" in text
