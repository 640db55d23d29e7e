"""Small valid files of every format, archives and models, for the fuzzer to damage."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from pathlib import Path

import numpy as np
import xarray as xr

from idlat.fields import write_field

SHAPE = (4, 6, 5)


def field(time: bool = False, component: bool = False) -> xr.DataArray:
    shape = (*((2,) if time else ()), *((3,) if component else ()), *SHAPE)
    dims = (*(("time",) if time else ()), *(("component",) if component else ()), "z", "y", "x")
    values = np.cumsum(np.random.default_rng(3).normal(size=shape), -1).astype(np.float32)
    coords = {dim: 10.0 + 0.5 * np.arange(size) for dim, size in zip("zyx", SHAPE, strict=True)}
    if time:
        coords["time"] = np.array(["2020-01-01", "2020-01-02"], "datetime64[ns]")
    return xr.DataArray(values, coords, dims, "t", {"units": "K", "long_name": "temperature"})


def waves() -> xr.DataArray:
    """A field that is companded under a map of its values, and cut at the face of a box."""
    z, y, x = np.meshgrid(*(np.arange(n) / 6 for n in (16, 24, 32)), indexing="ij")
    noise = 0.3 * np.random.default_rng(0).normal(size=z.shape)
    values = np.exp(np.sin(z) + np.sin(y + 1) + np.sin(x + 2)) + noise
    return xr.DataArray(values.astype(np.float32), dims=("z", "y", "x"), name="t")


def fields(folder: Path) -> dict[str, Path]:
    """Write a small field in every format that is read."""
    made = {}
    for suffix in (
        ".npy",
        ".raw",
        ".raw.gz",
        ".nc",
        ".h5",
        ".zarr",
        ".nrrd",
        ".nhdr",
        ".mha",
        ".mhd",
        ".vtk",
        ".vti",
    ):
        made[suffix] = write_field(field(), _apart(folder, suffix) / f"t{suffix}")
    made["time.nc"] = write_field(field(time=True), _apart(folder, "time") / "t.nc")
    made["time.zarr"] = write_field(field(time=True, component=True), _apart(folder, "time") / "t.zarr")
    made[".vtkhdf"] = write_field(field(component=True), _apart(folder, "vtkhdf") / "t.vtkhdf")
    made["netcdf3"] = _apart(folder, "netcdf3") / "t.nc"
    field(time=True).to_dataset().to_netcdf(made["netcdf3"], engine="scipy", unlimited_dims=["time"])
    zarr2 = field().to_dataset()
    made["zarr2"] = _apart(folder, "zarr2") / "t.zarr"
    zarr2.to_zarr(made["zarr2"], zarr_format=2, consolidated=False)
    made["gzipped.nc"] = _apart(folder, "gzipped") / "t.nc"
    packing = {
        "zlib": True,
        "dtype": "int16",
        "scale_factor": 0.01,
        "_FillValue": -9999,
        "chunksizes": (2, 3, 5),
    }
    field().to_dataset().to_netcdf(made["gzipped.nc"], engine="h5netcdf", encoding={"t": packing})
    return made | _texts(folder) | {"amrex": _plotfile(_apart(folder, "amrex") / "plt00000")}


def _apart(folder: Path, name: str) -> Path:
    (folder / name.strip(".")).mkdir(exist_ok=True)
    return folder / name.strip(".")


def _texts(folder: Path) -> dict[str, Path]:
    """Write headers with values as text, compressed or appended, as other programs do."""
    values = field().values
    place = _apart(folder, "texts")
    z, y, x = SHAPE
    nrrd = f"NRRD0004\ntype: float\ndimension: 3\nsizes: {x} {y} {z}\nencoding: %s\nendian: little\n\n"
    text = " ".join(f"{v:.7g}" for v in values.ravel())
    (place / "ascii.nrrd").write_text(nrrd % "ascii" + text)
    (place / "gzip.nrrd").write_bytes((nrrd % "gzip").encode() + gzip.compress(values.tobytes(), mtime=0))
    mha = f"ObjectType = Image\nNDims = 3\nDimSize = {x} {y} {z}\nElementType = MET_FLOAT\n"
    (place / "packed.mha").write_bytes(
        f"{mha}CompressedData = True\nElementDataFile = LOCAL\n".encode() + zlib.compress(values.tobytes())
    )
    vtk = f"# vtk DataFile Version 3.0\nt\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS {x} {y} {z}\n"
    vtk += f"ORIGIN 0 0 0\nSPACING 1 1 1\nPOINT_DATA {x * y * z}\nSCALARS t float 1\n"
    vtk += f"LOOKUP_TABLE default\n{text}\n"
    (place / "ascii.vtk").write_text(vtk)
    extent = f"0 {x - 1} 0 {y - 1} 0 {z - 1}"
    start = '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64"'
    body = (
        f'><ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="1 1 1"><Piece Extent="{extent}">'
        '<PointData Scalars="t"><DataArray type="Float32" Name="t" format="{}">{}</DataArray></PointData>'
        "</Piece></ImageData></VTKFile>"
    )
    (place / "ascii.vti").write_text(start + body.format("ascii", text))
    inline = b64encode(np.uint64(values.nbytes).tobytes() + values.tobytes()).decode()
    (place / "binary.vti").write_text(start + body.format("binary", inline))
    packed = zlib.compress(values.tobytes())
    head = np.array([1, values.nbytes, 0, len(packed)], np.uint64).tobytes()
    zipped = b64encode(head).decode() + b64encode(packed).decode()
    (place / "zlib.vti").write_text(
        start + ' compressor="vtkZLibDataCompressor"' + body.format("binary", zipped)
    )
    return {path.name: path for path in place.iterdir()}


def _plotfile(path: Path) -> Path:
    """Write an AMReX plotfile of one level and two boxes."""
    z, y, x = SHAPE
    (path / "Level_0").mkdir(parents=True)
    whole = f"((0,0,0) ({x - 1},{y - 1},{z - 1}) (0,0,0))"
    boxes = [((0, 0, 0), (x - 1, y - 1, 1)), ((0, 0, 2), (x - 1, y - 1, z - 1))]
    ends = "".join(f"{lo} {hi}\n" for a, b in boxes for lo, hi in zip(a, (c + 1 for c in b), strict=True))
    head = f"HyperCLaw-V1.1\n1\nrho\n3\n0.5\n0\n0 0 0\n{x} {y} {z}\n\n{whole}\n7\n1 1 1\n0\n0\n0 2 0.5\n7\n"
    (path / "Header").write_text(f"{head}{ends}Level_0/Cell\n")
    data, places = b"", []
    values = field().values.astype(np.float64)
    real = "((8, (64 11 52 0 1 12 0 1023)),(8, (8 7 6 5 4 3 2 1)))"
    listed = []
    for a, b in boxes:
        box = f"(({','.join(map(str, a))}) ({','.join(map(str, b))}) (0,0,0))"
        listed.append(box)
        places.append(len(data))
        data += f"FAB {real}{box} 1\n".encode() + values[a[2] : b[2] + 1].tobytes()
    (path / "Level_0" / "Cell_D_00000").write_bytes(data)
    disk = "\n".join(f"FabOnDisk: Cell_D_00000 {offset}" for offset in places)
    (path / "Level_0" / "Cell_H").write_text(
        "1\n1\n1\n0\n(2 0\n" + "\n".join(listed) + f"\n)\n2\n{disk}\n\n2,1\n0,\n0,\n\n2,1\n1,\n1,\n"
    )
    return path
