"""A running simulation writes its steps as they come, and somebody looks at them meanwhile.

::

    python examples/stream_vortex.py vortex.idlat --size 64 --steps 10

Stop it at any step, and run it again with ``--continue``: what was finished is there.
"""

from __future__ import annotations

import argparse

import numpy as np

import idlat
from idlat.datasets import vortex


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--continue", action="store_true", dest="again")
    given = parser.parse_args()

    writer = None
    for step, field in vortex(size=given.size, steps=given.steps, seed=1):  # the simulation
        if writer is None:
            writer = idlat.StreamWriter(
                given.archive, like=field, importance="value > 8", max_error=(0.05, 0.5),
                mode="a" if given.again else "w-",
            )  # fmt: skip
        report = writer.append(step, field.values, time=float(field.time))
        if report is None:
            continue  # this step is stored already
        ratio = report.bytes_original / report.bytes_streams
        with idlat.open_archive(given.archive) as archive:  # whoever looks at the run
            latest = archive.decode(time=-1)
        error = float(np.abs(latest - field.values).max())
        print(f"step {step}: {report.bytes_streams:,} bytes, 1 : {ratio:.0f}, largest error {error:.3f}")


if __name__ == "__main__":
    main()
