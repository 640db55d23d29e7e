"""idlat as a compressor of ClimateBenchPress, and a table on fields like its own.

ClimateBenchPress (https://github.com/ClimateBenchPress/compressor) finds compressors as subclasses of its
`Compressor`, each with a name, a description and a static method that makes a codec for an absolute bound.
Where its package is installed this class is one; else it stands alone, and ::

    python benchmarks/climatebenchpress_idlat.py --steps 2

compares it with SZ3, SPERR and ZFP under the benchmark's way of judging: bytes, largest error over the bound.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from idlat.numcodecs import Idlat as IdlatCodec

try:
    from climatebenchpress.compressor.compressors.abc import Compressor
except ImportError:

    class Compressor:  # type: ignore[no-redef]
        """Stands for the benchmark's base class where that is not installed."""


class Idlat(Compressor):
    """idlat under an absolute bound."""

    name = "idlat"
    description = "idlat"

    @staticmethod
    def abs_bound_codec(error_bound: float, **_data: Any) -> IdlatCodec:
        """Return the codec for an absolute bound; what is said of the data is not needed."""
        return IdlatCodec(max_error=float(error_bound))


def peers(bound: float) -> dict[str, Any]:
    """Return the codecs of the benchmark's own compressors for an absolute bound."""
    from numcodecs_wasm_sperr import Sperr
    from numcodecs_wasm_sz3 import Sz3
    from numcodecs_wasm_zfp import Zfp

    return {
        "sz3": Sz3(eb_mode="abs", eb_abs=bound),
        "sperr": Sperr(mode="pwe", pwe=bound),
        "zfp": Zfp(mode="fixed-accuracy", tolerance=bound),
    }


def fields(steps: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield fields (realization, time, vertical, y, x), as the benchmark has them: a simulated hurricane."""
    from idlat.datasets import hurricane

    whole = xr.concat([each for _, each in hurricane(64, steps)], "time")
    for name, field in whole.items():
        values = field.values.astype(np.float32)
        above = np.isfinite(values).all(axis=(0, 2, 3))  # the ground: ZFP takes no missing values
        yield str(name), values[None, :, above]


def main() -> None:
    """Print one JSON object a field, bound and compressor."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--bounds", default="1e-2,1e-3,1e-4", help="in parts of the range")
    options = parser.parse_args()
    for name, values in fields(options.steps):
        for share in map(float, options.bounds.split(",")):
            bound = share * float(np.ptp(values))
            for codec_name, codec in {"idlat": Idlat.abs_bound_codec(bound), **peers(bound)}.items():
                coded = codec.encode(values)
                error = np.abs(np.asarray(codec.decode(coded)).reshape(values.shape) - values).max()
                found = {"field": name, "bound": share, "compressor": codec_name}
                print(
                    json.dumps(
                        {**found, "bytes": len(bytes(coded)), "error over bound": float(error) / bound}
                    )
                )


if __name__ == "__main__":
    main()
