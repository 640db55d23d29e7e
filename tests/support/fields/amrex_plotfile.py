"""A plotfile of one box, as AMReX writes it."""

from pathlib import Path

import numpy as np


def write_plotfile(path: Path, size: int = 6) -> Path:
    """Write a density above 1e9 on size³ voxels."""
    box = f"((0,0,0) ({size - 1},{size - 1},{size - 1}) (0,0,0))"
    values = 1e9 * np.arange(1.0, size**3 + 1)
    (path / "Level_0").mkdir(parents=True)
    fab = f"FAB ((8, (64 11 52 0 1 12 0 1023)),(8, (8 7 6 5 4 3 2 1))){box} 1\n"
    (path / "Level_0" / "Cell_D_00000").write_bytes(fab.encode() + values.astype("<f8").tobytes())
    cells = ["1", "1", "1", "0", "(1 0", box, ")", "1", "FabOnDisk: Cell_D_00000 0", ""]
    (path / "Level_0" / "Cell_H").write_text("\n".join(cells))
    ends = [f"{0.0} {float(size)}"] * 3
    header = ["HyperCLaw-V1.1", "1", "density", "3", "0.5", "0", "0 0 0", "1 1 1", "", box, "0"]
    header[6:8] = ["0.0 0.0 0.0", f"{size}.0 {size}.0 {size}.0"]
    header += ["1.0 1.0 1.0", "0", "0", "0 1 0.5", "0", *ends, "Level_0/Cell", ""]
    (path / "Header").write_text("\n".join(header))
    return path
