"""A command that reads many variables of a file opens the file once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from xarray.backends import H5netcdfBackendEntrypoint

import idlat
from idlat.cli.app import run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are opened, in order."""
    files: list[str] = []
    real = H5netcdfBackendEntrypoint.open_groups_as_dict

    def counted(self: H5netcdfBackendEntrypoint, file: str, **how: object) -> dict[str, xr.Dataset]:
        files.append(Path(file).name)
        return real(self, file, **how)

    monkeypatch.setattr(H5netcdfBackendEntrypoint, "open_groups_as_dict", counted)
    return files


def test_variables_of_a_series_open_each_file_once(tmp_path: Path, opened: list[str]) -> None:
    rng, names, files = np.random.default_rng(1), [f"v{i}" for i in range(6)], ["a0.nc", "a1.nc"]
    heights = rng.random((4, 8)).astype(np.float32)
    fields = {}
    for file in files:
        parts = {name: (("z", "y", "x"), rng.random((4, 4, 8)).astype(np.float32)) for name in names}
        fields[file] = xr.Dataset(parts, {"height": (("y", "x"), heights)})
        fields[file].to_netcdf(tmp_path / file, engine="h5netcdf")
    words = ["compress", *(str(tmp_path / file) for file in files), "-o", str(tmp_path / "a.idlat")]
    assert run([*words, "--all-variables", "--quality", "70"]) == 0
    assert opened.count("a0.nc") <= 2  # to list its variables, and to open them
    assert opened.count("a1.nc") == 1
    with idlat.open_archive(tmp_path / "a.idlat") as archive:
        assert list(archive) == names
        for name in names:
            found = archive.decode(variable=name)
            np.testing.assert_array_equal(found.height, heights)
            for step, file in enumerate(files):
                assert np.abs(found[step] - fields[file][name]).max() < 0.2


def test_a_file_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    for value in (1.0, 2.0):
        field = xr.Dataset({"v": (("z", "y", "x"), np.full((2, 4, 8), value, np.float32))})
        field.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
        assert run(["compress", str(tmp_path / "a.nc"), "-o", str(tmp_path / f"{value}.idlat")]) == 0
        with idlat.open_archive(tmp_path / f"{value}.idlat") as archive:
            assert (archive.decode() == value).all()
