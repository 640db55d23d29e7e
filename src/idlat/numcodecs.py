"""idlat as a codec of numcodecs: a chunk of an array in, bytes out, for Zarr and tools that judge codecs.

Found by ``numcodecs.get_codec({"id": "idlat", ...})`` through the entry point ``numcodecs.codecs``. A chunk
is a small archive of its own: its last three axes are z, y, x, those before them time steps; fewer axes are
padded with length 1. The archive's objects stand one after the other behind a packed list of their names::

    b"IDLC" │ CRC-32 of what follows │ length, zstd of shape, dtype, names and sizes, metadata │ payloads

Each chunk is fitted alone and carries its metadata, some 2 kB: chunks of 64³ values and more suit it. An
archive made by :func:`idlat.compress` shares both, knows coordinates, and reads regions.
"""

from __future__ import annotations

import json
import math
import struct
import uuid
import zlib
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numcodecs.abc import Codec  # type: ignore[import-untyped]
from numcodecs.compat import ensure_bytes, ensure_ndarray, ndarray_copy  # type: ignore[import-untyped]
from numcodecs.registry import register_codec  # type: ignore[import-untyped]
from numcodecs.zstd import Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray

from idlat.archive.compress_field import compress
from idlat.archive.read.open_archive import open_archive
from idlat.archive.storage.archive_location import location_of
from idlat.errors import CorruptStreamError, IdlatError, ImportanceError
from idlat.importance.parse_expression import parse

__all__ = ["Idlat"]

_MAGIC = b"IDLC"
_HEAD = 12  # bytes before the packed metadata
_LARGEST = 2**33  # bytes of a chunk's values, and of its packed metadata
_KINDS = "fiu"
_LOCAL = frozenset(
    "Constant Threshold Near Transfer Value Magnitude Function Sum Product Ratio Maximum Minimum".split()
)
"""Nodes of an importance that ask nothing but a voxel's own value."""


class Idlat(Codec):  # type: ignore[misc]
    """Compresses chunks of numbers by the default model.

    Parameters
    ----------
    quality
        0 to 100; 50 unless `quality` or `max_error` is given.
    max_error
        The largest error of any value: a number, a text such as ``"0.1%"`` of the chunk's range, or two,
        where the importance is 1 and where it is 0.
    importance
        An expression that a value decides alone, such as ``value > 9.9``: a chunk knows neither its place nor
        the rest of the array.

    Raises
    ------
    IdlatError
        A parameter is out of range.

    Examples
    --------
    >>> from numcodecs import get_codec
    >>> codec = get_codec({"id": "idlat", "max_error": 0.01})
    >>> values = np.linspace(0, 1, 512, dtype="float32").reshape(8, 8, 8)
    >>> bool(np.abs(codec.decode(codec.encode(values)) - values).max() <= 0.01)
    True
    """

    codec_id: ClassVar[str] = "idlat"

    def __init__(
        self,
        quality: float | None = None,
        max_error: str | float | Sequence[float] | None = None,
        importance: str | None = None,
    ) -> None:
        if quality is not None and not 0 <= quality <= 100:
            raise IdlatError(f"quality goes from 0 to 100, got {quality:g}")
        if importance is not None:
            _check_local(importance)
        pair = max_error is not None and not isinstance(max_error, str | float | int | np.number)
        self.quality, self.importance = quality, importance
        self.max_error = [float(bound) for bound in max_error] if pair else max_error  # type: ignore[union-attr]

    def get_config(self) -> dict[str, Any]:
        """Return what makes the codec again, as JSON values; parameters that were left out are left out."""
        given = {"quality": self.quality, "max_error": self.max_error, "importance": self.importance}
        return {"id": self.codec_id, **{name: value for name, value in given.items() if value is not None}}

    def encode(self, buf: Any) -> bytes:
        """Return the bytes of a chunk.

        Raises
        ------
        IdlatError
            Its values are no real numbers, or cannot be coded as asked.
        """
        values = ensure_ndarray(buf)
        if values.dtype.kind not in _KINDS:
            raise IdlatError(f"idlat codes integers and floats, got an array of {values.dtype}")
        described = {"shape": list(values.shape), "dtype": values.dtype.str}
        if not values.size:
            return _packed(described, {})
        native = values.astype(values.dtype.newbyteorder("="), copy=False)
        place = location_of(f"memory://idlat-numcodecs/{uuid.uuid4().hex}")
        try:
            options: dict[str, Any] = {"quality": self.quality, "max_error": self.max_error}
            compress(_volumes(native), place.name, self.importance, **options).close()
            store = place.open()
            return _packed(described, {key: store.get(key) or b"" for key in store.keys("")})
        finally:
            place.remove()

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Return the chunk of some bytes, or write it to `out`.

        Raises
        ------
        CorruptStreamError, ArchiveError
            They are no chunk's.
        """
        described, objects = _unpacked(ensure_bytes(buf))
        values = np.zeros(described["shape"], described["dtype"])
        if values.size:
            place = location_of(f"memory://idlat-numcodecs/{uuid.uuid4().hex}")
            store = place.open()
            try:
                for key, content in objects.items():
                    store.put(key, content)
                with open_archive(place.name) as archive:
                    found = archive.variable().to_numpy()
            finally:
                place.remove()
            if found.size != values.size or found.dtype != values.dtype.newbyteorder("="):
                raise CorruptStreamError("a coded chunk is damaged: it holds another array than it says")
            values = found.reshape(values.shape).astype(values.dtype, copy=False)
        return ndarray_copy(values, out)


def _check_local(text: str) -> None:
    """Refuse an expression that a value does not decide alone.

    Raises
    ------
    ImportanceError
        So it is, or it is none.
    """
    for node in parse(text).walk():
        if type(node).__name__ not in _LOCAL or "%" in str(node):
            raise ImportanceError(
                f"importance {text!r}: a chunk cannot evaluate {node}, which asks for more than a voxel's "
                "value: use value, near() or transfer(), or idlat.compress for the whole array"
            )


def _volumes(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array as (z, y, x), or (time, z, y, x) where it has more axes."""
    if values.ndim <= 3:
        return values.reshape((1,) * (3 - values.ndim) + values.shape)
    return values.reshape(-1, *values.shape[-3:])


def _packed(described: dict[str, Any], objects: dict[str, bytes]) -> bytes:
    """Join a chunk's objects: metadata packed together, payloads as they are."""
    texts = {key: content.decode() for key, content in objects.items() if key.endswith(".json")}
    payloads = {key: content for key, content in objects.items() if key not in texts}
    sizes = [[key, len(content)] for key, content in payloads.items()]
    head = json.dumps({**described, "metadata": texts, "payloads": sizes}, separators=(",", ":")).encode()
    packed = bytes(Zstd(level=19).encode(head))
    body = b"".join([struct.pack("<I", len(packed)), packed, *payloads.values()])
    return b"".join([_MAGIC, struct.pack("<I", zlib.crc32(body)), body])


def _unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Undo :func:`_packed`.

    Raises
    ------
    CorruptStreamError
        The bytes are no chunk's.
    """
    try:
        if data[:4] != _MAGIC:
            raise ValueError("it does not begin as one")
        checksum, length = struct.unpack_from("<II", data, 4)
        if zlib.crc32(data[8:]) != checksum:
            raise ValueError("their checksum is wrong")
        head = json.loads(bytes(Zstd().decode(data[_HEAD : _HEAD + length])))
        objects = {str(key): str(text).encode() for key, text in head["metadata"].items()}
        at = _HEAD + length
        for key, size in head["payloads"]:
            if not 0 <= size <= len(data) - at:
                raise ValueError("it is cut short")
            objects[str(key)], at = data[at : at + size], at + size
        shape, dtype = [int(n) for n in head["shape"]], np.dtype(head["dtype"])
        if dtype.kind not in _KINDS or min(shape, default=1) < 0 or _bytes(shape, dtype) > _LARGEST:
            raise ValueError(f"it announces {shape} values of {dtype}")
        if at != len(data):
            raise ValueError("bytes are left over")
    except (ValueError, TypeError, LookupError, RuntimeError, AttributeError, struct.error) as error:
        raise CorruptStreamError(
            f"these bytes are no chunk of idlat: {' '.join(str(error).split())}"
        ) from None
    return {"shape": shape, "dtype": dtype}, objects


def _bytes(shape: list[int], dtype: np.dtype[Any]) -> int:
    return math.prod(shape) * dtype.itemsize


register_codec(Idlat)
