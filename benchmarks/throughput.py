"""Speed and memory: idlat beside other compressors at equal weighted PSNR, medians in one process.

    python benchmarks/throughput.py [FIELD] [--size 128|256] [--quality 35,50,65] [--workers 1,2]
        [--clock wall|processor] [--json OUT]

Speed: array -> archive and archive -> array, start-up and first calls left out, with the map once as an array
and once as an expression. The check of the errors that follows an encode is timed on its own, and stands in
no other column. Peers are asked for the weighted PSNR that idlat reached with the map as an array: SZ3, SPERR
as a WebAssembly build, and SPERR as a native one through `hdf5plugin`. All get the same number of processors;
a peer uses them by slabs (see `shared/peers_in_slabs.py`). Speeds hold for a machine that does nothing else;
on another, look at the ratios, and take the processor time of one worker.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from shared.native_sperr import NATIVE_SPERR
from shared.peak_memory import memory
from shared.peers import PEERS, Curve, PeerError
from shared.peers_in_slabs import in_slabs
from shared.speed_input import Input, given

import idlat
from idlat.metrics import weighted_psnr

Real = npt.NDArray[np.float32]

CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
ALL_PEERS = PEERS | {NATIVE_SPERR.name: NATIVE_SPERR}


@dataclass(frozen=True)
class Speed:
    """Median speeds (10^6 bytes of the field a second), seconds of the check, and what they gave."""

    codec: str
    encode: float
    decode: float
    check_seconds: float | None
    lsr: float
    wpsnr: float
    workers: int
    quality: float


@dataclass(frozen=True)
class Stopwatch:
    """How often calls are timed, and by which clock: of the wall, or of this process's threads together."""

    repeats: int
    now: Callable[[], float]

    def seconds(self, call: Callable[[], object]) -> float:
        """Return the median time of a call, the first one left out."""
        times = []
        for _ in range(self.repeats + 1):
            start = self.now()
            call()
            times.append(self.now() - start)
        return statistics.median(times[1:])


def idlat_speed(
    name: str,
    work: Input,
    importance: Real | str,
    model: idlat.Model,
    quality: float,
    watch: Stopwatch,
    workers: int,
) -> Speed:
    """Measure idlat with the map in one form."""
    encoding, checking = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.idlat"
        for _ in range(watch.repeats + 1):
            encoded = start = watch.now()

            def progress(stage: str, done: int, total: int) -> None:
                nonlocal encoded
                if stage == "encode" and done == total:
                    encoded = watch.now()

            archive = idlat.compress(
                work.field,
                path,
                importance,
                model,
                quality=quality,
                mode="w",
                workers=workers,
                progress=progress,
            )
            encoding.append(encoded - start)
            checking.append(watch.now() - encoded)
        decode = watch.seconds(lambda: idlat.open_archive(path, model).decode(workers=workers).load())
        result = idlat.evaluate(archive, work.field, work.importance)
    encode = statistics.median(encoding[1:])  # the first call warms up
    return Speed(
        codec=name,
        encode=work.megabytes / encode,
        decode=work.megabytes / decode,
        check_seconds=statistics.median(checking[1:]),
        lsr=result.lsr,
        wpsnr=result.wpsnr,
        workers=workers,
        quality=quality,
    )


def peer_speed(name: str, work: Input, like: Speed, watch: Stopwatch) -> Speed:
    """Measure a peer at the weighted PSNR of a row, on as many processors."""
    peer = ALL_PEERS[name]
    curve = Curve(peer, work.field, work.importance)
    curve.bytes_at(like.wpsnr)
    point = min(curve.points.values(), key=lambda point: abs(point.wpsnr - like.wpsnr))
    with in_slabs(peer, work.field, like.workers) as slabs:
        data = slabs.encode(point.step)
        encode = watch.seconds(lambda: slabs.encode(point.step))
        decode = watch.seconds(lambda: slabs.decode(data, point.step))
        decoded = slabs.decode(data, point.step)
    size = sum(map(len, data))
    return Speed(
        codec=name,
        encode=work.megabytes / encode,
        decode=work.megabytes / decode,
        check_seconds=None,
        lsr=work.field.nbytes / size,
        wpsnr=weighted_psnr(work.field, decoded, work.importance),
        workers=like.workers,
        quality=like.quality,
    )


def speeds(work: Input, options: argparse.Namespace) -> Iterator[Speed]:
    """Measure idlat and its peers at every quality and number of workers."""
    model = idlat.load_model(options.model)
    watch = Stopwatch(options.repeats, CLOCKS[options.clock])
    for workers in options.workers:
        for quality in options.quality:
            first = idlat_speed("idlat", work, work.importance, model, quality, watch, workers)
            yield first
            yield idlat_speed("idlat-expr", work, work.expression, model, quality, watch, workers)
            for name in options.peers:
                try:
                    yield peer_speed(name, work, first, watch)
                except PeerError as error:
                    print(error, file=sys.stderr)


def print_speed(row: Speed) -> None:
    """Print one line of the table."""
    check = "-" if row.check_seconds is None else f"{row.check_seconds:.2f}"
    figures = f"{row.encode:11.1f}  {row.decode:11.1f}  {check:>7}  {row.lsr:8.1f}  {row.wpsnr:8.2f}"
    print(f"{row.codec:12} {figures}  {row.quality:7.0f}  {row.workers:7d}", flush=True)


def print_ratios(rows: list[Speed]) -> None:
    """Print idlat's speeds over each peer's at the same quality and workers."""
    print("\nidlat's speed over each peer's: encode, decode")
    for own in (row for row in rows if row.codec == "idlat"):
        same = [row for row in rows if (row.quality, row.workers) == (own.quality, own.workers)]
        peers = [row for row in same if not row.codec.startswith("idlat")]
        texts = [f"{row.codec} {own.encode / row.encode:.2f} {own.decode / row.decode:.2f}" for row in peers]
        print(f"quality {own.quality:.0f}, {own.workers} workers: {'; '.join(texts)}")


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def main() -> None:
    """Print the tables and write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("field", nargs="?", metavar="FIELD", help="a random one of --size unless told")
    parser.add_argument(
        "--size", type=int, default=128, help="voxels an axis of the random field and of memory's"
    )
    parser.add_argument("--quality", type=_numbers, default=[35.0, 50.0, 65.0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--workers", type=lambda text: [int(n) for n in text.split(",")], default=[1, 2])
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="processor: for one worker only")
    parser.add_argument("--model", help="a model's file or name; the shipped one unless told")
    parser.add_argument("--peers", type=_names, default=["SZ3", "SPERR", "SPERR-native"])
    parser.add_argument(
        "--memory", action="store_true", help="measure the peak memory of a whole process too"
    )
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    if options.clock == "processor" and options.workers != [1]:
        parser.error("--clock processor needs --workers 1: of more, peers work in processes of their own")
    work = given(options.field, options.size)
    print("codec        encode MB/s  decode MB/s  check s       LSR  wPSNR dB  quality  workers")
    rows = []
    for row in speeds(work, options):
        rows.append(row)
        print_speed(row)
    print_ratios(rows)
    peaks = []
    if options.memory:
        peaks = memory(work.field, work.importance, options.quality[0], options.workers[-1])
    for peak in peaks:
        print(f"peak memory, {peak.task} at {peak.size}: {peak.peak:.2f} GB")
    if options.json:
        report = {
            "processors": os.cpu_count(),
            "clock": options.clock,
            "shape": work.field.shape,
            "speeds": [asdict(row) for row in rows],
            "memory": [asdict(peak) for peak in peaks],
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
