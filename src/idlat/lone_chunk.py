"""A chunk of an array as bytes that stand alone, for the codecs of other programs.

::

    array ──last three axes are z, y, x──▶ a small archive in memory ──packed──▶ bytes

A chunk is an archive of its own: its last three axes are z, y, x, those before them time steps; fewer axes
are padded with length 1. The archive's objects stand one after the other, behind a packed list of names::

    b"IDLC" │ CRC-32 of what follows │ length, zstd of shape, dtype, names and sizes, metadata │ payloads

Each chunk is fitted alone and carries its metadata, some 2 kB: chunks of 64³ values and more suit it. An
archive made by :func:`idlat.compress` shares both, knows coordinates, and reads regions.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numcodecs.zstd import Zstd  # type: ignore[import-untyped]
from numpy.typing import NDArray

from idlat.archive.codecs.model_lookup import resolve_model
from idlat.archive.format.error_bound import ErrorBound
from idlat.archive.format.settings import Settings, Target
from idlat.archive.read.archive_in_store import archive_in
from idlat.archive.storage.memory_location import MemoryLocation
from idlat.archive.write.compression_plan import plan_compression
from idlat.archive.write.new_archive import write_archive
from idlat.archive.write.staged_output import StagedOutput
from idlat.errors import CorruptStreamError, IdlatError, ImportanceError
from idlat.importance.parse_expression import parse
from idlat.outputs import OutputLock
from idlat.parallel import worker_count

__all__ = ["LoneChunkCoder", "decode_chunk"]

_MAGIC = b"IDLC"
_HEAD = 12  # bytes before the packed metadata
_LARGEST = 2**33  # bytes of a chunk's values, and of its packed metadata
_KINDS = "fiu"
_LOCAL = frozenset(
    "Constant Threshold Near Transfer Value Magnitude Function Sum Product Ratio Maximum Minimum".split()
)
"""Nodes of an importance that ask nothing but a voxel's own value."""


@dataclass(frozen=True)
class LoneChunkCoder:
    """Codes chunks, each alone, by the default model.

    Attributes
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
        One of them is out of range.

    Examples
    --------
    >>> values = np.linspace(0, 1, 512, dtype="float32").reshape(8, 8, 8)
    >>> coded = LoneChunkCoder(max_error=0.01).encode(values)
    >>> bool(np.abs(decode_chunk(coded) - values).max() <= 0.01)
    True
    """

    quality: float | None = None
    max_error: str | float | Sequence[float] | None = None
    importance: str | None = None

    def __post_init__(self) -> None:
        if self.quality is not None and not 0 <= self.quality <= 100:
            raise IdlatError(f"quality goes from 0 to 100, got {self.quality:g}")
        if self.importance is not None:
            _check_local(self.importance)
        if self.max_error is not None and not isinstance(self.max_error, str):
            bounds = tuple(float(bound) for bound in np.ravel(self.max_error))
            object.__setattr__(self, "max_error", bounds if np.ndim(self.max_error) else bounds[0])
        _ = self._settings

    @property
    def _settings(self) -> Settings:
        return Settings(target=Target.of(self.quality), max_error=ErrorBound.of(self.max_error))

    def configuration(self) -> dict[str, Any]:
        """Return the parameters that were given, as JSON values."""
        bound = list(self.max_error) if isinstance(self.max_error, tuple) else self.max_error
        given = {"quality": self.quality, "max_error": bound, "importance": self.importance}
        return {name: value for name, value in given.items() if value is not None}

    def encode(self, values: NDArray[Any], workers: int | None = None) -> bytes:
        """Return the bytes of a chunk of any number of axes; they do not depend on `workers`.

        Raises
        ------
        IdlatError
            Its values are no real numbers, or cannot be coded as asked.
        """
        if values.dtype.kind not in _KINDS:
            raise IdlatError(f"idlat codes integers and floats, got an array of {values.dtype}")
        described = {"shape": list(values.shape), "dtype": values.dtype.str}
        if not values.size:
            return _packed(described, {})
        native = values.astype(values.dtype.newbyteorder("="), copy=False)
        place, threads = MemoryLocation("a chunk"), worker_count(workers)
        plan = plan_compression(
            _volumes(native), self.importance, resolve_model(None), self._settings, threads
        )
        write_archive(plan, StagedOutput(place, place, fresh=True, lock=OutputLock()), threads, None)
        store = place.open()
        return _packed(described, {key: store.get(key) or b"" for key in store.keys("")})


def decode_chunk(data: bytes, workers: int | None = None) -> NDArray[Any]:
    """Return the chunk that :meth:`LoneChunkCoder.encode` gave some bytes for.

    Raises
    ------
    CorruptStreamError, ArchiveError
        They are no chunk's.
    """
    described, objects = _unpacked(data)
    shape, dtype = described["shape"], described["dtype"]
    if not math.prod(shape):
        return np.zeros(shape, dtype)
    store = MemoryLocation("a coded chunk").open()
    for key, content in objects.items():
        store.put(key, content)
    found = archive_in(store).variable().to_numpy(worker_count(workers))
    if found.size != math.prod(shape) or found.dtype != dtype.newbyteorder("="):
        raise CorruptStreamError("a coded chunk is damaged: it holds another array than it says")
    return found.reshape(shape).astype(dtype, copy=False)


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
