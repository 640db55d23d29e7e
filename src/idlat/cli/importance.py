"""`idlat importance`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from idlat.cli import options
from idlat.cli.files import FieldFiles


def importance(
    field: options.Fields,
    expression: Annotated[
        str,
        typer.Argument(metavar="EXPR|FILE", help="Such as 'isosurface(8.0, decay=0.2)', or a map's file."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MAP", help="File to write.")],
    variable: options.Variable = None,
    resample: options.Resample = False,
    overwrite: options.Overwrite = False,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
) -> None:
    r"""Evaluate an importance expression on a field and write the map.

    Functions of a place: box, sphere, mask, file; of a distance: isosurface, distance; of values: near,
    transfer, value > 9.9; measured: gradient, entropy, conditional_entropy, correlation, rarity,
    step_information; of time: steps, weights. They combine with max, min, + and *, quantities also with
    magnitude, abs, log10, sqrt, - and /.

    \b
    Examples:
      idlat importance run.nc "isosurface(8.0, decay=0.2)" --variable pressure -o map.nc
      idlat importance cube.npy "max(value > 9.9, 0.5*gradient())" -o map.npy
      idlat importance run.nc "(temperature > 300)*gradient()" --variable pressure -o map.nc
      idlat importance run.nc coarse.npy --resample -o fine.nc
    """
    from idlat.archive.original.field_reader import as_fields
    from idlat.archive.original.importance_maps import maps_of
    from idlat.fields import check_output, write_field

    check_output(output, overwrite)
    files = FieldFiles(field, shape, dtype, byte_order, offset, format, axes, missing)
    values = files.open(variable)
    request = files.importance(expression, resample=resample)
    (made,), _ = maps_of(request, as_fields(values, missing))
    result = made.to_dataarray()
    write_field(result, output, overwrite=overwrite)
    mean, high = float(result.mean()), float((result >= 0.5).mean())
    print(f"{output}: mean {mean:.4g}, {100 * high:.3g} % of the voxels at 0.5 or more")
