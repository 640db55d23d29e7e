"""Records out of parsed JSON: every member checked against its annotation, with one clear error."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from idlat.errors import ArchiveError

__all__ = ["Count", "Finite", "Length", "Number", "from_json"]

Count = Annotated[int, msgspec.Meta(ge=0)]
Length = Annotated[int, msgspec.Meta(ge=1)]
Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
Number = int | Finite
"""A finite number; an integer stays an integer, which a float64 might not hold."""

Record = TypeVar("Record")


def from_json(values: Mapping[str, Any], kind: type[Record], where: str) -> Record:
    """Make a dataclass out of a parsed JSON object; members that it does not know are passed over.

    Parameters
    ----------
    values
        The parsed object.
    kind
        The dataclass.
    where
        What to call the object in an error, such as ``out.idlat: zarr.json``.

    Raises
    ------
    ArchiveError
        A member is absent, of another type, or out of range; the message names it.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Size:
    ...     voxels: Count
    >>> from_json({"voxels": 8}, Size, "out.idlat: zarr.json")
    Size(voxels=8)
    >>> from_json({"voxels": "8"}, Size, "out.idlat: zarr.json")
    Traceback (most recent call last):
    idlat.errors.ArchiveError: out.idlat: zarr.json is damaged: voxels: Expected `int`, got `str`
    """
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        fault, _, path = str(error).partition(" - at `$")
        member = path.strip(".`")
        raise ArchiveError(f"{where} is damaged: {member + ': ' if member else ''}{fault}") from None
