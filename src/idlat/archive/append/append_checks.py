"""Whether a field can be appended to an archive, and as what."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from idlat.archive.format.archive_record import ArchiveRecord, importance_text
from idlat.archive.format.variable_record import VariableRecord
from idlat.archive.original.field_reader import FieldReader
from idlat.archive.read.archive import Archive
from idlat.errors import ArchiveError, FieldError, IdlatError
from idlat.fields import fill_values_of
from idlat.importance import Importance, ImportanceRequest

__all__ = ["are_steps", "check_like", "importance_of", "marked_alike", "missing_of", "renamed"]

_NAMELESS = ("npy", "raw", "raw.gz", "fortran")  # formats that name no variable
_DECODED = ("netcdf3", "netcdf4", "hdf5", "zarr2", "zarr3")  # formats whose missing floats are read as NaN
_STEP_MARK = re.compile(r"([_.\-]+(time|step|ts|t|m)?[_.\-]*\d*|\d+)$")


def missing_of(record: ArchiveRecord, missing: float | None) -> float | None:
    """Return the value that means missing, which is the archive's."""
    known = record.settings.missing
    if missing is not None and not math.isnan(missing) and missing != known:
        raise IdlatError(f"--missing {missing:g}: the archive was written with {known}; --append keeps that")
    return known


def importance_of(record: ArchiveRecord, given: Importance) -> ImportanceRequest:
    """Return the importance of what is appended: the archive's expression, or a map where it has none."""
    source, request = record.importance, ImportanceRequest.of(given)
    importance = request.importance
    if source.kind != "expression":
        if importance is None:
            raise ArchiveError(
                f"the archive was written under {importance_text(source)}, which cannot be computed again: "
                "give the map of what is appended with --importance"
            )
        return request
    if importance is not None and _canonical_text(importance) != source.text:
        raise IdlatError(
            f"--importance differs from the archive's, {source.text!r}: leave it out, --append keeps that"
        )
    return request.again(source)


def _canonical_text(importance: Any) -> str | None:
    from idlat.importance import parse

    try:
        return str(parse(str(importance)))
    except IdlatError:
        return None


def renamed(reader: FieldReader, record: ArchiveRecord) -> FieldReader:
    """Give a file that names no variable the name of the series that it is a step of."""
    if len(record.variables) > 1 or reader.field.encoding.get("idlat_format") not in _NAMELESS:
        return reader
    series = record.variables[0].name
    if _STEP_MARK.sub("", reader.name) != _STEP_MARK.sub("", series):
        return reader
    field = reader.field.rename(series)
    field.encoding = reader.field.encoding
    return FieldReader(field)


def marked_alike(reader: FieldReader, record: ArchiveRecord) -> FieldReader:
    """Let steps of floats mark missing values as the archive does, where reading has made them NaN already.

    What their own file marked them by is left out. Where files differ, the series is written without a mark,
    which a valid value of some step might equal.
    """
    known = record.variable(reader.name).fill_values
    field = reader.field
    if (
        field.dtype.kind != "f"
        or field.encoding.get("idlat_format") not in _DECODED
        or fill_values_of(field) == known
    ):
        return reader
    plain = field.copy(deep=False)
    plain.encoding = {k: v for k, v in field.encoding.items() if k not in ("_FillValue", "missing_value")}
    if len(known) == 1:
        plain.encoding["idlat_missing"] = known[0]
    return FieldReader(plain) if fill_values_of(plain) == known else reader


def are_steps(record: ArchiveRecord, readers: Sequence[FieldReader], *, partly: bool = False) -> bool:
    """Whether a field holds more steps of all variables of an archive, else further variables.

    Parameters
    ----------
    record, readers
        The archive's, and of the field.
    partly
        Whether it may be of some of the variables only: those that an append has just brought.

    Raises
    ------
    FieldError
        It is neither.
    """
    present, given = {v.name for v in record.variables}, {reader.name for reader in readers}
    if not present & given:
        return False
    if present != given and not (partly and given < present):
        raise FieldError(
            f"--append takes more steps of all variables ({', '.join(sorted(present))}) or further "
            f"variables, got {', '.join(sorted(given))}"
        )
    return True


def check_like(archive: Archive, new: VariableRecord, old: VariableRecord) -> None:
    """Check that steps can follow those of a variable."""
    kinds = [(v.dtype, v.volume, v.components, v.fill_values) for v in (new, old)]
    if kinds[0] != kinds[1] or ("component" in new.dims) != ("component" in old.dims):
        raise FieldError(
            f"{archive.path}: the steps of {old.name!r} are {old.dtype} of shape {old.shape[-3:]} with "
            f"{old.components} component(s) and fill values {old.fill_values}, those to append {new.dtype} "
            f"of shape {new.shape[-3:]} with {new.components} and {new.fill_values}: they must agree"
        )
