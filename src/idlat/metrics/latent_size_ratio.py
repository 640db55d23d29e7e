"""How small: the latent size ratio (Eq. 12)."""

from __future__ import annotations

from idlat.errors import IdlatError

__all__ = ["latent_size_ratio"]


def latent_size_ratio(bytes_original: int, bytes_stored: int) -> float:
    """Latent size ratio: original bytes over stored bytes (paper Eq. 12).

    Raises
    ------
    IdlatError
        If a number of bytes is negative, or the stored one is 0.

    Examples
    --------
    >>> latent_size_ratio(4096, 560)
    7.314285714285714
    """
    if bytes_original < 0 or bytes_stored <= 0:
        raise IdlatError(
            f"a latent size ratio needs sizes above 0, got {bytes_original} original and "
            f"{bytes_stored} stored bytes"
        )
    return bytes_original / bytes_stored
