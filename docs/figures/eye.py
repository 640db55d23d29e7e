"""Compare a track with the eye of the simulated hurricane, whose place the data state.

python docs/figures/eye.py hurricane eye/tracks.csv
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

IMAGE = Path(__file__).parents[1] / "images" / "analysis_track.png"


def main() -> None:
    """Print how far the track is from the eye in each step, and draw both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("series", type=Path, metavar="DIR", help="of `idlat datasets make hurricane`")
    parser.add_argument("tracks", type=Path, metavar="CSV", help="of `idlat analyze track`")
    options = parser.parse_args()
    with options.tracks.open(newline="") as file:
        rows = list(csv.DictReader(file))
    files = sorted(options.series.glob("*.nc"))
    eyes, found = [], []
    for row in rows:
        with xr.open_dataset(files[int(row["step"])]) as step:
            # a track counts from the edge of the first voxel, coordinates are those of centres
            eyes.append(
                [np.interp(step.attrs[f"eye_{a}"], step[a], np.arange(step.sizes[a])) + 0.5 for a in "yx"]
            )
        found.append([float(row["y"]), float(row["x"])])
    eye, track = np.array(eyes), np.array(found)
    away = np.linalg.norm(track - eye, axis=1)
    print("track  step  blocks  from the eye (voxels)")
    for row, distance in zip(rows, away, strict=True):
        print(f"{row['track']:>5} {row['step']:>5} {row['blocks']:>7} {distance:22.1f}  {row['events']}")
    print(f"mean {away.mean():.1f}, largest {away.max():.1f} voxels")
    figure = Figure(figsize=(5.5, 4.2), layout="constrained")
    ax = figure.subplots()
    ax.plot(eye[:, 1], eye[:, 0], "-", color="black", label="eye")
    ax.plot(track[:, 1], track[:, 0], ".-", color="tab:red", label="centroid of the track")
    ax.set(xlabel="x (voxels)", ylabel="y (voxels)", aspect="equal")
    ax.legend(frameon=False)
    figure.savefig(IMAGE, dpi=90)


if __name__ == "__main__":
    main()
