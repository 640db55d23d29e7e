"""The commands as a user runs them, in this process."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat import __version__
from idlat.cli.app import run
from idlat.importance import family_names
from idlat.importance.parse_expression import OPERATIONS


def smooth(shape: tuple[int, ...] = (20, 24, 33)) -> np.ndarray:
    axes = np.meshgrid(*[np.linspace(0, 4, n) for n in shape], indexing="ij")
    return np.asarray(sum(np.sin((i + 1) * a) for i, a in enumerate(axes)), dtype=np.float32)


@pytest.fixture
def npy(tmp_path: Path) -> Path:
    np.save(tmp_path / "wave.npy", smooth())
    return tmp_path / "wave.npy"


def values(text: str) -> dict[str, float]:
    result = json.loads(text)
    assert isinstance(result, dict)
    return result


def test_round_trip_in_the_original_format(npy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, back = npy.with_name("w.idlat"), npy.with_name("back.npy")
    assert (
        run(["compress", str(npy), "-o", str(archive), "--importance", "value > 1", "--quality", "60"]) == 0
    )
    assert run(["decompress", str(archive), "-o", str(back)]) == 0
    decoded = np.load(back)
    assert decoded.shape == smooth().shape
    assert decoded.dtype == np.float32
    capsys.readouterr()
    assert run(["evaluate", str(archive), str(npy), "--json"]) == 0
    result = values(capsys.readouterr().out)
    assert set(result) == {
        *("wpsnr", "psnr", "max_error", "correlation", "lsr", "lsr_everything"),
        *("bytes_streams", "bytes_archive", "bytes_original"),
    }
    assert result["correlation"] == pytest.approx(np.corrcoef(decoded.ravel(), smooth().ravel())[0, 1])
    span = np.ptp(smooth())
    assert result["psnr"] == pytest.approx(
        -10 * np.log10(np.mean(((decoded - smooth()) / span) ** 2)), abs=0.01
    )
    assert result["bytes_original"] == smooth().nbytes
    assert run(["info", str(archive), "--json"]) == 0
    assert values(capsys.readouterr().out)["bytes_streams"] == result["bytes_streams"]
    assert run(["info", str(archive)]) == 0
    assert run(["verify", str(archive), str(npy)]) == 0


def test_a_bound_that_follows_the_importance(npy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, options = str(npy.with_name("w.idlat")), ["--importance", "value > 1", "--max-error", "0.1%:5%"]
    assert run(["compress", str(npy), "-o", archive, *options]) == 0
    assert run(["verify", archive, str(npy)]) == 0
    capsys.readouterr()
    assert run(["evaluate", archive, str(npy), "--json"]) == 0
    assert 0.5 < values(capsys.readouterr().out)["error_over_bound"] <= 1
    assert run(["info", archive, "--json"]) == 0
    bound = json.loads(capsys.readouterr().out)["bound"]
    assert bound == {"inside": 0.1, "outside": 5.0, "unit": "percent"}
    assert run(["info", archive]) == 0
    assert "0.1 % of the range where the importance is 1" in capsys.readouterr().out
    assert (
        run(["compress", str(npy), "-o", archive, "--overwrite", "--max-error", "0.1", "--ratio", "9"]) == 2
    )
    assert "exclude each other" in capsys.readouterr().err


def test_isosurfaces_of_original_and_reconstruction(npy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = str(npy.with_name("w.idlat"))
    assert run(["compress", str(npy), "-o", archive, "--quality", "40"]) == 0
    capsys.readouterr()
    assert run(["evaluate", archive, str(npy), "--isovalue", "0.5", "--isovalue", "-1", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["isosurfaces"]
    assert (first["variable"], first["step"], first["isovalue"], second["isovalue"]) == ("wave", 0, 0.5, -1)
    assert 0 < first["mean"] < first["p95"] < first["hausdorff"] < 12
    assert first["physical"] is None
    assert run(["evaluate", archive, str(npy), "--isovalue", "0.5"]) == 0
    assert "wave, step 0, isosurface 0.5  moved" in capsys.readouterr().out
    assert run(["evaluate", archive, str(npy), "--isovalue", "99"]) == 2
    assert "no step of 'wave' has an isosurface at 99" in capsys.readouterr().err


def test_scores_beside_psnr(npy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = str(npy.with_name("w.idlat"))
    assert run(["compress", str(npy), "-o", archive, "--quality", "40"]) == 0
    capsys.readouterr()
    assert run(["evaluate", archive, str(npy), "--scores", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert 0.9 < scores["ssim"] < 1
    assert 0 < scores["gradient_error"] < 0.5
    (frame,) = scores["frames"]
    assert (frame["variable"], frame["step"], frame["component"]) == ("wave", 0, None)
    assert frame["scores"]["ssim"] == scores["ssim"]
    assert set(frame["scores"]["spectrum"][0]) == {"shortest", "longest", "ratio"}
    assert run(["evaluate", archive, str(npy), "--scores"]) == 0
    told = capsys.readouterr().out
    assert f"SSIM                   {scores['ssim']:.6f}" in told
    assert "spectrum kept          down to" in told


def test_a_spectrum_that_is_not_kept_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, field = str(tmp_path / "a.idlat"), tmp_path / "noise.npy"
    np.save(field, np.random.default_rng(0).normal(size=(16, 16, 16)).astype(np.float32))
    assert run(["compress", str(field), "-o", archive, "--quality", "0"]) == 0
    assert run(["evaluate", archive, str(field), "--scores"]) == 0
    told = capsys.readouterr().out
    waves = "the longest waves, 16 to 22.6 voxels"
    assert re.search(rf"spectrum kept +none: {waves}, have [\d.]+% of their power", told)
    np.save(field, np.full((16, 16, 16), 3.0, np.float32))
    assert run(["compress", str(field), "-o", archive, "--overwrite"]) == 0
    assert run(["evaluate", archive, str(field), "--scores"]) == 0
    assert "spectrum kept          — (nothing varies)" in capsys.readouterr().out


def test_a_region_and_a_step_of_a_series(tmp_path: Path) -> None:
    series = np.stack([smooth((9, 16, 16)), 2 * smooth((9, 16, 16))])
    dataset = xr.Dataset({"p": (("time", "z", "y", "x"), series, {"units": "Pa"})}, {"time": [0.0, 0.5]})
    dataset.to_netcdf(tmp_path / "s.nc", engine="h5netcdf")
    archive, part, whole = (str(tmp_path / name) for name in ("s.zip", "part.npy", "whole.nc"))
    assert run(["compress", str(tmp_path / "s.nc"), "-o", archive, "--variable", "p"]) == 0
    assert run(["decompress", archive, "-o", part, "--time", "1", "--region", "2:9,0:8,:"]) == 0
    assert run(["decompress", archive, "-o", whole]) == 0
    with xr.open_dataset(whole, engine="h5netcdf") as back:
        assert back["p"].attrs["units"] == "Pa"
        assert back["p"].dims == ("time", "z", "y", "x")
        assert np.array_equal(back["time"], [0.0, 0.5])
        assert np.array_equal(back["p"].values[1, 2:9, :8], np.load(part))


def test_raw_files_come_back_raw(tmp_path: Path) -> None:
    smooth().astype(">f4").tofile(tmp_path / "a.raw")
    shape = ["--shape", "20,24,33", "--dtype", "float32", "--byte-order", "big"]
    archive, back = str(tmp_path / "a.idlat"), tmp_path / "b.raw"
    assert run(["compress", str(tmp_path / "a.raw"), *shape, "-o", archive, "--quality", "70"]) == 0
    assert run(["decompress", archive, "-o", str(back)]) == 0
    decoded = np.fromfile(back, dtype=">f4").reshape(20, 24, 33)
    assert np.abs(decoded - smooth()).max() < 0.2


def test_ratio_and_psnr_are_reached(npy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, key, target, slack in (("--ratio", "lsr", 100.0, 2.0), ("--psnr", "wpsnr", 38.0, 0.1)):
        archive = npy.with_name(f"{key}.idlat")
        assert run(["compress", str(npy), "-o", str(archive), option, str(target)]) == 0
        capsys.readouterr()
        assert run(["evaluate", str(archive), str(npy), "--json"]) == 0
        assert values(capsys.readouterr().out)[key] == pytest.approx(target, abs=slack + 1e-9)


def test_steps_and_variables_are_appended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [tmp_path / f"wave_t{step}.npy" for step in range(2)]
    for step, path in enumerate(steps):
        np.save(path, smooth() + step)
    series = str(tmp_path / "series.idlat")
    assert run(["compress", str(steps[0]), "-o", series]) == 0
    assert run(["compress", str(steps[1]), "--append", "-o", series]) == 0
    assert run(["verify", series, *map(str, steps)]) == 0
    variables = {name: (("z", "y", "x"), smooth() + i) for i, name in enumerate("uvw")}
    xr.Dataset(variables).to_netcdf(tmp_path / "uvw.nc", engine="h5netcdf")
    wind, file = str(tmp_path / "wind.idlat"), str(tmp_path / "uvw.nc")
    assert run(["compress", file, "--variable", "u", "--variable", "v", "-o", wind]) == 0
    assert run(["compress", file, "--variable", "w", "--append", "-o", wind]) == 0
    assert run(["verify", wind, file]) == 0
    capsys.readouterr()
    assert run(["evaluate", wind, file, "--json"]) == 0
    assert values(capsys.readouterr().out)["bytes_original"] == 3 * smooth().nbytes
    assert run(["decompress", wind, "--variable", "w", "-o", str(tmp_path / "w.npy")]) == 0


def test_importance_writes_a_map_that_compress_takes(npy: Path) -> None:
    target = npy.with_name("map.npy")
    assert run(["importance", str(npy), "box(z=2:10, y=0:24, x=0:33)", "-o", str(target)]) == 0
    assert np.load(target)[2:10].min() == 1
    archive = npy.with_name("m.idlat")
    assert run(["compress", str(npy), "-o", str(archive), "--importance", str(target)]) == 0
    assert run(["evaluate", str(archive), str(npy)]) == 2  # a file's map must be given again
    assert run(["evaluate", str(archive), str(npy), "--importance", str(target)]) == 0


def test_importance_names_other_variables_of_the_file(tmp_path: Path) -> None:
    parts = {name: (("z", "y", "x"), k * smooth() + k) for k, name in enumerate(("p", "t"), 1)}
    file, archive = str(tmp_path / "two.nc"), str(tmp_path / "p.idlat")
    xr.Dataset(parts).to_netcdf(file, engine="h5netcdf")
    text, target = "0.2 + 0.8*(t > 2)", tmp_path / "map.npy"
    assert run(["importance", file, text, "--variable", "p", "-o", str(target)]) == 0
    assert np.load(target) == pytest.approx(np.where(smooth() > 0, 1, 0.2))
    one = ["--variable", "p"]
    assert run(["compress", file, *one, "--importance", text, "-o", archive]) == 0
    assert run(["evaluate", archive, file, *one]) == 0
    assert run(["verify", archive, file, *one]) == 0
    assert run(["importance", file, "u > 2", *one, "-o", str(tmp_path / "u.npy")]) == 2


def test_a_map_on_another_grid_is_resampled_when_asked(npy: Path) -> None:
    coarse, archive = npy.with_name("coarse.npy"), str(npy.with_name("r.idlat"))
    np.save(coarse, np.linspace(0, 1, 10).reshape(10, 1, 1) * np.ones((1, 6, 11)))
    fine = npy.with_name("fine.npy")
    wanted = ["importance", str(npy), str(coarse), "-o", str(fine)]
    assert run(wanted) == 2
    assert run([*wanted, "--resample"]) == 0
    assert np.load(fine)[[0, -1], 0, 0] == pytest.approx([0, 1], abs=0.05)
    resampled = ["--importance", str(coarse), "--resample"]
    assert run(["compress", str(npy), *resampled, "-o", archive]) == 0
    assert run(["evaluate", archive, str(npy), *resampled]) == 0
    assert run(["evaluate", archive, str(npy), *resampled[:2]]) == 2


def test_datasets_are_listed_and_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["datasets", "list"]) == 0
    assert "vortex" in capsys.readouterr().out
    assert run(["datasets", "make", "random", "-o", str(tmp_path / "r"), "--size", "16", "--steps", "2"]) == 0
    assert len(list((tmp_path / "r").iterdir())) == 2


def test_train_then_compress_with_the_model(tmp_path: Path, npy: Path) -> None:
    model = tmp_path / "m.safetensors"
    assert run(["train", str(npy), "-o", str(model), "--steps", "2", "--start-from", "default"]) == 0
    assert model.with_name("m.safetensors.png").exists()
    archive = tmp_path / "t.idlat"
    assert run(["compress", str(npy), "-o", str(archive), "--model", str(model)]) == 0
    model.unlink()  # the archive carries a model that the package does not ship
    assert run(["decompress", str(archive), "-o", str(tmp_path / "t.npy")]) == 0


COMMANDS = ["demo", "train", "compress", "decompress", "info", "evaluate", "verify", "export", "importance"]


@pytest.mark.parametrize(
    "command", [[name] for name in COMMANDS] + [["datasets", n] for n in ("make", "list", "import", "fetch")]
)
def test_help_shows_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    examples = capsys.readouterr().out.split("xample", 1)[1]
    assert f"idlat {' '.join(command)}" in examples


def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("idlat.cli.demo.SIZE", 16)
    assert run(["demo", "-o", str(tmp_path / "demo")]) == 0
    assert "wPSNR" in capsys.readouterr().out
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "then"),
    [
        (["compress", "a.npy", "-o", "a.idlat"], "--resume goes on"),
        (["train", "a.npy", "-o", "a.model"], "--resume goes on"),
        (["datasets", "make", "vortex", "-o", "v"], "the same command goes on"),
        (["decompress", "a.idlat", "-o", "a.npy"], "nothing was left half-written"),
    ],
)
def test_an_interrupted_command_says_how_to_go_on(
    arguments: list[str], then: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        help = None

        def main(self, **_: object) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr("typer.main.get_command", lambda _: Interrupted())
    assert run(arguments) == 130
    assert then in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"idlat {__version__}\n"


def test_help_names_every_function_of_importance(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["importance", "--help"]) == 0
    words = set(re.findall("[a-z_0-9]+", capsys.readouterr().out))
    assert set(family_names()) | set(OPERATIONS) <= words


def test_info_needs_no_model(npy: Path) -> None:
    archive = npy.with_name("w.idlat")
    assert run(["compress", str(npy), "-o", str(archive)]) == 0
    code = (
        "import sys; from idlat.cli.app import run; status = run(sys.argv[1:]);"
        "sys.exit(status or ('torch' in sys.modules and 3))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "info", str(archive), "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (variable,) = json.loads(done.stdout)["variables"]
    assert variable["chunks"] == [64, 64, 64]
