"""What binds every byte of an archive to its place: checksums of metadata, and tags of stored objects.

**The archive's id** is a hash of its record without what is measured. Each ``zarr.json`` holds in its
attributes a checksum over all that it says, the id, its path and, where it describes an array of a single
object, that object. Each object of latents, corrections, masks and importance begins with a tag
(:mod:`idlat.archive.codecs.sealed_objects`): the beginning of a hash of the id, the gain, the variable's
path, the kind of object, the chunk's index, and the values that its time step was compressed from; of a
mask: the id, the index, and the hash of the mask. So nothing can be edited, exchanged or put elsewhere,
within an archive or between two, unnoticed. These are guards against damage and mistakes, not against
forgers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idlat.archive.codecs.sealed_objects import TAG_BYTES
from idlat.archive.format.variable_record import VariableRecord

__all__ = ["CHECKSUM", "Binding", "document_checksum", "json_hash"]

CHECKSUM = "idlat_checksum"
"""The attribute that holds the checksum of a ``zarr.json``."""


def json_hash(value: Any) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its members.

    >>> json_hash({"a": 1, "b": 2.5}) == json_hash({"b": 2.5, "a": 1})
    True
    """
    return hashlib.sha256(_canonical(value)).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def document_checksum(document: Mapping[str, Any], archive: str, path: str, content: bytes = b"") -> str:
    """Return the checksum of a ``zarr.json``, 32 hexadecimal digits.

    Parameters
    ----------
    document
        Parsed; a checksum that is in it does not count, nor does a group's consolidated metadata, which idlat
        does not read.
    archive
        The archive's id.
    path
        Of the group or array.
    content
        The object of an array that has one only.
    """
    counted = {key: value for key, value in document.items() if key != "consolidated_metadata"}
    attributes = document.get("attributes")
    if isinstance(attributes, Mapping):
        counted["attributes"] = {key: value for key, value in attributes.items() if key != CHECKSUM}
    return hashlib.sha256(_canonical([archive, path, counted]) + content).hexdigest()[:32]


@dataclass(frozen=True)
class Binding:
    """What the objects of one variable are bound to, besides their index.

    Attributes
    ----------
    archive
        The archive's id.
    gain
        The gain that they were written with.
    variable
        The variable's record.
    masks
        Hashes of the archive's masks.
    mask_path, grid_masks
        The array of masks on the variable's grid, and the numbers of those masks.
    """

    archive: str
    gain: float
    variable: VariableRecord
    masks: tuple[str, ...]
    mask_path: str
    grid_masks: tuple[int, ...]

    def tag(self, kind: str, index: Sequence[int]) -> bytes:
        """Return the tag of an object.

        Parameters
        ----------
        kind
            ``latents``, ``second``, ``residual``, ``step`` or ``importance``: the array's name.
        index
            Frame (of importance and ``step``: step) and position (z, y, x) of the chunk.
        """
        first, *_ = index
        step = first if kind in ("importance", "step") else self.variable.step_of(first)
        values = self.variable.part(step).fingerprint
        bound = [self.archive, self.gain.hex(), self.variable.path, kind, [int(i) for i in index], values]
        return hashlib.sha256(_canonical(bound)).digest()[:TAG_BYTES]

    def mask_tag(self, index: Sequence[int]) -> bytes:
        """Return the tag of an object of the masks: which mask, and position (z, y, x) of the chunk."""
        bound = [self.archive, "mask", [int(i) for i in index], self.masks[index[0]]]
        return hashlib.sha256(_canonical(bound)).digest()[:TAG_BYTES]
