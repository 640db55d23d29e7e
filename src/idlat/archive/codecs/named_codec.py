"""What idlat's codecs share: a name, a configuration that is checked, and chunks cut at the field's edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from zarr.core.common import JSON, parse_named_configuration

from idlat.errors import ArchiveError, CorruptStreamError

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec

__all__ = ["NamedCodec", "whole_chunk"]


class NamedCodec:
    """The part of a codec that reads and writes its JSON.

    Attributes
    ----------
    name
        As the metadata of arrays and the entry points have it.
    needs
        What its configuration has to hold.
    takes
        What it may hold.
    """

    is_fixed_size = False

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_dict(cls, data: dict[str, JSON]) -> Self:
        """Read the codec from the JSON of an array's metadata.

        Raises
        ------
        ArchiveError
            The configuration is none of this codec.
        """
        _, said = parse_named_configuration(data, cls.name, require_configuration=bool(cls.needs))
        configuration: Any = said or {}
        try:
            return cls(**configuration)
        except TypeError:
            expected = " and ".join(map(repr, cls.needs)) or " or ".join(map(repr, cls.takes)) or "nothing"
            raise ArchiveError(
                f"codec {cls.name}: the configuration should hold {expected}, got {sorted(configuration)}"
            ) from None

    def to_dict(self) -> dict[str, JSON]:
        """Return the JSON of an array's metadata."""
        configuration = self.configuration()
        return {"name": self.name, **({"configuration": configuration} if configuration else {})}

    def configuration(self) -> dict[str, JSON]:
        """Return what configures the codec, in JSON; nothing unless a codec says otherwise."""
        return {}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Not known before coding."""
        raise NotImplementedError


def whole_chunk(found: NDArray[Any], shape: tuple[int, ...], fill: Any = 0) -> NDArray[Any]:
    """Return a chunk of `shape` that begins with what was found, which may end where the field ends.

    Parameters
    ----------
    found
        Cut short along any axis but the first.
    shape
        Of a whole chunk.
    fill
        Of what lies beyond the field.

    Raises
    ------
    CorruptStreamError
        What was found does not fit into such a chunk.

    Examples
    --------
    >>> whole_chunk(np.array([[1, 2]]), (1, 4), fill=9)
    array([[1, 2, 9, 9]])
    """
    if found.shape == shape:
        return found
    if found.shape[0] != shape[0] or any(n > m for n, m in zip(found.shape, shape, strict=True)):
        raise CorruptStreamError(f"it holds {found.shape} values, a chunk {shape}")
    whole = np.full(shape, fill, found.dtype)
    whole[tuple(map(slice, found.shape))] = found
    return whole
