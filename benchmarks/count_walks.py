"""Count the functions and files that the voxels pass on their way through `compress` and `decompress`.

A small NetCDF file is compressed under an isosurface and decompressed again, while every call of a function
of idlat is noted with its first caller; a task that runs in a thread was called by whoever waits for it. The
walk is what lies on the way from the command to the functions that touch the data, named below; functions
inside others count as parts of them. Fitting the model to the variable, which comes before encoding and asks
much of the same functions, is a walk of its own.

::

    python benchmarks/count_walks.py [--show]
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import xarray as xr

ENDS = {
    "compress": [
        "to_canonical", "on", "FieldReader.frame", "write_labels", "gather_voxels", "cells:to_cells",
        "rdo_quantisation:quantise_box", "noise_shaping:shape_noise", "subband_stream:encode_symbols",
        "seal_object", "ArchiveStore.put", "cells:from_cells", "error_sums:measure", "write_record",
        "writing", "open_archive",
    ],
    "fit": [
        "gather_voxels", "cells:to_cells", "rdo_quantisation:quantise_box", "cells:from_cells", "fit_tables",
    ],
    "decompress": [
        "open_archive", "label_field", "isel_with_related|take", "gather_cells", "subband_stream:decode_box",
        "ArchiveStore.get", "cells:from_cells", "backward", "open_sink", r"\w*Sink.write",
    ],
}  # fmt: skip


FITTING = "archive/write/fit_model:fit_model"


class Walk:
    """The first caller of each function of idlat that is called while the walk is on.

    Attributes
    ----------
    callers
        By function; None of the command.
    fitting
        The same of what is called while a model is fitted.
    """

    def __init__(self) -> None:
        self.callers: dict[str, str | None] = {}
        self.fitting: dict[str, str | None] = {}
        self._waiting: list[str] = []

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Note a call; the signature is that of :func:`sys.setprofile`."""
        if event != "call" or (own := _name(frame)) is None:
            return
        chain, caller = [own], frame.f_back
        while caller is not None:
            if (name := _name(caller)) is not None and name != chain[-1]:
                chain.append(name)
            caller = caller.f_back
        if own in ("parallel/executor:run_tasks", "parallel/executor:join_tasks"):
            self._waiting = chain
        elif threading.current_thread() is not threading.main_thread():
            chain += self._waiting
        callers = self.callers
        if FITTING in chain:
            callers, chain = self.fitting, chain[: chain.index(FITTING) + 1]
        for called, by in zip(chain, [*chain[1:], None], strict=True):
            callers.setdefault(called, by)


def functions(callers: dict[str, str | None], ends: list[str]) -> list[str]:
    """Return the functions on the way to some that touch the data, in the order of their first calls."""
    found = set()
    for end in ends:
        named = re.compile(rf"(.*[:./])?({end})$")
        at: str | None = next((name for name in callers if named.match(name)), None)
        if at is None:
            print(f"no call of {end}")
        while at is not None and at not in found:
            found.add(at)
            at = callers[at]
    return [name for name in callers if name in found]


def _name(frame: FrameType) -> str | None:
    """Name a function of idlat by file and function, without those inside it; None for others and classes."""
    code = frame.f_code
    _, inside, path = code.co_filename.partition("/src/idlat/")
    name = code.co_qualname.split(".<locals>")[0]
    if not inside or name.startswith("<") or "__module__" in code.co_names[:2]:
        return None
    return f"{path.removesuffix('.py')}:{name}"


def walk(command: Callable[[], None]) -> Walk:
    """Note the calls of a command."""
    noted = Walk()
    threading.setprofile(noted.note)
    sys.setprofile(noted.note)
    try:
        command()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return noted


def main() -> None:
    """Print both walks' counts, and with ``--show`` their functions."""
    from idlat.cli.compress import compress
    from idlat.cli.decompress import decompress

    axes = np.meshgrid(*(np.linspace(0, 1, 64),) * 3, indexing="ij")
    values = 8 + np.sin(5 * axes[0]) + np.cos(7 * axes[1]) * axes[2]
    values += 0.05 * np.random.default_rng(0).standard_normal(
        values.shape
    )  # so that all kinds of objects occur
    with tempfile.TemporaryDirectory() as folder:
        given, archive, back = f"{folder}/in.nc", f"{folder}/a.idlat", Path(folder) / "out.nc"
        field = xr.DataArray(values.astype("float32"), dims=("z", "y", "x"), name="p")
        field.to_netcdf(given, engine="h5netcdf")
        compressed = walk(lambda: compress([given], archive, importance="isosurface(8.5)", workers=2))
        decompressed = walk(lambda: decompress(archive, back))
    for name, found in {
        "compress": functions(compressed.callers, ENDS["compress"]),
        "fit": functions(compressed.fitting, ENDS["fit"]),
        "decompress": functions(decompressed.callers, ENDS["decompress"]),
    }.items():
        files = {name.split(":")[0] for name in found}
        codec = {name for name in found if name.startswith(("model/", "coding/", "transform/"))}
        own = {name.split(":")[0] for name in codec}
        print(
            f"{name}: {len(found)} functions in {len(files)} files, "
            f"{len(codec)} in {len(own)} of them the codec's"
        )
        if "--show" in sys.argv:
            print("\n".join(f"  {name}" for name in found))


if __name__ == "__main__":
    main()
