"""Say what a format of plain values, or of images, leaves out of a field."""

from __future__ import annotations

from collections.abc import Iterable

import xarray as xr

from idlat.fields.metadata.coordinate_values import is_dates
from idlat.fields.metadata.omission_remarks import leave_out, some_of
from idlat.fields.metadata.related_variables import labels_of

PLACE = ("z", "y", "x")


def note_omitted(template: xr.DataArray, held: Iterable[str] = (), *, attributes: bool = False) -> None:
    """Note in one remark the coordinates, and the attributes of field and file, that are not written.

    Parameters
    ----------
    template
        The field.
    held
        Coordinates that the format holds, where they are numbers or times.
    attributes
        Whether it holds the field's attributes.
    """
    names = template.encoding.get("idlat_names", {})
    kept = {name for name, var in labels_of(template).items() if name in held and _countable(name, var)}
    left = [names.get(name, name) for name in labels_of(template) if name not in kept]
    own = [] if attributes else [str(key) for key in template.attrs]
    of_file = [str(key) for key in template.encoding.get("idlat_global_attrs", {})]
    for what, found in (("coordinates", left), ("attributes", own)):
        if found:
            leave_out(f"{what} {', '.join(found)}")
    if of_file:
        leave_out(f"attributes of the file {some_of(of_file)}")


def _countable(name: str, var: xr.Variable) -> bool:
    return var.dtype.kind in "iuf" or (name == "time" and (var.dtype.kind in "mM" or is_dates(var)))
