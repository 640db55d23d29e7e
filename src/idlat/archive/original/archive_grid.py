"""Whether a field lies on the grid of an archive, and the field in the order of the archive's axes."""

from __future__ import annotations

import xarray as xr

from idlat.errors import FieldError
from idlat.fields.grid.align_grids import check_units, on_grid_of, same_places
from idlat.fields.series.join_steps import check_times

__all__ = ["check_grid", "on_archives_grid"]


def on_archives_grid(field: xr.DataArray, archives: xr.DataArray, *, steps: bool) -> xr.DataArray:
    """Give a field in the order of the archive's axes: latitudes that run the other way are turned.

    Parameters
    ----------
    field, archives
        The field, and the labels of the archive's.
    steps
        Whether the field holds values of the archive's variable, so that units are compared too.

    Raises
    ------
    FieldError
        It lies on another grid, has another unit, or its times count otherwise.
    """
    where, other = "the field", "the archive"
    if field.shape[-3:] != archives.shape[-3:]:
        return field  # is refused where shapes are compared
    turned = on_grid_of(field, archives, where, other)
    if steps:
        check_units(turned, archives, where, other)
    check_times(turned, archives, where, other)
    return turned


def check_grid(old: xr.DataArray, new: xr.DataArray) -> None:
    """Check that two fields lie on one grid: coordinates that both have are equal.

    Raises
    ------
    FieldError
        One differs.
    """
    for name in set(old.coords) & set(new.coords):
        one, two = old.coords[name], new.coords[name]
        if one.dims != two.dims or not same_places(one.values, two.values):
            raise FieldError(
                f"coordinate {str(name)!r} differs from the archive's: what is appended must lie on its grid"
            )
