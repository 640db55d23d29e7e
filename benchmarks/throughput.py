"""Speed and memory: idlat beside other compressors, medians in one process, start-up left out.

    python benchmarks/throughput.py [FIELD] [--quality 50] [--repeats 5] [--workers N] [--json OUT.json]

Speed: array -> archive and archive -> array at 128 voxels an axis, with the map given as an array; the check
of the errors that follows an encode is timed on its own. Peers are asked for the weighted PSNR that idlat
reached.
Memory (Linux): the peak of a process of its own that compresses or decodes 256 voxels an axis, file to file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from peers import PEERS, Curve, PeerError

import idlat

Real = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Speed:
    """Median speeds (10^6 bytes of the field a second) and what they gave."""

    codec: str
    encode: float
    decode: float
    lsr: float
    wpsnr: float


@dataclass(frozen=True)
class Memory:
    """Peak resident memory (10^9 bytes) of a process; `task` is imports, encode or decode."""

    task: str
    size: int
    peak: float


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def example(size: int) -> tuple[Real, Real]:
    """Return a rough random field and a smooth map."""
    from idlat.datasets import RandomFieldOptions, random_field

    field = random_field((size,) * 3, 0, RandomFieldOptions(slope=3.0)).values
    other = random_field((size,) * 3, 1, RandomFieldOptions(slope=5.0)).values
    return field, np.asarray(1 / (1 + np.exp(-2 * other)), np.float32)


def idlat_speed(
    field: Real, importance: Real, quality: float, repeats: int, workers: int | None
) -> tuple[Speed, float]:
    """Measure idlat; also return the seconds that the check of the errors takes."""
    model = idlat.load_model()
    encoding, checking = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.idlat"
        for _ in range(repeats + 1):
            encoded = start = time.perf_counter()

            def progress(stage: str, done: int, total: int) -> None:
                nonlocal encoded
                if stage == "encode" and done == total:
                    encoded = time.perf_counter()

            archive = idlat.compress(
                field,
                path,
                importance,
                model,
                quality=quality,
                mode="w",
                workers=workers,
                progress=progress,
            )
            encoding.append(encoded - start)
            checking.append(time.perf_counter() - encoded)
        decode = seconds(lambda: idlat.open_archive(path, model).decode().load(), repeats)
        result = idlat.evaluate(archive, field, importance)
    mega = field.nbytes / 1e6
    encode = statistics.median(encoding[1:])  # the first call warms up
    speed = Speed("idlat", mega / encode, mega / decode, result.lsr, result.wpsnr)
    return speed, statistics.median(checking[1:])


def peer_speed(name: str, field: Real, importance: Real, wpsnr: float, repeats: int) -> Speed:
    """Measure a peer at a weighted PSNR."""
    peer = PEERS[name]
    curve = Curve(peer, field, importance)
    curve.bytes_at(wpsnr)
    point = min(curve.points.values(), key=lambda point: abs(point.wpsnr - wpsnr))
    data = peer.encode(field, point.step)
    encode = seconds(lambda: peer.encode(field, point.step), repeats)
    decode = seconds(lambda: peer.decode(data, field, point.step), repeats)
    mega = field.nbytes / 1e6
    return Speed(name, mega / encode, mega / decode, field.nbytes / point.size, point.wpsnr)


_MEMORY_TASKS = {
    "imports": "idlat.load_model()",
    "encode": "idlat.compress(idlat.open_field('field.npy'), 'a.idlat', 'map.npy', "
    "quality={quality}, workers={workers})",
    "decode": "idlat.write_field(idlat.open_archive('a.idlat').decode(), 'back.npy', overwrite=True)",
}
# Linux's ru_maxrss starts from the parent's, VmHWM does not.
_PEAK = "[int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')][0]"


def memory(size: int, quality: float, workers: int | None) -> list[Memory]:
    """Measure the peak memory of encoding and decoding a cube, each in a process of its own."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, values in zip(("field", "map"), example(size), strict=True):
            np.save(Path(folder) / f"{name}.npy", values)
        for task, template in _MEMORY_TASKS.items():
            call = template.format(quality=quality, workers=workers)
            code = f"import idlat; {call}; print({_PEAK})"
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(f"{task} at {size} failed: {done.stderr.strip().splitlines()[-1]}")
            found.append(Memory(task, size, int(done.stdout.split()[-1]) * 1024 / 1e9))
    return found


def inputs(path: str | None) -> tuple[Real, Real]:
    """Return the field of a file and a map of its high values, or an example."""
    if path is None:
        return example(128)
    field = np.ascontiguousarray(idlat.open_field(path).values, np.float32)
    field = field.reshape((-1, *field.shape[-3:]))[0]
    return field, np.asarray((field > field.mean() + field.std()) * 0.8 + 0.2, np.float32)


def all_speeds(field: Real, importance: Real, options: argparse.Namespace) -> tuple[list[Speed], float]:
    """Measure and print idlat and its peers."""
    first, checking = idlat_speed(field, importance, options.quality, options.repeats, options.workers)
    speeds = [first]
    print("codec   encode MB/s  decode MB/s       LSR  wPSNR dB")
    _print(first)
    for name in filter(None, options.peers.split(",")):
        try:
            speeds.append(peer_speed(name, field, importance, first.wpsnr, options.repeats))
        except PeerError as error:
            print(error, file=sys.stderr)
        else:
            _print(speeds[-1])
    return speeds, checking


def _print(row: Speed) -> None:
    figures = f"{row.encode:11.1f}  {row.decode:11.1f}  {row.lsr:8.1f}  {row.wpsnr:8.2f}"
    print(f"{row.codec:7} {figures}", flush=True)


def main() -> None:
    """Print the tables and write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "field", nargs="?", metavar="FIELD", help="a random one of 128 voxels an axis unless told"
    )
    parser.add_argument("--quality", type=float, default=50.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--workers", type=int, help="idlat's threads; one a processor unless told")
    parser.add_argument("--peers", default="SPERR,SZ3,ZFP")
    parser.add_argument("--memory-size", type=int, default=256, help="voxels an axis; 0 leaves memory out")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    field, importance = inputs(options.field)
    speeds, checking = all_speeds(field, importance, options)
    print(f"idlat's check of the errors after an encode: {checking:.2f} s", flush=True)
    peaks = memory(options.memory_size, options.quality, options.workers) if options.memory_size else []
    for peak in peaks:
        print(f"peak memory, {peak.task} at {peak.size}: {peak.peak:.2f} GB")
    if options.json:
        report = {
            "processors": os.cpu_count(),
            "shape": field.shape,
            "speeds": [asdict(row) for row in speeds],
            "error_check_seconds": checking,
            "memory": [asdict(peak) for peak in peaks],
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
