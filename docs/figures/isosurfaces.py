"""Draw the similarity maps of docs/analysis.md: four methods beside each other, with what each chooses.

python docs/figures/isosurfaces.py vortex/vortex_0029.nc -o docs/images/analysis_isosurfaces.png
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

import idlat
from idlat.analysis import PEERS, SimilarityMap, latent_map, peer_map
from idlat.parallel import run_tasks, worker_count


def maps_of(field: npt.NDArray[np.float32], levels: npt.NDArray[np.float64]) -> list[SimilarityMap]:
    """Compute the map of every method."""
    threads = partial(run_tasks, workers=worker_count(None))
    latent = latent_map(field, levels, idlat.load_model(), mapping=threads)
    return [latent, *(peer_map(peer, field, levels) for peer in PEERS)]


def draw(maps: list[SimilarityMap], select: int) -> Figure:
    """Draw maps in a row; dots are representative isovalues."""
    figure = Figure(figsize=(3.1 * len(maps) + 0.7, 3.4), layout="constrained")
    axes = figure.subplots(1, len(maps), sharey=True)
    for ax, found in zip(axes, maps, strict=True):
        low, high = found.isovalues[[0, -1]]
        extent = (low, high, low, high)
        image = ax.imshow(found.similarity, cmap="magma", vmin=0, vmax=1, origin="lower", extent=extent)
        chosen = found.representative(select)
        ax.plot(chosen, chosen, "o", color="tab:cyan", markeredgecolor="white")
        ax.set(title=found.method, xlabel="isovalue")
    axes[0].set_ylabel("isovalue")
    figure.colorbar(image, ax=axes, label="similarity", shrink=0.85)
    return figure


def main() -> None:
    """Draw the maps of a field's first step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("field", metavar="FIELD")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PNG")
    parser.add_argument("--isovalues", type=int, default=80)
    parser.add_argument("--select", type=int, default=4)
    options = parser.parse_args()
    values = np.ascontiguousarray(idlat.open_field(options.field).values, np.float32)
    field = values.reshape((-1, *values.shape[-3:]))[0]
    levels = np.linspace(*np.percentile(field, (1, 99)), options.isovalues)
    draw(maps_of(field, levels), options.select).savefig(options.output, dpi=90)


if __name__ == "__main__":
    main()
