"""The real data sets of the paper: where each is published, how to cite it, and what reads its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from idlat.datasets.published.isabel_bricks import isabel_files
from idlat.datasets.published.nyx_snapshots import nyx_files
from idlat.datasets.published.published_file import PublishedFile
from idlat.datasets.published.vortex_volumes import vortex_files


@dataclass(frozen=True)
class PublishedSet:
    """A data set that others publish.

    Attributes
    ----------
    name : str
        What `import_published` knows it by.
    summary : str
        What it is, its size and its steps.
    published : str
        Where and by whom.
    cite : str
        How to cite it.
    download : str
        What to download by hand.
    files : callable
        Gives the files at paths.
    """

    name: str
    summary: str
    published: str
    cite: str
    download: str
    files: Callable[[Sequence[Path]], Iterator[PublishedFile]]


_SETS = (
    PublishedSet(
        "vortex",
        "vorticity magnitude of a vortex simulation (128×128×128, 30 steps in the paper)",
        "handed on among visualization groups; the paper names no address, and idlat knows none: ask the "
        "paper's authors",
        "the paper that you compare with",
        "vorts01.data, vorts02.data, …: 128³ little-endian 32-bit floats, 8388608 bytes each",
        vortex_files,
    ),
    PublishedSet(
        "nyx",
        "log10 of the gas density in an ensemble of universes (256×256×256, 5 members in the paper)",
        "Lawrence Berkeley National Laboratory makes it with Nyx, https://github.com/AMReX-Astro/Nyx; "
        "the paper names no address of its ensemble: run Nyx, or ask the paper's authors",
        "Almgren et al., Nyx: a massively parallel AMR code for computational cosmology, ApJ 765:39 "
        "(2013), doi:10.1088/0004-637X/765/1/39",
        "plotfiles with density (folders such as plt00200), or HDF5 with native_fields/baryon_density",
        nyx_files,
    ),
    PublishedSet(
        "isabel",
        "13 variables of Hurricane Isabel, and the height of the ground (100×500×500, 48 hourly steps)",
        "NCAR for the IEEE Visualization 2004 contest, http://vis.computer.org/vis2004contest/data.html; "
        "readme at https://www.earthsystemgrid.org/dataset/isabeldata/file/readme.html",
        "Hurricane Isabel data produced by the Weather Research and Forecast (WRF) model, courtesy of "
        "NCAR and the U.S. National Science Foundation (NSF)",
        "Pf01.bin.gz … Pf48.bin.gz for the paper's pressure; other variables likewise; HGTdata.bin.gz",
        isabel_files,
    ),
)


def list_published() -> tuple[PublishedSet, ...]:
    """Return the real data sets that can be imported.

    Examples
    --------
    >>> [known.name for known in list_published()]
    ['vortex', 'nyx', 'isabel']
    """
    return _SETS
