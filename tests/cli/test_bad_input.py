"""Bad input: exit status 2, one line that says what is wrong, nothing left behind."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from idlat.cli.app import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with good and bad files."""
    rng = np.random.default_rng(0)
    good = np.cumsum(rng.normal(size=(16, 16, 24)), axis=2).astype(np.float32)
    np.save(tmp_path / "good.npy", good)
    np.save(tmp_path / "complex.npy", good.astype(np.complex64))
    np.save(tmp_path / "map_shape.npy", np.ones((4, 4, 4), np.float32))
    np.save(tmp_path / "map_range.npy", np.full(good.shape, 1.5, np.float32))
    np.save(tmp_path / "map_nan.npy", np.full(good.shape, np.nan, np.float32))
    good.tofile(tmp_path / "good.raw")
    (tmp_path / "cut.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:3000])
    (tmp_path / "field.xyz").write_bytes(b"?")
    (tmp_path / "no_model.safetensors").write_bytes(b"not a model at all")
    variables = dict.fromkeys(("p", "q"), (("z", "y", "x"), good))
    xr.Dataset(variables).to_netcdf(tmp_path / "two.nc", engine="h5netcdf")
    (tmp_path / "cut.nc").write_bytes((tmp_path / "two.nc").read_bytes()[:4000])
    return tmp_path


COMPRESS = ["compress", "good.npy", "-o", "out.idlat"]
BAD = {
    "missing file": (["compress", "absent.npy", "-o", "out.idlat"], "absent.npy"),
    "unknown format": (["compress", "field.xyz", "-o", "out.idlat"], "format"),
    "raw of the wrong size": (
        ["compress", "good.raw", "--shape", "9,9,9", "--dtype", "float32", "-o", "out.idlat"],
        "bytes",
    ),
    "raw without shape": (["compress", "good.raw", "-o", "out.idlat"], "shape"),
    "malformed shape": (
        ["compress", "good.raw", "--shape", "9x9", "--dtype", "float32", "-o", "out.idlat"],
        "--shape",
    ),
    "cut npy": (["compress", "cut.npy", "-o", "out.idlat"], "cut.npy"),
    "cut netcdf": (["compress", "cut.nc", "-o", "out.idlat"], "cut.nc"),
    "several variables": (["compress", "two.nc", "-o", "out.idlat"], "p, q"),
    "unknown variable": (["compress", "two.nc", "--variable", "r", "-o", "out.idlat"], "'r'"),
    "complex": (["compress", "complex.npy", "-o", "out.idlat"], "complex"),
    "map of another shape": ([*COMPRESS, "--importance", "map_shape.npy"], "shape"),
    "map outside [0, 1]": ([*COMPRESS, "--importance", "map_range.npy"], "1.5"),
    "map with NaN": ([*COMPRESS, "--importance", "map_nan.npy"], "NaN"),
    "malformed expression": ([*COMPRESS, "--importance", "value >"], "expected"),
    "malicious expression": ([*COMPRESS, "--importance", "__import__('os').system('touch x')"], "importance"),
    "deep expression": ([*COMPRESS, "--importance", "(" * 5000 + "1" + ")" * 5000], "importance"),
    "expression above 1": ([*COMPRESS, "--importance", "2*gradient()"], "0 to 1"),
    "absent isosurface": ([*COMPRESS, "--importance", "isosurface(1e9)"], "isosurface"),
    "box outside": ([*COMPRESS, "--importance", "box(z=0:99, y=0:4, x=0:4)"], "99"),
    "impossible ratio": ([*COMPRESS, "--ratio", "1e9"], "ratio"),
    "negative ratio": ([*COMPRESS, "--ratio", "-3"], "ratio"),
    "two targets": ([*COMPRESS, "--ratio", "9", "--quality", "30"], "quality"),
    "quality out of range": ([*COMPRESS, "--quality", "101"], "quality"),
    "no model": ([*COMPRESS, "--model", "no_model.safetensors"], "not an idlat model"),
    "absent model": ([*COMPRESS, "--model", "absent.safetensors"], "absent.safetensors"),
    "absent folder": (["compress", "good.npy", "-o", "absent/out.idlat"], "absent"),
    "unknown option": ([*COMPRESS, "--frobnicate"], "--frobnicate"),
    "unknown transform": ([*COMPRESS, "--transform", "cbrt"], "transform"),
    "axis that cannot wrap": ([*COMPRESS, "--periodic", "q"], "q"),
    "infinite missing value": ([*COMPRESS, "--missing", "inf"], "finite"),
    "empty output": (["compress", "good.npy", "-o", ""], "empty"),
    "variable twice": (["compress", "two.nc", *["--variable", "p"] * 2, "-o", "out.idlat"], "twice"),
    "variable and all": (
        ["compress", "two.nc", "--variable", "p", "--all-variables", "-o", "out.idlat"],
        "exclude",
    ),
    "replace and resume": ([*COMPRESS, "--overwrite", "--resume"], "exclude each other"),
    "append to nothing": ([*COMPRESS, "--append"], "does not exist"),
    "unknown file system": (["compress", "good.npy", "-o", "nonsense://a/b"], "nonsense"),
    "no archive": (["info", "good.npy"], "good.npy"),
    "absent archive": (["info", "absent.idlat"], "absent.idlat"),
    "unknown dataset": (["datasets", "make", "nothing", "-o", "d"], "nothing"),
    "train on nothing": (["train", "absent.npy", "-o", "m.safetensors", "--steps", "1"], "absent.npy"),
    "two lengths": (
        ["train", "good.npy", "-o", "m.safetensors", "--steps", "1", "--minutes", "1"],
        "minutes",
    ),
}


def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail as it should; return its line."""
    before = snapshot()
    capsys.readouterr()
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert snapshot() == before
    return captured.err


def snapshot() -> set[tuple[str, int]]:
    return {(str(p), p.stat().st_size if p.is_file() else -1) for p in Path().rglob("*")}


@pytest.mark.parametrize("name", BAD)
def test_one_line_and_nothing_left(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    arguments, hint = BAD[name]
    assert hint.lower() in fails(arguments, capsys).lower()


@pytest.fixture
def archive(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(folder)
    assert run(COMPRESS) == 0
    return Path("out.idlat")


def chunk_of(archive: Path) -> Path:
    return next(p for p in sorted((archive / "good" / "latents" / "c").rglob("*")) if p.is_file())


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing chunk": lambda a: chunk_of(a).unlink(),
    "cut chunk": lambda a: cut(chunk_of(a)),
    "cut metadata": lambda a: cut(a / "zarr.json"),
    "no metadata": lambda a: (a / "zarr.json").unlink(),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_archives(name: str, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    DAMAGE[name](archive)
    for arguments in (["decompress", "out.idlat", "-o", "back.npy"], ["verify", "out.idlat"]):
        assert "out.idlat" in fails(arguments, capsys) or "chunk" in name


def test_a_fault_names_the_archive_once(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("other.npy", np.load("good.npy") + np.float32(1))
    line = fails(["verify", "out.idlat", "other.npy"], capsys)
    assert line == "idlat: out.idlat: variable 'good' was compressed from other values than these\n"


def test_outputs_are_not_replaced_unasked(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--overwrite" in fails(COMPRESS, capsys) or "overwrite" in fails(COMPRESS, capsys)
    assert "overwrite" in fails(["decompress", "out.idlat", "-o", "good.npy"], capsys)
    assert run([*COMPRESS, "--overwrite"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--region", "0:99,0:4,0:4"],
        ["--region", "4:4,0:4,0:4"],
        ["--region", "1:2"],
        ["--region", "a:b,c:d,e:f"],
        ["--time", "1"],
        ["--variable", "other"],
    ],
)
def test_parts_that_are_not_there(
    arguments: list[str], archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fails(["decompress", "out.idlat", "-o", "back.npy", *arguments], capsys)


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a small disk needs root"
)
def test_full_disk(folder: Path) -> None:
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this system does not allow mounting")
    try:
        result = subprocess.run(
            [
                sys.executable,
                "-c",
                "from idlat.cli import main; main()",
                *COMPRESS[:2],
                "-o",
                str(small / "out.idlat"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1, result.stderr
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
