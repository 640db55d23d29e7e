"""Where Zarr's entry point finds the codec of masks and importance."""

from idlat.archive.format.byte_chunks import PlaceCodec

__all__ = ["PlaceCodec"]
