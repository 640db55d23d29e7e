"""Files of any name go in and come out."""

import numpy as np
import pytest

from idlat.cli.app import run


def smooth_field(shape: tuple[int, int, int]) -> np.ndarray:
    z, y, x = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    return (np.sin(5 * z) + np.cos(7 * y) * x + 2 * x * z).astype(np.float32)


NAMES = [
    "sp ace é",
    "-dash",
    "a[1]",
    "100%",
    "quote'\"",
    "new\nline",
    "dot.",
    "*",
    "~",
    "#hash",
    "a=b",
    "{p95}",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name(name: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = smooth_field((8, 9, 10))
    np.save(f"{name}.npy", values)
    assert run(["compress", "-o", f"{name}.idlat", "--quality", "90", "--", f"{name}.npy"]) == 0
    assert run(["verify", "--", f"{name}.idlat", f"{name}.npy"]) == 0
    assert run(["decompress", "-o", f"{name} back.npy", "--", f"{name}.idlat"]) == 0
    back = np.load(f"{name} back.npy")
    assert np.abs(back - values).max() < 0.02 * np.ptp(values)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        f"{name}{end}" for end in (".npy", ".idlat", " back.npy")
    )
