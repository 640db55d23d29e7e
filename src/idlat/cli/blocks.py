"""What commands do with the blocks of a parallel run, which are a folder of archives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import number, print_json, print_table, size

if TYPE_CHECKING:
    from idlat.archive.check.verify import Verification
    from idlat.archive.read.region_selection import Index

__all__ = ["decompress_blocks", "holds_blocks", "info_of_blocks", "verify_blocks"]


def holds_blocks(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of the blocks of a parallel run."""
    from idlat.archive.stream.block_folder import is_block_folder

    return is_block_folder(path)


def decompress_blocks(
    path: str,
    variable: str | None,
    region: Mapping[str, Index],
    output: Path,
    *,
    device: str,
    overwrite: bool,
) -> None:
    """Decode a part of a variable into a file, slab by slab."""
    from idlat.archive import open_blocks
    from idlat.fields import write_field

    with open_blocks(path, device=device) as blocks:
        write_field(blocks.part(variable, **region), output, overwrite)


def verify_blocks(path: str) -> Verification:
    """Check every chunk of every block."""
    from idlat.archive import open_blocks

    with open_blocks(path) as blocks, progress_bar() as report:
        return blocks.verify(progress=report)


def info_of_blocks(path: str, json: bool) -> None:
    """Show what the blocks hold together."""
    from idlat.archive import open_blocks

    with open_blocks(path) as blocks:
        found = blocks.info()
    if json:
        print_json(found)
        return
    halo = f", with a halo of {found.halo} voxels" if found.halo else ""
    further = f", and {found.further} that not all blocks have yet" if found.further else ""
    rows = {
        "grid": " × ".join(map(str, found.grid)),
        "blocks": f"{found.blocks}{halo}",
        "steps": f"{found.steps}{further}",
        "importance": found.importance,
        "latents, masks": size(found.bytes_streams),
        "everything": size(found.bytes_archive),
        "original": size(found.bytes_original),
    }
    for variable in found.variables:
        shape = " × ".join(map(str, variable.shape))
        rows[variable.name] = f"{shape} {variable.dtype}, largest error {number(variable.max_error)}"
    print_table(rows)
