"""What is fitted to a variable and stored with it: transforms, second transforms, tables."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from idlat.errors import CorruptStreamError
from idlat.model.subband.cell_map import Key
from idlat.model.subband.second_tiles import MEAN, Mode
from idlat.model.subband.series_coding import SeriesCoding
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
    """

    kinds: Kinds = ("lapped", "lapped", "lapped")
    modes: Mapping[Key, Mode] = field(default_factory=lambda: {MEAN: "scaled"})
    tables: bytes = b""
    series: SeriesCoding | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        values: dict[str, Any] = {
            "transform": list(self.kinds),
            "second": [[*key, mode] for key, mode in self.modes.items()],
            "tables": base64.b64encode(self.tables).decode("ascii"),
        }
        return values if self.series is None else {**values, "series": self.series.to_json()}

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
            if MEAN not in modes or set(values) - {"series"} != {"transform", "second", "tables"}:
                raise ValueError("entries are missing or unknown")
            tables = base64.b64decode(values["tables"], validate=True)
            series = SeriesCoding.from_json(values["series"]) if "series" in values else None
        except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as error:
            raise CorruptStreamError(f"the settings of the coding are damaged: {error}") from None
        return cls(kinds, modes, tables, series)
