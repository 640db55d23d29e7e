"""Stored objects: a tag that binds them to their place, a payload, and a checksum.

::

    tag, 4 bytes ── payload ── crc32c of both, 4 bytes

What a tag is made of says :mod:`idlat.archive.format.integrity`.
"""

from __future__ import annotations

import google_crc32c

from idlat.errors import CorruptStreamError

__all__ = ["TAG_BYTES", "UNBOUND", "open_object", "seal_object"]

TAG_BYTES = 4
UNBOUND = bytes(TAG_BYTES)
"""The tag of an object that was written by a Zarr program, which knows of no place."""


def seal_object(payload: bytes, tag: bytes = UNBOUND) -> bytes:
    """Return the stored object of a payload."""
    content = tag + payload
    return content + _crc32c(content)


def _crc32c(content: bytes) -> bytes:
    value: int = google_crc32c.value(content)
    return value.to_bytes(4, "little")


def open_object(stored: bytes, tag: bytes | None = None) -> bytes:
    """Return the payload of a stored object.

    Parameters
    ----------
    stored
        The object.
    tag
        Which it should have; None does not ask.

    Raises
    ------
    CorruptStreamError
        Its checksum fails, or it has another tag.

    Examples
    --------
    >>> open_object(seal_object(b"abc", b"1234"), b"1234")
    b'abc'
    """
    content, checksum = stored[:-4], stored[-4:]
    if len(content) <= TAG_BYTES or _crc32c(content) != checksum:
        raise CorruptStreamError("its checksum does not match its bytes")
    if tag is not None and content[:TAG_BYTES] != tag:
        raise CorruptStreamError("it belongs to another place, variable or archive")
    return content[TAG_BYTES:]
