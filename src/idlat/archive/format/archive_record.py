"""The archive's layout and the records that its root attributes hold.

::

    out.idlat/
      zarr.json                 the root attributes: one ArchiveRecord
      <coordinate>/             arrays in xarray's convention, one object each
      mask/                     uint8 (mask, z, y, x) of categories, only where values are missing
      mask_10_20_25/            the same of variables on another grid than the first one's
      model/                    the bytes of the model file, where the package does not ship it
      <variable>/zarr.json      attributes and encoding of the field
      <variable>/latents        int32 or float32 (time, channel, Z, Y, X); codecs idlat, crc32c
      <variable>/second         int32 (time, Z, Y, X, coefficient) of the default model: low subbands, by tile
      <variable>/residual       int32 (time, z, y, x) corrections to within the error bound, if any
      <variable>/step           uint8 (time, Z, Y, X) level of the bound by 4³ voxels, where it varies
      <variable>/importance     uint8 (time, Z, Y, X), one a block, only where asked for

Every ``zarr.json`` and every object is bound to the archive and to its place
(:mod:`idlat.archive.format.integrity`). Every record goes to JSON and back without loss; what cannot be read
is one :class:`~idlat.errors.ArchiveError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

import msgspec

from idlat.archive.format.checked_json import Finite, from_json
from idlat.archive.format.integrity import Binding, json_hash
from idlat.archive.format.mask_places import mask_path, masks_on
from idlat.archive.format.settings import Settings
from idlat.archive.format.variable_record import VariableRecord
from idlat.errors import ArchiveError, IncompleteArchiveError
from idlat.importance.importance_source import ImportanceSource
from idlat.tiling import Grid

__all__ = ["FORMAT", "FORMAT_VERSION", "ArchiveRecord", "importance_text"]

FORMAT = "idlat"
FORMAT_VERSION = 2


def importance_text(source: ImportanceSource) -> str:
    """Return where importance came from in words: an expression as it is, else name and hash.

    Examples
    --------
    >>> importance_text(ImportanceSource("file", "map.npy", "ab12"))
    'file map.npy, sha256 ab12'
    """
    if source.kind == "expression":
        return source.text
    return f"{source.kind} {source.text}, sha256 {source.sha256}"


@dataclass(frozen=True)
class ArchiveRecord:
    """The root attributes of an archive (design section 5).

    Attributes
    ----------
    preset, model_sha256, importance_range
        The model's preset, hash and range a of w = e^{aI+g}.
    importance
        Where the map came from.
    settings
        What was asked for.
    variables
        In the order in which they were given.
    masks
        A hash of each different mask of the variables' frames, in the order of the arrays of masks.
    gain
        g of w = e^{aI+g}; None while a search for it is under way.
    complete
        False until the last chunk is stored.
    id
        What every byte of the archive is bound to: a hash of the record as :func:`idlat.compress` began with,
        that is of what was asked for and of the fields; an append keeps it.
    """

    preset: str
    model_sha256: str
    importance_range: Finite
    importance: ImportanceSource
    settings: Settings
    variables: tuple[VariableRecord, ...]
    masks: tuple[str, ...] = ()
    gain: Finite | None = None
    complete: bool = False
    format_version: int = FORMAT_VERSION
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] = ""

    def grid(self, variable: VariableRecord, cell: int) -> Grid:
        """Return the grid of a variable in cells of so many voxels an axis."""
        return Grid(variable.volume, self.settings.wraps, cell)

    def binding(self, variable: VariableRecord, gain: float) -> Binding:
        """Return what the objects of a variable are bound to, written with a gain."""
        first, volume = self.variables[0].volume, variable.volume
        own = masks_on(volume, self.variables)
        return Binding(self.id, gain, variable, self.masks, mask_path(volume, first), own)

    def with_id(self) -> ArchiveRecord:
        """Return the record with the id of a new archive, which is the same for the same work."""
        return replace(self, id=json_hash(replace(self._blank(), id="").to_json()))

    def to_json(self) -> dict[str, Any]:
        """Return the attributes as JSON values, members in alphabetical order at every level."""
        values: dict[str, Any] = _sorted({"format": FORMAT, **asdict(self)})
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any], where: str) -> ArchiveRecord:
        """Read the root attributes.

        Parameters
        ----------
        values
            The parsed attributes.
        where
            What to call them in errors.

        Raises
        ------
        ArchiveError
            The attributes are damaged.
        """
        record = from_json(values, cls, where)
        try:
            record._check()
        except ArchiveError as error:
            raise ArchiveError(f"{where} is damaged: {error}") from None
        return record

    def _check(self) -> None:
        paths = [variable.path for variable in self.variables]
        if len({*paths}) < len(paths):
            raise ArchiveError(f"variables have the paths {paths}: expected different ones")
        if self.importance_range != self.settings.importance_range:
            raise ArchiveError(f"importance_range is {self.importance_range:g}, another than in settings")
        for variable in self.variables:
            variable.check()
        named = [mask for variable in self.variables for part in variable.parts for mask in part.masks]
        if not all(-1 <= mask < len(self.masks) for mask in named):
            raise ArchiveError(f"masks: expected none beyond the {len(self.masks)} of the archive")

    @staticmethod
    def check_version(values: Mapping[str, Any], name: str, where: str) -> None:
        """Raise :class:`ArchiveError` unless the attributes are those of an archive of this format version.

        Parameters
        ----------
        values
            The parsed attributes.
        name, where
            The archive, and where in it they are, for errors.
        """
        if values.get("format") != FORMAT:
            raise ArchiveError(
                f"{name} is a Zarr group but not an idlat archive: write one with `idlat compress`"
            )
        version = values.get("format_version")
        if not isinstance(version, int):
            raise ArchiveError(f"{where} is damaged: format_version: expected a whole number")
        if version != FORMAT_VERSION:
            raise ArchiveError(
                f"{name} has format version {version}, this release reads version {FORMAT_VERSION}: "
                "open it with the release of idlat that wrote it"
            )

    def check_complete(self, where: str) -> None:
        """Raise :class:`IncompleteArchiveError` unless the last chunk is stored."""
        if not self.complete or self.gain is None:
            raise IncompleteArchiveError(
                f"{where} is incomplete, its writing was interrupted: finish it with the same command "
                "and --resume"
            )

    def variable(self, name: str | None) -> VariableRecord:
        """Return the variable called `name`, or the only one there is.

        Raises
        ------
        ArchiveError
            There is no such variable, or several and none was named.
        """
        names = ", ".join(v.name for v in self.variables)
        if name is None:
            if len(self.variables) != 1:
                raise ArchiveError(f"the archive has several variables, name one of them: {names}")
            return self.variables[0]
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise ArchiveError(f"the archive has no variable {name!r}; it has: {names}")

    def same_job(self, other: ArchiveRecord) -> bool:
        """Whether `other` describes the same work, whatever stage it has reached."""
        return self._blank() == other._blank()

    def _blank(self) -> ArchiveRecord:
        variables = tuple(replace(v, errors=None, importance_sum=0.0, valid_count=0) for v in self.variables)
        return replace(self, variables=variables, gain=None, complete=False)


def _sorted(value: Any) -> Any:
    """Sort the members of nested objects, and turn tuples into lists as JSON does."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(v) for v in value] if isinstance(value, list | tuple) else value
