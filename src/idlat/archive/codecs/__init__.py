"""The Zarr v3 codecs of an archive's objects: what any Zarr program needs to read the arrays.

They are found through the entry points ``zarr.codecs``; ``crc32c``, Zarr's own, follows each of them. idlat's
readers and writers take the same payloads without Zarr's pipeline, in batches and with the tags compared.
"""
