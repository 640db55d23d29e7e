"""Boxes of integers, mostly small, as bytes: what is left between a field and what its latents decode to."""

from __future__ import annotations

from idlat.coding.residual.box_stream import ESCAPED, decode_integers, encode_integers

__all__ = ["ESCAPED", "decode_integers", "encode_integers"]
