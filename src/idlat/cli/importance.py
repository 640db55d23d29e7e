"""`idlat importance`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from idlat.cli import options


def importance(
    field: options.Fields,
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="Such as 'isosurface(8.0, decay=0.2)'.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MAP", help="File to write.")],
    variable: options.Variable = None,
    overwrite: options.Overwrite = False,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    axes: options.Axes = None,
    missing: options.Missing = None,
) -> None:
    r"""Evaluate an importance expression on a field and write the map.

    \b
    Examples:
      idlat importance run.nc "isosurface(8.0, decay=0.2)" --variable pressure -o map.nc
      idlat importance cube.npy "max(value > 9.9, 0.5*gradient())" -o map.npy
    """
    from idlat.fields import check_output, write_field
    from idlat.importance import parse

    check_output(output, overwrite)
    values = options.open_input(field, variable, shape, dtype, byte_order, missing, axes)
    result = parse(expression).evaluate(values)
    write_field(result, output, overwrite=overwrite)
    mean, high = float(result.mean()), float((result >= 0.5).mean())
    print(f"{output}: mean {mean:.4g}, {100 * high:.3g} % of the voxels at 0.5 or more")
