"""Where Zarr's entry point finds the codec of latents."""

from idlat.archive.format.zarr_codec import IdlatCodec

__all__ = ["IdlatCodec"]
