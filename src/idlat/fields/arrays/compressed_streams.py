"""Compressed streams of values in files: gzip and zlib, bzip2, and hexadecimal digits."""

from __future__ import annotations

import binascii
import bz2
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from idlat.errors import FieldError

Codec = Literal["", "gzip", "bzip2", "hex"]
BEST_RATIO: dict[Codec, float] = {"": 1, "gzip": 1032, "bzip2": 2**21, "hex": 0.5}
"""No more bytes come from one byte of a stream."""

_READ_BYTES = 2**20
_PIECE = 2**24


def inflate(path: Path, offset: int = 0, expected: int | None = None, codec: Codec = "gzip") -> bytes:
    """Decompress the stream at an offset of a file.

    Parameters
    ----------
    path
    offset
    expected
        How many bytes it must hold; nothing to speak of beyond is decompressed.
    codec
        ``gzip`` stands for zlib too.

    Raises
    ------
    FieldError
        If the stream is damaged, cut short, or of another length.
    """
    pieces = {"gzip": _gzip, "bzip2": _bzip2, "hex": _hex}[codec]
    content = bytearray()
    try:
        with path.open("rb") as file:
            file.seek(offset)
            for piece in pieces(file):
                content += piece
                if expected is not None and len(content) > expected:
                    raise FieldError(
                        f"{path}: its header announces {expected} bytes of values, the stream holds more"
                    )
    except (zlib.error, binascii.Error, OSError, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault, not the stream's
        reason = str(error) or f"it ends after {len(content)} bytes of values"
        raise FieldError(f"{path}: the {codec} stream is damaged or cut short ({reason})") from None
    if expected is not None and len(content) < expected:
        raise FieldError(
            f"{path}: the {codec} stream is damaged or cut short (it ends after {len(content)} bytes of "
            "values)"
        )
    return bytes(content)


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
    while packed := file.read(_READ_BYTES):
        while packed:
            if stream.eof:  # another member of the same gzip file, or padding
                if not (packed := packed.lstrip(b"\0")):
                    break
                stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
            yield stream.decompress(packed, _PIECE)
            packed = stream.unused_data or stream.unconsumed_tail
    if not stream.eof:
        raise EOFError


def _bzip2(file: BinaryIO) -> Iterator[bytes]:
    stream = bz2.BZ2Decompressor()
    while packed := file.read(_READ_BYTES):
        while packed or not (stream.needs_input or stream.eof):
            if stream.eof:  # another stream of the same file
                stream = bz2.BZ2Decompressor()
            yield stream.decompress(packed, _PIECE)
            packed = stream.unused_data
    if not stream.eof:
        raise EOFError


def _hex(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while text := file.read(_READ_BYTES):
        digits = rest + b"".join(text.split())
        even = len(digits) // 2 * 2
        yield binascii.unhexlify(digits[:even])
        rest = digits[even:]
    if rest:
        raise EOFError
