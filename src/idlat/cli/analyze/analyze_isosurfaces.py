"""`idlat analyze isosurfaces`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idlat.cli import options
from idlat.cli.analyze.archive_blocks import Time
from idlat.cli.analyze.result_folder import Folder, bare, colour, replacing, results_of_one_job, write_figure
from idlat.cli.files import FieldFiles
from idlat.cli.progress_bar import progress_bar
from idlat.errors import FieldError, IdlatError
from idlat.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from idlat.analysis import SimilarityMap


@results_of_one_job
def isosurfaces(
    field: options.Field,
    output: Folder,
    isovalues: Annotated[int, typer.Option(min=2, max=4096, help="Number of isovalues to compare.")] = 80,
    between: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LOW HIGH",
            help="First and last isovalue; the 1st and the 99th percentile by default.",
        ),
    ] = None,
    select: Annotated[int, typer.Option(min=1, help="Representative isovalues to choose.")] = 4,
    method: Annotated[
        str,
        typer.Option(metavar="latent|distance-field|fast|cell-overlap", help="How surfaces are compared."),
    ] = "latent",
    model: Annotated[
        Path | None, typer.Option(help="Model file, for --method latent; the shipped one by default.")
    ] = None,
    variable: options.Variable = None,
    time: Time = None,
    shape: options.Shape = None,
    dtype: options.Dtype = None,
    byte_order: options.ByteOrder = "little",
    offset: options.Offset = 0,
    format: options.Format = None,
    axes: options.Axes = None,
    missing: options.Missing = None,
    scheduler: options.Scheduler = None,
) -> None:
    r"""Compare the isosurfaces of a field with each other and choose representative isovalues.

    \b
    Examples:
      idlat analyze isosurfaces run.nc --variable pressure -o isosurfaces
      idlat analyze isosurfaces run.nc -o peers --method distance-field --isovalues 40
      idlat analyze isosurfaces run.nc -o isosurfaces --scheduler tcp://host:8786
    """
    files = FieldFiles([field], shape, dtype, byte_order, offset, format, axes, missing)
    values = _volume(files.open(variable), time)
    levels = _levels(values, isovalues, between)
    with progress_bar() as report:
        found = _compute(method, values, levels, model, report, scheduler)
    chosen = found.representative(select)
    with replacing(output, "isosurfaces.nc") as path:
        _dataset(found, chosen).to_netcdf(path, engine="h5netcdf")
    write_figure(output, "isosurfaces", lambda figure: _draw(figure, found, chosen, values), (10, 4.2))
    print(
        f"{output / 'isosurfaces.nc'}: {method}, representative isovalues "
        f"{', '.join(f'{value:.4g}' for value in chosen)}; representations in "
        f"{found.seconds_representation:.2f} s, similarities in {found.seconds_similarity:.3f} s"
    )


def _levels(
    values: NDArray[np.floating], count: int, between: tuple[float, float] | None
) -> NDArray[np.float64]:
    """Return the isovalues that are compared.

    Raises
    ------
    IdlatError
        They do not ascend.
    """
    import numpy as np

    from idlat.analysis import spread_isovalues

    if between is None:
        return spread_isovalues(values, count)
    if not between[0] < between[1]:
        raise IdlatError(f"--between takes a lower value and a higher one, got {between[0]:g} {between[1]:g}")
    return np.linspace(*between, count)


def _volume(field: xr.DataArray, time: int | None) -> NDArray[np.floating]:
    """Return one step (z, y, x), NaN where values are missing.

    Raises
    ------
    FieldError
        The step is not there, or must be named.
    """
    from idlat.fields import fill_values_of, nan_where_missing

    if "time" in field.dims:
        steps = field.sizes["time"]
        if time is None and steps > 1:
            raise FieldError(f"the field has {steps} steps: choose one with --time")
        if not -steps <= (time or 0) < steps:
            raise FieldError(f"--time {time}: the steps run from 0 to {steps - 1}")
        field = field.isel(time=time or 0)
    elif time is not None:
        raise FieldError("the field has no time axis: leave --time out")
    return nan_where_missing(field.values, fill_values_of(field))


def _compute(
    method: str,
    values: NDArray[np.floating],
    levels: NDArray[np.float64],
    model: Path | None,
    report: Progress | None,
    scheduler: str | None,
) -> SimilarityMap:
    from idlat.analysis import PEERS, latent_map, peer_map

    if method == "latent":
        from idlat.analysis.surfaces import check_encoder
        from idlat.model import load_model
        from idlat.parallel import executor_of, run_tasks

        encoder = check_encoder(load_model(model), str(model))
        with executor_of(None, scheduler) as executor:
            mapping = partial(run_tasks, workers=executor)
            return latent_map(values, levels, encoder, progress=report, mapping=mapping)
    if scheduler is not None:
        raise IdlatError(f"--scheduler is for --method latent; {method} compares on this machine")
    for peer in PEERS:
        if peer == method:
            return peer_map(peer, values, levels, report)
    raise IdlatError(f"--method {method!r} is unknown: choose one of latent, {', '.join(PEERS)}")


def _dataset(found: SimilarityMap, chosen: list[float]) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    attributes: dict[str, Any] = {
        "method": found.method,
        "representative": np.array(chosen),
        "seconds_representation": found.seconds_representation,
        "seconds_similarity": found.seconds_similarity,
    }
    similarity = (("isovalue", "other_isovalue"), found.similarity, attributes)
    coordinates = {"isovalue": found.isovalues, "other_isovalue": found.isovalues}
    return xr.Dataset({"similarity": similarity}, coordinates, attributes)


def _draw(figure: Figure, found: SimilarityMap, chosen: list[float], values: NDArray[np.floating]) -> None:
    import numpy as np

    left, right = figure.subplots(1, 2)
    low, high = found.isovalues[0], found.isovalues[-1]
    extent = (low, high, low, high)
    image = left.imshow(found.similarity, cmap="magma", vmin=0, vmax=1, origin="lower", extent=extent)
    figure.colorbar(image, ax=left, label="similarity", shrink=0.85)
    middle = values[len(values) // 2]
    right.imshow(middle, cmap="gray", origin="lower", vmin=low, vmax=high)
    for index, isovalue in enumerate(sorted(chosen)):
        left.plot(isovalue, isovalue, "o", color=colour(index), markeredgecolor="white")
        right.plot([], [], color=colour(index), label=f"{isovalue:.4g}")
        if min(middle.shape) > 1 and np.nanmin(middle) < isovalue < np.nanmax(middle):
            right.contour(middle, [isovalue], colors=[colour(index)], linewidths=1)
    left.set(title=f"isosurface similarity, {found.method}", xlabel="isovalue", ylabel="isovalue")
    right.set(title="representative isosurfaces, middle slice")
    right.legend(loc="upper right", fontsize=7)
    bare(right)
