"""The folder of a run that many processes write: an archive a block, each named by the voxels it is of.

::

    out.idlat/
      blocks.json                        shape of the whole grid, and how far blocks reach into one another
      z0_64-y0_64-x0_64.idlat            voxels z 0 to 64 and so on, with all steps of that block
      z0_64-y0_64-x64_128.idlat

No process waits for another: each appends to its own archive. A step is finished once all of them have it.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idlat.archive.storage.archive_store import local_path
from idlat.errors import ArchiveError, OutputError, OutputExistsError
from idlat.outputs import put_in_place, temporary_for
from idlat.tiling import Box, Triple

__all__ = ["BlockFolder", "block_box", "block_name", "is_block_folder"]

_INDEX = "blocks.json"
_NAME = re.compile(r"z(\d+)_(\d+)-y(\d+)_(\d+)-x(\d+)_(\d+)\.idlat")
_LARGEST = 2**20  # bytes of the index


def block_name(box: Box) -> str:
    """Return the name of a block's archive.

    Examples
    --------
    >>> block_name(((0, 64), (0, 64), (64, 128)))
    'z0_64-y0_64-x64_128.idlat'
    """
    return "-".join(f"{axis}{a}_{b}" for axis, (a, b) in zip("zyx", box, strict=True)) + ".idlat"


def block_box(name: str) -> Box | None:
    """Return the voxels of the block that an archive's name is of; None where it is of none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    z0, z1, y0, y1, x0, x1 = map(int, found.groups())
    return (z0, z1), (y0, y1), (x0, x1)


def is_block_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a folder of blocks."""
    local = local_path(path)
    return local is not None and (local / _INDEX).is_file()


@dataclass(frozen=True)
class BlockFolder:
    """A folder of blocks.

    Attributes
    ----------
    path
        The folder.
    shape
        Voxels (z, y, x) of the whole grid.
    halo
        Voxels by which each block's archive reaches into its neighbours.
    """

    path: Path
    shape: Triple
    halo: int = 0

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> BlockFolder:
        """Read the index of a folder.

        Raises
        ------
        ArchiveError
            It is none, or damaged.
        """
        local = local_path(path)
        if local is None:
            raise ArchiveError(f"{os.fspath(path)}: blocks are read from a local disk")
        file = local / _INDEX
        try:
            if file.stat().st_size > _LARGEST:
                raise ValueError("it is too large")
            said: Any = json.loads(file.read_text("utf-8"))
            z, y, x = (int(n) for n in said["shape"])
            halo = int(said["halo"])
            if said["format"] != "idlat-blocks" or said["version"] != 1 or min(z, y, x) < 1 or halo < 0:
                raise ValueError("it is of another format")
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise ArchiveError(f"{file} is no index of blocks: {error}") from None
        return cls(local, (z, y, x), halo)

    def begin(self) -> None:
        """Make the folder and its index, unless another process has.

        Raises
        ------
        OutputError
            It cannot be written, or holds something else.
        """
        text = {"format": "idlat-blocks", "version": 1, "shape": list(self.shape), "halo": self.halo}
        try:
            self.path.mkdir(exist_ok=True)
            if (self.path / _INDEX).exists():
                if BlockFolder.open(self.path) != self:
                    raise OutputExistsError(f"{self.path} holds blocks of another run: choose another path")
                return
            if (self.path / "zarr.json").exists():
                raise OutputExistsError(f"{self.path} is an archive already: choose another path")
            temporary = temporary_for(self.path / _INDEX)
            temporary.write_text(json.dumps(text), "utf-8")
            put_in_place(temporary, self.path / _INDEX)
        except OSError as error:
            if isinstance(error, OutputError):
                raise
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error

    def bytes_index(self) -> int:
        """Return the bytes of the index; 0 where one block is the whole grid."""
        index = self.path / _INDEX
        return index.stat().st_size if index.exists() else 0

    def boxes(self) -> list[Box]:
        """Return the blocks that have archives, in the order of their places."""
        found = (block_box(name) for name in os.listdir(self.path))
        return sorted(box for box in found if box is not None)

    def check_free(self, box: Box) -> None:
        """Raise where a block overlaps another one: :class:`OutputExistsError`."""
        for other in self.boxes():
            if other != box and _overlap(box, other):
                raise OutputExistsError(
                    f"{self.path} holds {block_name(other)}, which overlaps {block_name(box)}: "
                    "choose another path, or remove the folder"
                )

    def check_whole(self, boxes: Sequence[Box]) -> None:
        """Raise where the blocks do not tile the grid: :class:`ArchiveError`."""
        for one, two in itertools.combinations(boxes, 2):
            if _overlap(one, two):
                raise ArchiveError(f"{self.path}: {block_name(one)} and {block_name(two)} overlap")
        covered = sum(_volume(box) for box in boxes)
        z, y, x = self.shape
        if covered < z * y * x:
            raise ArchiveError(
                f"{self.path}: the blocks of {covered:,} of {z * y * x:,} voxels are there: other processes "
                "have not finished their first step"
            )

    def stored_box(self, box: Box) -> Box:
        """Return the voxels that a block's archive holds: its own, and its halo inside the grid."""
        z, y, x = (
            (max(a - self.halo, 0), min(b + self.halo, n)) for (a, b), n in zip(box, self.shape, strict=True)
        )
        return z, y, x

    def core_box(self, offset: Triple, stored: Triple) -> Box:
        """Return the voxels of a block whose archive holds so many, with its halo, from `offset` on."""
        box = []
        for at, size, n in zip(offset, stored, self.shape, strict=True):
            end = at - min(self.halo, at) + size
            box.append((at, end if end >= n else end - self.halo))
        z, y, x = box
        return z, y, x


def _overlap(one: Box, two: Box) -> bool:
    return all(a < d and c < b for (a, b), (c, d) in zip(one, two, strict=True))


def _volume(box: Box) -> int:
    (a, b), (c, d), (e, f) = box
    return (b - a) * (d - c) * (f - e)
