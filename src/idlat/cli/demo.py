"""`idlat demo`."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idlat.cli.progress_bar import progress_bar
from idlat.cli.show import number, print_table, size
from idlat.extras import require
from idlat.outputs import staged_file

if TYPE_CHECKING:
    import xarray as xr

SIZE, SEED, QUALITY, DECAY = 64, 7, 40.0, 0.2


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to.")] = Path(
        "idlat-demo"
    ),
) -> None:
    r"""Simulate a small vortex, compress it under an isosurface map, and show what is kept.

    \b
    Example:
      idlat demo -o demo
    """
    require("the demo's picture", "matplotlib")
    from idlat.archive import compress, evaluate
    from idlat.datasets import vortex
    from idlat.fields import write_field
    from idlat.importance import parse

    output.mkdir(exist_ok=True)
    start = perf_counter()
    field = [step for _, step in vortex(size=SIZE, steps=1, seed=SEED)][-1]
    write_field(field, output / "vortex.nc", overwrite=True)
    isovalue = round(float(field.mean() + field.std()), 2)
    text = f"isosurface({isovalue}, decay={DECAY})"
    importance = parse(text).evaluate(field)
    simulated = perf_counter()
    with progress_bar() as report:
        archive = compress(field, output / "vortex.idlat", text, quality=QUALITY, mode="w", progress=report)
    encoded = perf_counter()
    decoded = archive.decode()
    done = perf_counter()
    result = evaluate(archive, field)
    draw(field, importance, decoded, isovalue, output / "demo.png")
    print_table(
        {
            "field": f"vorticity magnitude of a simulated vortex, {SIZE}³, {size(result.bytes_original)}",
            "importance": text,
            "stored": size(result.bytes_streams),
            "LSR": number(result.lsr),
            "wPSNR": number(result.wpsnr, "dB"),
            "PSNR": number(result.psnr, "dB"),
            "simulated in": f"{simulated - start:.1f} s",
            "compressed in": f"{encoded - simulated:.1f} s (with the check of the errors)",
            "decoded in": f"{done - encoded:.2f} s",
            "picture": str(output / "demo.png"),
        }
    )


def draw(
    field: xr.DataArray, importance: xr.DataArray, decoded: xr.DataArray, isovalue: float, path: Path
) -> None:
    """Draw the middle slices of original, importance, reconstruction and difference."""
    from matplotlib.figure import Figure

    middle: dict[Any, Any] = {"z": field.sizes["z"] // 2}
    original, kept = (a.isel(middle).astype(float) for a in (field, decoded))
    difference = kept - original
    high, spread = float(original.max()), float(abs(difference).max()) or 1.0
    figure = Figure(figsize=(13, 3.6), layout="constrained")
    axes = figure.subplots(1, 4)
    panels = (
        (original, "original", {"cmap": "viridis", "vmin": 0, "vmax": high}),
        (importance.isel(middle), "importance", {"cmap": "cividis", "vmin": 0, "vmax": 1}),
        (kept, "reconstruction", {"cmap": "viridis", "vmin": 0, "vmax": high}),
        (difference, "difference", {"cmap": "RdBu_r", "vmin": -spread, "vmax": spread}),
    )
    for ax, (values, title, style) in zip(axes, panels, strict=True):
        image = ax.imshow(values.values, origin="lower", **style)
        if title != "importance":
            ax.contour(
                original.values,
                levels=[isovalue],
                colors="white" if title != "difference" else "black",
                linewidths=0.7,
            )
        ax.set(title=title, xticks=[], yticks=[])
        figure.colorbar(image, ax=ax, shrink=0.85)
    with staged_file(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
