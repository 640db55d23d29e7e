"""What the documentation's pages take for granted: the files that they name, and the names in their Python.

A page that makes its own files, as a tutorial does, needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr
from scipy.io import FortranFile

import idlat
from support.fields.amrex_plotfile import write_plotfile

Names = dict[str, Any]
AXES = ("z", "y", "x")


def wave(shape: tuple[int, ...] = (72, 24, 24), shift: float = 0.0) -> np.ndarray:
    """Make values (z, y, x) from about 4 to 12."""
    z, y, x = np.meshgrid(*(np.arange(float(n)) for n in shape), indexing="ij")
    return (8 + 3 * np.sin(z / 9 + shift) * np.cos(y / 7) + np.sin(x / 5)).astype("float32")


def volume(name: str = "pressure", shape: tuple[int, ...] = (72, 24, 24), shift: float = 0.0) -> xr.DataArray:
    return xr.DataArray(wave(shape, shift), dims=AXES, name=name)


def series(name: str = "pressure", steps: int = 4, shape: tuple[int, ...] = (32, 32, 32)) -> xr.DataArray:
    values = np.stack([wave(shape, 0.3 * step) for step in range(steps)])
    return xr.DataArray(values, dims=("time", *AXES), name=name)


def one_file(folder: Path) -> Names:
    """Write run.nc of the variable pressure, which most pages speak of."""
    field = volume()
    idlat.write_field(field, folder / "run.nc")
    return {"field": field}


def of_analysis(folder: Path) -> Names:
    steps = series(shape=(48, 48, 48))
    idlat.write_field(steps, folder / "run.nc")
    idlat.compress(steps, folder / "run.idlat")
    first = np.arange(27).reshape(3, 3, 3) < 9  # blocks
    return {"field": steps[0], "step": 0, "a": first, "b": ~first}


def of_archives(folder: Path) -> Names:
    run = xr.Dataset(
        {name: volume(name, (16, 24, 24), n) for n, name in enumerate(("pressure", "temperature"))}
    )
    run.to_netcdf(folder / "run.nc", engine="h5netcdf")
    wind = xr.Dataset({name: volume(name, (16, 16, 16), n) for n, name in enumerate("uvw")})
    wind.to_netcdf(folder / "uvw.nc", engine="h5netcdf")
    for step in range(2):
        np.save(folder / f"wind_t{step}.npy", wave((16, 16, 16), step))
    idlat.compress(volume("density", (32, 32, 32)), folder / "large.idlat")
    where = {"lat": ("lat", np.linspace(-40, 40, 16), {"units": "degrees_north"})}
    where |= {"lon": ("lon", np.linspace(0, 40, 16), {"units": "degrees_east"})}
    days = pd.date_range("2026-01-01", periods=4)
    dated = xr.DataArray(
        series(shape=(72, 16, 16)).values, dims=("time", "lev", "lat", "lon"), name="pressure"
    )
    dated = dated.assign_coords({"time": days, "lev": ("lev", np.arange(72.0)), **where})
    dated.rename("T").to_dataset().to_netcdf(folder / "weather.nc", engine="h5netcdf")
    return {
        "field": volume("pressure", (16, 24, 24)),
        "simulate": lambda: (wave((16, 24, 24), 0.1 * step) for step in range(3)),
        "whole_grid": volume("pressure", (16, 16, 32)),
        "simulate_mine": lambda: (wave((16, 16, 32), 0.1 * step) for step in range(2)),
        "rank": 0,
    }


def of_datasets(folder: Path) -> Names:
    assert idlat.cli.app.run(f"datasets make hurricane --size 32 --steps 2 -o {folder}".split()) == 0
    return {}


def of_formats(folder: Path) -> Names:
    np.save(folder / "run.npy", wave((100, 8, 8)))
    cube = np.zeros((100, 100, 100), "<f4") + wave((100, 1, 1))
    cube.tofile(folder / "run.raw")
    with FortranFile(folder / "old.dat", "w") as file:
        file.write_record(cube)
    for name in ("wrfout.nc", "wrfout_d01_2005-08-28_00:00:00"):
        wrf = series("T", 1, (8, 16, 16)).rename(z="bottom_top", y="south_north", x="west_east")
        wrf.rename(time="Time").to_dataset().to_netcdf(folder / name, engine="h5netcdf")
    with h5py.File(folder / "nyx.h5", "w") as nyx:
        for name in ("baryon_density", "temperature"):
            nyx[f"native_fields/{name}"] = wave((16, 16, 16))
    write_plotfile(folder / "plt00100")
    with h5py.File(folder / "field.h5", "w") as file:
        file["B"] = wave((8, 12, 16))
    np.save(folder / "velocity.npy", np.stack([wave((8, 8, 8), n) for n in range(3)], axis=-1))
    for step in range(2):
        np.save(folder / f"wind_t{step}.npy", wave((16, 16, 16), step))
    steps = [series(name) for name in ("pressure", "wind")]
    idlat.compress(xr.merge(steps), folder / "series.idlat")
    template = volume("pressure", (16, 16, 16))
    return {"template": template, "values_of": lambda region: template.isel(region).values}


def of_importance(folder: Path) -> Names:
    np.save(folder / "coarse.npy", np.linspace(0, 1, 36 * 12 * 12).reshape(36, 12, 12).astype("float32"))
    return one_file(folder)


def of_explorer(folder: Path) -> Names:
    steps = series(steps=2)
    idlat.compress(steps, folder / "run.idlat")
    return {"field": steps}


SETTINGS: dict[str, Callable[[Path], Names]] = {
    "docs/analysis.md": of_analysis,
    "docs/archive.md": of_archives,
    "docs/datasets.md": of_datasets,
    "docs/explorer.md": of_explorer,
    "docs/formats.md": of_formats,
    "docs/importance.md": of_importance,
}


def names_of(page: str, folder: Path) -> Iterator[tuple[str, Any]]:
    """Write the files of a page; tell the names of its Python."""
    yield from {"__name__": "page", "idlat": idlat, "np": np, "xr": xr, "Path": Path}.items()
    yield from SETTINGS.get(page, one_file)(folder).items()
