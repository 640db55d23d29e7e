"""idlat as a codec of numcodecs: a chunk of an array in, bytes out, for Zarr 2 and tools that judge codecs.

Found by ``numcodecs.get_codec({"id": "idlat", ...})`` through the entry point ``numcodecs.codecs``. What a
chunk becomes is in :mod:`idlat.lone_chunk`; the codec of Zarr 3 that gives the same bytes is
:class:`idlat.zarr.Idlat`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numcodecs.abc import Codec  # type: ignore[import-untyped]
from numcodecs.compat import ensure_bytes, ensure_ndarray, ndarray_copy  # type: ignore[import-untyped]
from numcodecs.registry import register_codec  # type: ignore[import-untyped]

from idlat.lone_chunk import LoneChunkCoder, decode_chunk

__all__ = ["Idlat"]


class Idlat(Codec):  # type: ignore[misc]
    """Compresses chunks of numbers by the default model.

    Parameters
    ----------
    quality, max_error, importance
        As :class:`idlat.lone_chunk.LoneChunkCoder` explains them.

    Raises
    ------
    IdlatError
        A parameter is out of range.

    Examples
    --------
    >>> import numpy as np
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
        self.coder = LoneChunkCoder(quality, max_error, importance)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the codec again, as JSON values; parameters that were left out are left out."""
        return {"id": self.codec_id, **self.coder.configuration()}

    def encode(self, buf: Any) -> bytes:
        """Return the bytes of a chunk.

        Raises
        ------
        IdlatError
            Its values are no real numbers, or cannot be coded as asked.
        """
        return self.coder.encode(ensure_ndarray(buf))

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Return the chunk of some bytes, or write it to `out`.

        Raises
        ------
        CorruptStreamError, ArchiveError
            They are no chunk's.
        """
        return ndarray_copy(decode_chunk(ensure_bytes(buf)), out)


register_codec(Idlat)
