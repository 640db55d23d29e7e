"""Rate against weighted PSNR on small volumes."""

import json
import os

import numpy as np
import pytest

from idlat.cli.app import run
from idlat.datasets import make
from idlat.reproduce import peers
from idlat.reproduce.peers import Peer, PeerError, installed_peers
from idlat.reproduce.rates import measured_rates


class Rounding:
    """A codec that rounds to its step and packs bytes."""

    def __init__(self, step):
        self.step = step

    def encode(self, values):
        os.write(1, b"chatter of a native library")
        return np.rint(values / self.step).astype(np.int16).tobytes()[:: max(1, round(4 * self.step))]

    def decode(self, data):
        raise RuntimeError("truncated\nmore")


@pytest.fixture
def made(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    for case in measured_rates.CASES:
        make(case.dataset, tmp_path / "data" / case.dataset, 16, case.steps + case.unseen)
    monkeypatch.setattr(measured_rates, "installed_peers", lambda: ([], ["SPERR", "SZ3"]))
    return tmp_path


def figure(folder):
    return run(["reproduce", "rates", "-o", str(folder / "out"), "--data", str(folder / "data"), "--quick"])


@pytest.mark.slow
def test_each_data_set_has_its_curves_and_what_is_missing_is_a_line(made, capsys, monkeypatch):
    assert figure(made) == 0
    said = capsys.readouterr().out.splitlines()
    assert "no SPERR, SZ3: pip install 'idlat[bench]' for curves of other compressors" in said
    assert sum("vortex_paper.safetensors" in line for line in said) == 1
    content = json.loads((made / "out" / "rates.json").read_text())
    assert [panel["dataset"] for panel in content["panels"]] == ["vortex", "cosmology", "hurricane"]
    for panel in content["panels"]:
        curves = {curve["name"]: curve["points"] for curve in panel["curves"]}
        low, high = curves["default"]
        assert low["bits"] < high["bits"]
        assert low["wpsnr"] < high["wpsnr"]
        assert len(curves["paper's IDLat, as stated"]) == 1
    assert (made / "out" / "rates.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(measured_rates, "_point", None)  # what stands is not measured again
    assert figure(made) == 0
    (made / "out" / "rates_vortex.json").write_text("{")
    with pytest.raises(TypeError):  # but what is damaged is
        figure(made)


@pytest.mark.slow
def test_models_are_trained_where_asked_and_those_that_stand_are_used(made, capsys, monkeypatch):
    monkeypatch.setattr(measured_rates, "CASES", measured_rates.CASES[:1])
    models, given = made / "models", ["--models", str(made / "models")]
    asked = ["reproduce", "rates", "-o", str(made / "out"), "--data", str(made / "data"), "--quick", *given]
    assert run([*asked, "--train"]) == 0
    assert ".safetensors" not in capsys.readouterr().out
    (panel,) = json.loads((made / "out" / "rates.json").read_text())["panels"]
    curves = {curve["name"]: curve for curve in panel["curves"]}
    assert list(curves)[:4] == ["default", "learned, adapted", "paper", "baseline"]
    low, high = curves["learned, adapted"]["points"]
    assert low["bits"] < high["bits"]
    assert low["wpsnr"] < high["wpsnr"]
    for name in ("paper", "baseline"):
        assert len(curves[name]["points"]) == 1
        assert curves[name]["note"] == "2 updates"
    kept = {path: path.read_bytes() for path in models.iterdir()}
    assert run([*asked, "--train"]) == 0
    assert {path: path.read_bytes() for path in models.iterdir()} == kept
    (models / "vortex_paper.safetensors").unlink()
    capsys.readouterr()
    assert run(asked) == 0  # without --train
    absent = f"no vortex_paper.safetensors in {models}: idlat reproduce rates --train makes it"
    assert absent in capsys.readouterr().out.splitlines()
    (panel,) = json.loads((made / "out" / "rates.json").read_text())["panels"]
    assert "paper" not in [curve["name"] for curve in panel["curves"]]


def test_a_peer_that_fails_says_so_on_a_line_and_nothing_else_is_said(capfd):
    peer = Peer("Rounding", lambda step, span: Rounding(step * span))
    values = np.linspace(0, 1, 512, dtype=np.float32).reshape(8, 8, 8)
    with pytest.raises(PeerError, match=r"Rounding failed: truncated$"):
        peer.run(values, 0.1)
    curve = measured_rates._peer_curve(peer, values, np.ones(values.shape), (20.0, 30.0))
    assert curve.points == ()
    assert curve.described() == "Rounding failed: truncated"
    assert capfd.readouterr().out == "chatter of a native library"  # of the run that was not quiet


def test_peers_that_are_installed_reach_more_with_finer_steps():
    found, absent = installed_peers()
    assert {*(peer.name for peer in found), *absent} == set(peers.PEERS)
    z, y, x = np.indices((16, 16, 16)) / 16
    values = np.sin(6 * z * y + 3 * x).astype(np.float32)
    for peer in found:
        curve = measured_rates._peer_curve(peer, values, np.ones(values.shape), (20.0, 50.0))
        assert len(curve.points) < 2 or curve.points[0].wpsnr < curve.points[1].wpsnr


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None if name.endswith("zfp") else object())
    found, absent = installed_peers()
    assert absent == ["ZFP"]
    assert [peer.name for peer in found] == ["SPERR", "SZ3", "TTHRESH"]
