"""Decodes the golden set and prints the hashes of what came out, as JSON; also run in processes of its own.

Integers are hashed as int32, masks and levels as uint8, by the path of their array; values of bounded
archives in the field's type. The coarse view is float work: its values are told, not hashed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parent
NAMES = sorted(path.stem for path in (GOLDEN / "archives").glob("*.zip"))


def digest(values: np.ndarray) -> str:
    """Return a hash of values in C order, little-endian, with their shape."""
    plain = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    return hashlib.sha256(repr(plain.shape).encode() + plain.tobytes()).hexdigest()[:32]


def decoded(names: list[str] | None = None) -> dict[str, Any]:
    """Return what the archives decode to: hashes by archive and array."""
    import idlat

    found: dict[str, Any] = {}
    for name in names or NAMES:
        with idlat.open_archive(GOLDEN / "archives" / f"{name}.zip") as archive:
            found[name] = dict(_of_archive(archive))
    return found


def _of_archive(archive: Any) -> Iterator[tuple[str, Any]]:
    for name in archive:
        decoder, path = archive.decoder(name), archive.decoder(name).variable.path
        frames = range(decoder.variable.frames)
        every = (slice(None), *(slice(0, n) for n in decoder.grid.cells))
        latents = np.stack([decoder.latents.frame(frame)[every] for frame in frames])
        yield f"{path}/latents", digest(latents)
        for block in (16,) if archive.model.cell == 16 else (16, 8):
            yield f"{path}/features of {block}", digest(archive.latents(block, name).values)
        if decoder.second is not None:
            yield f"{path}/second", digest(_second(archive, decoder))
        if decoder.residual is not None:
            residual = np.stack([_bins(decoder, frame) for frame in frames])
            yield f"{path}/residual", digest(residual)
            if decoder.residual.bounds.varies:
                yield f"{path}/step", digest(_array(archive, f"{path}/step"))
            yield f"{path}/values", digest(archive.decode(name).values)
        coarse = archive.decode(name, coarse=archive.model.cell)
        yield f"{path}/coarse", np.nan_to_num(coarse.values.astype(float), nan=-1.0).ravel().tolist()
    if archive.record.masks:
        yield "mask", digest(_array(archive, "mask"))


def _array(archive: Any, path: str) -> np.ndarray:
    import zarr

    return np.asarray(zarr.open_array(archive.store.store, path=path, mode="r")[...])


def _second(archive: Any, decoder: Any) -> np.ndarray:
    import zarr

    described = zarr.open_array(archive.store.store, path=f"{decoder.variable.path}/second", mode="r")
    found = np.zeros(described.shape, np.int32)
    for frame, position in decoder.second.indices():
        integers = decoder.second.integers(frame, position)
        found[(frame, *position, slice(len(integers)))] = integers
    return found


def _bins(decoder: Any, frame: int) -> np.ndarray:
    whole = np.zeros(decoder.variable.volume, np.int32)
    for index in decoder.residual.indices():
        if index[0] == frame:
            bins = decoder.residual.chunk(index).residual.bins
            whole[tuple(slice(64 * i, 64 * i + n) for i, n in zip(index[1:], bins.shape, strict=True))] = bins
    return whole


if __name__ == "__main__":
    os.environ["IDLAT_MODEL_PATH"] = str(GOLDEN)  # the default model of when the set was written
    import torch

    torch.use_deterministic_algorithms("deterministic" in sys.argv)
    print(json.dumps(decoded()))
