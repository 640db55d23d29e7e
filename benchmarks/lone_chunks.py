"""What it costs to code the chunks of a field each alone, as the codecs of Zarr and numcodecs do.

::

    python benchmarks/lone_chunks.py FIELD.npy --quality 55 --sides 32 64 128

prints the bytes of one archive, and of the codec's chunks of some sides under the same setting.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import zarr

import idlat
from idlat.zarr import Idlat


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("field", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 64, 128])
    parser.add_argument("--quality", type=float)
    parser.add_argument("--max-error", help="such as 0.1%% of the whole field's range")
    given = parser.parse_args()
    values = np.load(given.field)
    bound = None
    if given.max_error is not None:
        share = given.max_error.endswith("%")
        bound = float(given.max_error.rstrip("%"))
        bound *= float(np.nanmax(values) - np.nanmin(values)) / 100 if share else 1
    with tempfile.TemporaryDirectory() as folder:
        archive = idlat.compress(values, Path(folder) / "one.idlat", quality=given.quality, max_error=bound)
        whole, psnr = archive.info().bytes_archive, archive.info().variables[0].errors.psnr
    print(f"{given.field.stem} {'x'.join(map(str, values.shape))}: {values.nbytes:,} bytes")
    print(f"one archive: {whole:,} bytes, {psnr:.1f} dB")
    for side in given.sides:
        store = zarr.storage.MemoryStore()
        chunks = tuple(min(side, n) for n in values.shape)
        array = zarr.create_array(
            store, data=values, chunks=chunks,
            serializer=Idlat(quality=given.quality, max_error=bound), compressors=None,
        )  # fmt: skip
        sizes = [len(chunk.to_bytes()) for key, chunk in store._store_dict.items() if "c/" in key]
        error = array[...].astype(np.float64) - values
        spread = float(np.nanmax(values) - np.nanmin(values))
        found = 20 * np.log10(spread / np.sqrt(np.nanmean(error**2)))
        print(
            f"{len(sizes)} chunks of {side}³: {sum(sizes):,} bytes, {sum(sizes) / whole:.2f}×, {found:.1f} dB"
        )


if __name__ == "__main__":
    main()
