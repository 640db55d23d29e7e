"""What an archive holds: records, ``zarr.json`` documents, codecs, and the checksums that bind them."""
