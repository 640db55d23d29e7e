"""The fields of the suite: one of each kind that a data folder holds, simulated ones, and series.

A data folder has one folder a kind of field; in it stands `NAME.npy`, axes z, y, x, beside `NAME.json` with
its fill values and time step. Of each kind the middle field is taken, and of kinds with at least twelve time
steps the first twelve as a series. Simulated fields are those of `idlat datasets`, of a seed that no shipped
model has seen.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.ndimage
import xarray as xr

import idlat
from idlat.datasets import make

Real = npt.NDArray[np.float32]

STEPS = 12
SEED = 4242
# name, voxels an axis, steps, variables
SIMULATED = (
    ("vortex", 64, STEPS, ("vorticity",)),
    ("hurricane", 128, STEPS, ("P", "U")),
    ("cosmology", 96, 1, ("log_density",)),
    ("random", 64, 4, ("random_field",)),
)
GROUPS = {"real", "simulated", "series"}
SMALL = 400_000  # voxels; larger fields are left out of a quick run


@dataclass(frozen=True, eq=False)
class SuiteField:
    """A field, or a series of them.

    Parameters
    ----------
    name, kind
        What tables call it, and what it is a field of.
    values
        `(z, y, x)`, or `(time, z, y, x)` of a series; NaN where missing.
    """

    name: str
    kind: str
    values: Real

    @property
    def is_series(self) -> bool:
        """Whether there is an axis of time."""
        return self.values.ndim == 4

    @cached_property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Where there are values; of the shape of `values`."""
        return ~np.isnan(self.values)

    @cached_property
    def filled(self) -> Real:
        """What peers are given: the field with missing values replaced smoothly by those around them."""
        return self.values if self.valid.all() else _filled(self.values, self.valid)

    @cached_property
    def mask_bytes(self) -> int:
        """What a peer's user must keep besides: the mask's bits under LZMA, once if it never changes."""
        if self.valid.all():
            return 0
        valid = self.valid
        if self.is_series and (valid == valid[0]).all():
            valid = valid[0]
        return len(lzma.compress(np.packbits(valid).tobytes(), preset=9))

    @cached_property
    def sha256(self) -> str:
        """Of shape and values."""
        return hashlib.sha256(str(self.values.shape).encode() + self.values.tobytes()).hexdigest()


def _filled(values: Real, valid: npt.NDArray[np.bool_]) -> Real:
    """Take the nearest value, then smooth what was missing."""
    space = (0,) * (values.ndim - 3) + (1,) * 3
    nearest = scipy.ndimage.distance_transform_edt(
        ~valid, sampling=[1.0 if axis else 1e9 for axis in space], return_distances=False, return_indices=True
    )
    filled = values[tuple(nearest)]
    for _ in range(50):
        smoothed = scipy.ndimage.uniform_filter(filled, [3 if axis else 1 for axis in space])
        filled = np.where(valid, filled, smoothed)
    return np.asarray(filled, np.float32)


def suite_fields(data: Path, cache: Path, wanted: list[str], quick: bool) -> Iterator[SuiteField]:
    """Load the wanted groups (`real`, `simulated`, `series`) and the fields of wanted names.

    Parameters
    ----------
    data
        The folder of real fields.
    cache
        Where simulated ones are kept.
    wanted
        Groups, or parts of names and kinds; all fields if empty.
    quick
        Leave out large fields.
    """
    for group, found in (("real", _real(data)), ("simulated", _simulated(cache))):
        for field in found:
            own_group = "series" if field.is_series else group
            small = field.values.size <= SMALL * (STEPS if field.is_series else 1)
            if (not wanted or _is_wanted(field, own_group, wanted)) and (small or not quick):
                yield field


def _is_wanted(field: SuiteField, group: str, wanted: list[str]) -> bool:
    groups, parts = set(wanted) & GROUPS, set(wanted) - GROUPS
    return group in groups or any(part in field.name or part in field.kind for part in parts)


def _real(data: Path) -> Iterator[SuiteField]:
    """One field of each kind, and series."""
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        notes = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        notes = [note for note in notes if (folder / f"{note['name']}.npy").exists()]
        if not notes:
            continue
        middle = notes[len(notes) // 2]
        yield SuiteField(middle["name"], folder.name, _load(folder, middle))
        if len(notes) >= STEPS and notes[0]["time_step"] is not None:
            steps = np.stack([_load(folder, note) for note in notes[:STEPS]])
            yield SuiteField(f"{folder.name}_{STEPS}_steps", f"{folder.name} series", steps)


def _load(folder: Path, note: dict[str, object]) -> Real:
    values = np.load(folder / f"{note['name']}.npy").astype(np.float32)
    for fill in note.get("fill_values_seen") or ():  # type: ignore[attr-defined]
        values[values == np.float32(fill)] = np.nan
    return np.ascontiguousarray(values)


def _simulated(cache: Path) -> Iterator[SuiteField]:
    """One field of each variable, and series of those that have time steps."""
    for name, size, steps, variables in SIMULATED:
        folder = cache / "simulated" / name
        folder.mkdir(parents=True, exist_ok=True)
        paths = sorted(folder.glob("*.nc"))
        if len(paths) != steps:
            paths = make(name, folder, size, steps, SEED)
        for variable in variables:
            kind = f"simulated {name} {variable}" if len(variables) > 1 else f"simulated {name}"
            if name == "random":  # steps are fields of their own
                for path in paths:
                    yield SuiteField(path.stem, kind, _step(path, variable))
                continue
            label = f"{name}_{variable}"
            yield SuiteField(label, kind, _step(paths[len(paths) // 2], variable))
            if steps == STEPS:
                series = np.stack([_step(path, variable) for path in paths])
                yield SuiteField(f"{label}_{STEPS}_steps", f"{kind} series", series)


def _step(path: Path, variable: str) -> Real:
    field: xr.DataArray = idlat.open_field(path, variable=variable).load()
    values = field.values.reshape(field.shape[-3:])
    return np.ascontiguousarray(values, np.float32)
