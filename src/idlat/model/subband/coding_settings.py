"""What is fitted to a variable and stored with it: transforms, second transforms, tables."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

from idlat.errors import CorruptStreamError
from idlat.model.subband.cell_map import Key
from idlat.model.subband.second_tiles import MEAN, Mode
from idlat.model.subband.series_coding import SeriesCoding
from idlat.transform.companding import LINEAR, Companding
from idlat.transform.cuts import MOST_CUTS, MOST_DOUBLINGS, NO_CUTS, AxisCuts, Cut, Cuts, lapped_cuts
from idlat.transform.subbands import PER_CELL, Kinds

__all__ = ["CodingSettings"]

_MODES: tuple[Mode, ...] = ("scaled", "finest")


@dataclass(frozen=True)
class CodingSettings:
    """How one variable is coded.

    Attributes
    ----------
    kinds : Kinds
        The transform along z, y and x.
    modes : mapping of key to mode
        The subbands that are transformed again.
    tables : bytes
        What :func:`idlat.coding.context_tables.read_tables` adds to the model's tables.
    series : SeriesCoding, optional
        Where time steps are coded under the step before.
    cuts : Cuts
        Planes that no function of lapped cells reaches over, by voxels of the variable.
    companding : Companding
        What values go through before the transform, in normalised units.
    """

    kinds: Kinds = ("lapped", "lapped", "lapped")
    modes: Mapping[Key, Mode] = field(default_factory=lambda: {MEAN: "scaled"})
    tables: bytes = b""
    series: SeriesCoding | None = None
    cuts: Cuts = NO_CUTS
    companding: Companding = LINEAR

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        values: dict[str, Any] = {
            "transform": list(self.kinds),
            "second": [[*key, mode] for key, mode in self.modes.items()],
            "tables": base64.b64encode(self.tables).decode("ascii"),
        }
        if self.series is not None:
            values["series"] = self.series.to_json()
        if self.cuts != NO_CUTS:
            values["cuts"] = [[list(cut) for cut in along] for along in self.cuts]
        if self.companding != LINEAR:
            values["companding"] = self.companding.to_json()
        return values

    @classmethod
    def from_json(cls, values: Any) -> CodingSettings:
        """Read :meth:`to_json`'s result.

        Raises
        ------
        CorruptStreamError
            If it is none.

        Examples
        --------
        >>> CodingSettings.from_json(CodingSettings().to_json()) == CodingSettings()
        True
        """
        try:
            z, y, x = values["transform"]
            kinds: Kinds = (z, y, x)
            keys = set(product(*(range(len(PER_CELL[kind])) for kind in kinds)))
            modes: dict[Key, Mode] = {}
            for *key, mode in values["second"]:
                known = all(type(k) is int for k in key) and tuple(key) in keys
                if not known or tuple(key) in modes or mode not in _MODES:
                    raise ValueError(f"no subband {key} {mode}")
                modes[tuple(key)] = mode
            needed = set(values) - {"series", "cuts", "companding"}
            if MEAN not in modes or needed != {"transform", "second", "tables"}:
                raise ValueError("entries are missing or unknown")
            tables = base64.b64decode(values["tables"], validate=True)
            series = SeriesCoding.from_json(values["series"]) if "series" in values else None
            z_cuts, y_cuts, x_cuts = map(_axis_cuts, values.get("cuts", NO_CUTS))
            if (cuts := (z_cuts, y_cuts, x_cuts)) != lapped_cuts(cuts, kinds):
                raise ValueError("octaves are cut")
            companding = Companding.from_json(values["companding"]) if "companding" in values else LINEAR
        except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
            raise CorruptStreamError(f"the settings of the coding are damaged: {error}") from None
        return cls(kinds, modes, tables, series, cuts, companding)


def _axis_cuts(values: Any) -> AxisCuts:
    """Read the cuts of an axis."""
    cuts = tuple(Cut(at, doublings) for at, doublings in values)
    if not all(type(number) is int for cut in cuts for number in cut):
        raise ValueError("cuts are no whole numbers")
    if any(cut.at < 1 or not 1 <= abs(cut.doublings) <= MOST_DOUBLINGS for cut in cuts):
        raise ValueError("cuts are out of range")
    if any(b.at <= a.at for a, b in pairwise(cuts)) or len(cuts) > MOST_CUTS:
        raise ValueError("cuts are not in order, or too many")
    return cuts
